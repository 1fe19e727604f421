"""The page of a bridge, from the evidence that the package carries."""

import copy

import numpy as np
import pytest
from pages import HOSTILE, check_hostile, check_page

import gan_bridge
from faces.ground.files import read_json
from studio.reports.bridge import render

TICKS = (-2, 0, 2)


@pytest.fixture(scope="module")
def evidence() -> dict:
    from pathlib import Path

    return read_json(Path(gan_bridge.__file__).parent / "weights" / "bridge.json")


def strips() -> dict[str, np.ndarray]:
    faces = np.random.default_rng(0).integers(0, 255, (2, 3, 8, 8, 3), np.uint8)
    return {"valence": faces, "arousal": faces}


def test_it_stands_alone(evidence: dict) -> None:
    page = check_page(render(evidence, strips(), TICKS))
    assert page.tags.count("svg") == 4 and page.tags.count("img") == 2
    assert evidence["generator"]["digest"] in page.text


def test_names_are_text(evidence: dict) -> None:
    hostile = copy.deepcopy(evidence)
    hostile["generator"]["name"] = HOSTILE
    hostile["profile"]["identity_by"] = hostile["profile"]["rule"] = HOSTILE
    hostile["software"] = {HOSTILE: HOSTILE}
    check_hostile(render(hostile, strips(), TICKS), 6)


def test_what_was_taken_out_has_a_table(evidence: dict) -> None:
    nuisance = {
        "name": HOSTILE,
        "r2": 0.25,
        "r2_interval": [0.1, 0.3],
        "cosine": {"valence": -0.5, "arousal": None},
        "n": 1234,
    }
    lost = {"r2_before": 0.8, "r2_after": 0.7, "cosine_kept": 0.9}
    cost = {"valence": lost, "arousal": lost, "cosine": 0.125}
    html = render(evidence | {"nuisances": [nuisance], "cost": cost}, strips(), TICKS)
    text = check_page(html).text
    assert "Taken out of the directions" in text and "1,234" in text
    assert "Between what is left: 0.125" in text
    assert "Taken out" not in render(evidence | {"nuisances": []}, strips(), TICKS)
