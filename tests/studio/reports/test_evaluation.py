"""The page of an evaluation."""

import numpy as np
import pytest
from pages import HOSTILE, check_hostile, check_page

from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.scores import score
from studio.reports.evaluation import render
from studio.reports.evaluation_figures import intensity_curves
from studio.stimuli.points import ring_points

DIRECTIONS, INTENSITIES, SEEDS = 4, (0.3, 0.6), 4
#: Two readers whose names differ in a sign alone, and one that could read nothing.
READERS = (HOSTILE, "a b", "a-b", "blind")


def readings() -> EditReadings:
    rng = np.random.default_rng(0)
    targets = np.array([(0.0, 0.0), *ring_points(DIRECTIONS, INTENSITIES)])
    shape = (SEEDS, len(targets))
    affect = {name: targets / 2 + rng.normal(0, 0.1, (*shape, 2)) for name in READERS}
    affect["blind"] = np.full((*shape, 2), np.nan)
    return EditReadings(
        seeds=tuple(range(SEEDS)),
        directions=DIRECTIONS,
        intensities=INTENSITIES,
        affect=affect,
        pose=rng.normal(size=(*shape, 3)),
        identity=rng.normal(size=(*shape, 8)),
        identity_by=HOSTILE,
        found=np.ones(shape, bool),
    )


@pytest.fixture(scope="module")
def evidence() -> dict:
    found = readings()
    return {
        "generator": {"name": HOSTILE, "digest": "ab" * 32},
        "directions": "cd" * 32,
        "config": {"directions": DIRECTIONS, "intensities": list(INTENSITIES), "seeds": SEEDS},
        "software": "circumplex-studio",
        "points": found.points.tolist(),
        "described": {HOSTILE: HOSTILE},
        "absent": {HOSTILE: HOSTILE},
        "examples": ["neutral", HOSTILE],
        **score(found, Budget()),
    }


@pytest.fixture(scope="module")
def html(evidence: dict) -> str:
    faces = np.random.default_rng(0).integers(0, 255, (2, 2, 8, 8, 3), np.uint8)
    return render(evidence, faces)


def test_names_are_text(html: str) -> None:
    check_hostile(html, 12)


def test_every_reader_has_its_section(html: str) -> None:
    page = check_page(html)
    for name in READERS:
        assert f"Requested against measured: {name}" in page.text
    assert page.text.count("Too few faces could be read.") == 1
    assert page.tags.count("svg") == 3 * 2 + 2


def test_readers_that_read_nothing_leave_their_sections_out(evidence: dict) -> None:
    blind = evidence | {"readers": {"blind": evidence["readers"]["blind"]}, "agreement": []}
    page = check_page(render(blind, np.zeros((1, 2, 8, 8, 3), np.uint8)))
    assert "By intensity" not in page.text and "Do the readers agree?" not in page.text
    assert "What else changed" in page.text


def test_more_readers_than_line_styles_are_all_drawn(evidence: dict) -> None:
    names = [f"reader {k}" for k in range(9)]
    curves = intensity_curves(
        dict.fromkeys(names, evidence["readers"]["a b"]), INTENSITIES, prefix="c"
    )
    assert all(name in curves for name in names)
