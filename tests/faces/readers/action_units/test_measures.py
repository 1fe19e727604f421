"""Distances between landmarks: what moves them, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from faces.readers import Landmarks
from faces.readers.action_units.measures import MEASURES, SIGNALS, face_measures, unit_signals
from faces.readers.landmarks.table import BLENDSHAPES


def measured(face: Landmarks) -> np.ndarray:
    return unit_signals([face])[0, len(BLENDSHAPES) :]


def test_measures_stand_behind_the_blendshapes(val_faces: list[Landmarks]) -> None:
    signals = unit_signals(val_faces)
    assert signals.shape == (len(val_faces), len(SIGNALS)) and np.isfinite(signals).all()
    assert np.allclose(signals[0, : len(BLENDSHAPES)], val_faces[0].blendshapes)
    assert (signals[:, SIGNALS.index("mouthWidth")] > 0.3).all()
    with pytest.raises(ValueError, match="478"):
        face_measures(np.zeros((2, 3)), np.ones(2))


def test_a_face_measures_the_same_wherever_and_however_large_it_is(
    val_faces: list[Landmarks],
) -> None:
    face = val_faces[0]
    points = face.points * 0.4 + np.array([0.3, 0.1, 0.0], np.float32)
    assert np.allclose(measured(replace(face, points=points)), measured(face), atol=1e-5)


def test_the_pictures_proportions_do_not_matter(val_faces: list[Landmarks]) -> None:
    face = val_faces[0]
    wide = face.points * np.array(
        [0.5, 1, 0.5], np.float32
    )  # the same face in a picture as wide twice
    assert replace(face, points=wide).aspect == pytest.approx(face.aspect / 2, rel=1e-4)
    assert np.allclose(measured(replace(face, points=wide)), measured(face), atol=1e-4)


def test_sides_are_the_subjects(val_faces: list[Landmarks]) -> None:
    face = val_faces[0]
    raised = face.points.copy()
    raised[374, 1] -= 0.01  # the lower lid of the eye at the picture's right
    change = measured(replace(face, points=raised)) - measured(face)
    assert change[MEASURES.index("lowerLidLeft")] < -0.01
    assert change[MEASURES.index("lowerLidRight")] == 0


def test_nobody_measures_nothing() -> None:
    assert np.isnan(face_measures(np.full((1, 478, 3), np.nan), np.ones(1))).all()
