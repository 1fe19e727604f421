"""Judges of faces: how faces come to their networks, and the figures of their report."""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.readers.identity.alignment import points_of_crops

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def judges() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("judges")


@pytest.fixture(scope="module")
def report(judges: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("report_judges")


def _mirror(judges: Any, margin: float) -> Any:
    """A judge that says what picture its network was given."""

    class Mirror(judges.Judge):
        side, template, device = 32, points_of_crops(margin), torch.device("cpu")

        def __init__(self) -> None:
            pass

        def network(self, x: torch.Tensor) -> Mapping[str, torch.Tensor]:
            return {"picture": x}

    return Mirror()


def test_crops_of_its_own_form_stay_as_they_are(judges: Any, rng: np.random.Generator) -> None:
    crops = rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)  # more than one batch
    said = _mirror(judges, 0.2).of_crops(crops, 0.2)
    np.testing.assert_array_equal(said["picture"], crops)


def test_a_wider_template_shows_the_crop_smaller(judges: Any) -> None:
    crops = np.zeros((1, 32, 32, 3), np.uint8)
    crops[:, 8:24, 8:24] = 255
    shown = _mirror(judges, 1.0).of_crops(crops, 0.0)["picture"][0, :, :, 0]
    assert (shown > 127).sum() == 64  # half as long: 8 of 32 pixels
    assert shown[12:20, 12:20].min() > 127


def test_pictures_and_their_crops_agree(judges: Any, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    points = points_of_crops(0.0) * 32 + (14, 4)
    said = _mirror(judges, 0.0).of_pictures([picture], points[None])
    np.testing.assert_array_equal(said["picture"][0], picture[4:36, 14:46])


def test_no_faces_are_no_rows(judges: Any) -> None:
    said = _mirror(judges, 0.0).of_crops(np.zeros((0, 32, 32, 3), np.uint8), 0.0)
    assert said["picture"].shape == (0, 32, 32, 3)


def test_crops_of_another_form(judges: Any) -> None:
    with pytest.raises(CircumplexError, match=r"float32 \(1, 3, 8, 8\)"):
        _mirror(judges, 0.0).of_crops(np.zeros((1, 3, 8, 8), np.float32), 0.0)


@pytest.mark.parametrize("name", ["Faceres", "MobileFace", "Emotion", "Gear", "FaceExpression"])
def test_without_its_package(judges: Any, tmp_path: Path, name: str) -> None:
    with pytest.raises(CircumplexError, match="cannot be read"):
        getattr(judges, name)(tmp_path)


@pytest.mark.parametrize("name", ["Emotion", "FaceExpression"])
def test_expressions_in_the_projects_order(judges: Any, name: str) -> None:
    order = getattr(judges, name)._order
    assert sorted(order) == sorted(EXPRESSIONS[:7])
    given = torch.tensor([[float(EXPRESSIONS.index(word)) for word in order]])
    assert judges._ordered(given, order).tolist() == [[0, 1, 2, 3, 4, 5, 6]]


def test_share_has_an_interval_at_its_ends(report: Any) -> None:
    every = report.share(np.ones(68, bool))
    assert every["value"] == 1 and every["interval"] == pytest.approx([0.9465, 1], abs=1e-4)
    half = report.share(np.arange(100) < 50)
    assert half["interval"] == pytest.approx([0.4038, 0.5962], abs=1e-4)


def test_equal_error_rate(report: Any) -> None:
    apart = report.equal_error_rate(np.array([0.8, 0.9]), np.array([0.1, 0.2, 0.3]))
    assert apart == 0
    # at 0.5 one of four own pairs is refused and one of four of strangers accepted
    crossed = report.equal_error_rate(
        np.array([0.4, 0.6, 0.7, 0.8]), np.array([0.1, 0.2, 0.3, 0.5])
    )
    assert crossed == pytest.approx(0.25)
    same = np.linspace(0, 1, 1001)
    assert report.equal_error_rate(same, same) == pytest.approx(0.5, abs=1e-3)


def test_recognition_pairs_by_person(report: Any) -> None:
    table = pd.DataFrame(
        {
            "identity": ["b", "a", "a", "b", "c", "c"],
            "expression": ["neutral", "happiness", "neutral", "happiness", "happiness", "neutral"],
        }
    )
    embedding = np.eye(3)[[1, 0, 0, 1, 2, 2]]
    found = report.recognition(embedding, table)
    assert found["equal_error_rate"] == 0 and found["nearest_is_own"]["value"] == 1
    assert (found["pairs_same"], found["pairs_strangers"]) == (3, 6)


def test_expressions_leave_contempt_out(report: Any) -> None:
    found = np.eye(7)[[0, 1, 1, 3]]
    said = report.expressions(found, np.array(["neutral", "happiness", "sadness", "contempt"]))
    assert said["accuracy"]["n"] == 3 and said["accuracy"]["value"] == pytest.approx(2 / 3)
    assert said["recall"]["sadness"]["value"] == 0 and "surprise" not in said["recall"]


def test_years_of_known_age(report: Any) -> None:
    people = np.array(["a", "a", "b", "c"])
    said = report.years(np.array([21.0, 19, 33, 50]), np.array([20.0, 20, 30, np.nan]), people)
    assert said["mean_absolute_error"] == pytest.approx(5 / 3) and said["n"] == 3
    assert said["bias"] == pytest.approx(1)
