"""Readings relative to a person's own neutral face."""

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.action_units.units import NAMES
from faces.readers.baseline import Baseline
from faces.readers.face_reading import FaceReading
from faces.readers.landmarks.table import Missing


def reading(valence: float, arousal: float, unit: float) -> FaceReading:
    units = np.full(len(NAMES), unit, np.float32)
    return FaceReading(action_units=units, affect={"pixel": (valence, arousal)})


NOBODY = FaceReading(missing=Missing("no face"))


def test_the_baseline_is_the_mean_of_the_neutral_pictures_with_a_face() -> None:
    baseline = Baseline.of([reading(0.1, 0.0, 0.2), NOBODY, reading(0.3, -0.2, 0.4)])
    assert baseline.count == 2 and baseline.affect["pixel"] == pytest.approx((0.2, -0.1))
    assert np.allclose(baseline.action_units, 0.3)
    with pytest.raises(CircumplexError, match="no face is found in the neutral picture"):
        Baseline.of([NOBODY])


def test_what_is_told_is_the_change_within_the_bounds() -> None:
    baseline = Baseline.of([reading(-0.4, 0.1, 0.3)])
    smile = baseline.relative(reading(0.5, 0.2, 0.9))
    assert smile.affect["pixel"] == pytest.approx((0.9, 0.1)) and smile.relative
    assert np.allclose(smile.action_units, 0.6)
    far = baseline.relative(reading(0.9, 0.1, 0.1))
    assert far.affect["pixel"] == pytest.approx((1, 0)) and (far.action_units == 0).all()


def test_who_has_no_face_and_what_was_not_read_stay_as_they_are() -> None:
    baseline = Baseline.of([reading(-0.4, 0.1, 0.3)])
    assert baseline.relative(NOBODY) is NOBODY
    unsure = baseline.relative(reading(float("nan"), 0.2, 0.9))
    assert np.isnan(unsure.affect["pixel"][0]) and unsure.affect["pixel"][1] == pytest.approx(0.1)
    assert not reading(0, 0, 0).to_json()["relative"]
