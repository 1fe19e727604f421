"""The page of an evaluation."""

from typing import Any

import numpy as np
import pytest
from edit_readings import edit_readings, targets_of
from pages import HOSTILE, check_hostile, check_page

from studio.evaluation.comparison import compare
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.kinship import ReaderErrors, kinship
from studio.evaluation.scores import score
from studio.reports.evaluation import lead_sentence, notes_of, render
from studio.reports.evaluation_figures import CircleMap, intensity_curves, on_one_scale

DIRECTIONS, INTENSITIES, SEEDS = 4, (0.3, 0.6), 4
#: Two readers whose names differ in a sign alone, and one that could read nothing.
READERS = (HOSTILE, "a b", "a-b", "blind")
INDEPENDENT = (HOSTILE, "a b")
REGION = [[0.5, 0], [0, 0.5], [-0.5, 0]]
FACES = np.random.default_rng(0).integers(0, 255, (2, 2, 8, 8, 3), np.uint8)


def readings() -> EditReadings:
    rng = np.random.default_rng(0)
    targets = targets_of(DIRECTIONS, INTENSITIES)
    shape = (SEEDS, len(targets), 2)
    read = {name: targets / 2 + rng.normal(0, 0.1, shape) for name in READERS}
    read["blind"] = np.full(shape, np.nan)
    made = edit_readings(read, SEEDS, directions=DIRECTIONS, intensities=INTENSITIES)
    made.affect["a-b"][0, 2] = np.nan
    return made


def part(name: str) -> dict[str, Any]:
    independent = name in INDEPENDENT
    did = "took no part" if independent else "trained the editor"
    return {"about": HOSTILE, "part": did, "digest": None, "independent": independent}


@pytest.fixture(scope="module")
def evidence() -> dict[str, Any]:
    found = readings()
    rng = np.random.default_rng(1)
    errors = ReaderErrors(rng.normal(size=(30, 2, 2)), (HOSTILE, "a b"), {}, HOSTILE)
    config = {"directions": DIRECTIONS, "intensities": list(INTENSITIES), "raw": False}
    return {
        "generator": {"name": HOSTILE, "digest": "ab" * 32, "resolution": 128, "channels": 3},
        "directions": "cd" * 32,
        "calibration": None,
        "config": config,
        "software": "circumplex-studio",
        "points": found.points.tolist(),
        "requests_in_terms_of": "readings",
        "expected": found.expected[1:].tolist(),
        "parts": {name: part(name) for name in READERS},
        "seeds": {"fitted": {}, "overlap": 0},
        "reach": {"by": "a region", "border": REGION, "expected_border": REGION, "share": 0.5},
        "kinship": kinship(errors) | {"changed": [HOSTILE]},
        "measured_by": {"identity": "trained the editor", "appearance": "took no part"},
        "absent": {HOSTILE: HOSTILE},
        "examples": ["neutral", HOSTILE],
        **score(found, Budget(), covered=found.points[:, 0] > 0, independent=INDEPENDENT),
    } | {"identity": {"by": HOSTILE, "strangers": None}}


@pytest.fixture(scope="module")
def html(evidence: dict[str, Any]) -> str:
    return render(evidence, FACES)


def test_names_are_text(html: str) -> None:
    check_hostile(html, 14)


def test_every_reader_has_its_section(html: str) -> None:
    page = check_page(html)
    for name in READERS:
        assert f"Requested against measured: {name}" in page.text
    assert page.text.count("Too few faces could be read.") == 1
    assert page.tags.count("svg") == 3 * 2 + 2 + 1


def test_the_page_says_who_had_a_part(html: str) -> None:
    page = check_page(html)
    assert "took no part in making the edits: " in page.text
    assert "a-b trained the editor; blind trained the editor" in page.text
    assert "readers that took no part in making them measured" not in page.text
    nobody = lead_sentence({"a": part("a-b")})
    assert nobody.startswith("No reader at hand") and "prove nothing alone" in nobody


def test_the_page_says_what_is_missing_and_what_a_reading_is_worth(html: str) -> None:
    page = check_page(html)
    assert "left out of its figures: a-b 1, blind 32" in page.text
    for said in ("ICC(2,1)", "within the reachable region", "around 90°", "pleasant, calm"):
        assert said in page.text
    assert "measured on another version of" in page.text and "participation ratio" in page.text


def test_seeds_that_took_part_are_marked(evidence: dict[str, Any]) -> None:
    seen = evidence | {"seeds": {"fitted": {"the directions": [0, 9]}, "overlap": 2}}
    assert "2 of the 4 seeds took part in fitting" in " ".join(notes_of(seen))
    fresh = evidence | {"seeds": {"fitted": {"the directions": [10, 19]}, "overlap": 0}}
    said = " ".join(notes_of(fresh))
    assert "None of the seeds took part in fitting (the directions: 10-19)" in said


def test_a_generator_without_a_region_or_kin_says_so(evidence: dict[str, Any]) -> None:
    found = readings()
    bare = evidence | score(found, Budget()) | {"kinship": None}
    bare |= {"reach": {"by": None, "border": None, "expected_border": None, "share": None}}
    text = check_page(render(bare, FACES)).text
    assert "is not known: no region is drawn" in text
    assert "within the reachable region" not in text and "Which readers are kin" not in text


def test_readers_that_read_nothing_leave_their_sections_out(evidence: dict[str, Any]) -> None:
    found = readings()
    found.affect.clear()
    found.affect["blind"] = np.full((SEEDS, 1 + DIRECTIONS * 2, 2), np.nan)
    blind = evidence | score(found, Budget()) | {"kinship": None}
    page = check_page(render(blind, np.zeros((1, 2, 8, 8, 3), np.uint8)))
    assert "By intensity" not in page.text and "Two by two" not in page.text
    assert "What else changed" in page.text and "how far they agree is not known" in page.text


def test_two_generators_stand_beside_each_other(evidence: dict[str, Any]) -> None:
    found = readings()
    rows = {"all": np.ones(len(found.points), bool)}
    grey = {"name": "grey", "digest": "ef" * 32, "resolution": 64, "channels": 1}
    other = evidence | {"generator": grey, "config": evidence["config"] | {"raw": True}}
    one = evidence | {"against": compare(found, found, rows)}
    page = check_page(render(one, FACES, (other, FACES[:, :, :4, :4])))
    assert "Beside grey without its calibration" in page.text
    assert "128 pixels and 64 pixels; in colour and grey" in page.text
    assert page.tags.count("svg") == 3 * 2 + 2 + 1 + 1
    assert "faces are compared in pairs of one seed" in page.text


def test_requests_in_terms_of_ratings_are_told(evidence: dict[str, Any]) -> None:
    said = "set against readings in the readers' terms"
    rated = evidence | {"requests_in_terms_of": "ratings"}
    assert said in " ".join(notes_of(rated)) and said not in " ".join(notes_of(evidence))
    rated |= {"against": compare(readings(), readings(), {"all": np.ones(8, bool)})}
    page = check_page(render(rated, FACES, (evidence, FACES)))
    assert "Requests are in terms of ratings here and of readings there" in page.text


def test_compared_maps_share_their_scale() -> None:
    one = CircleMap("a", [[0.1, 0.4]], None)
    other = CircleMap("a", [[0.2, None]], None)
    assert [each.most for each in on_one_scale(one, other)] == [(0.1, 0.4)] * 2
    assert CircleMap("a", [[-0.3, 0.1]], None, signed=True).range == (-0.3, 0.3)


def test_more_readers_than_line_styles_are_all_drawn(evidence: dict[str, Any]) -> None:
    names = [f"reader {k}" for k in range(9)]
    curves = intensity_curves(
        dict.fromkeys(names, evidence["readers"]["a b"]), INTENSITIES, prefix="c"
    )
    assert all(name in curves for name in names)
