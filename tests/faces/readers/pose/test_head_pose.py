"""Angles have the signs that they are said to have, on made matrices and on real faces."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.readers.landmarks.table import Landmarks
from faces.readers.pose.head_pose import DIRECTIONS, PoseConfig, head_angles, head_directions

if TYPE_CHECKING:
    from faces.readers import Landmarker


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """A head that nods, turns and is tilted, in that order; y up, z towards the viewer."""
    y, p, r = np.radians([yaw, pitch, roll])
    nod = [[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]]
    turn = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    tilt = [[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]]
    return np.array(tilt) @ np.array(turn) @ np.array(nod)


@given(st.floats(-85, 85), st.floats(-85, 85), st.floats(-175, 175), st.floats(0.5, 20))
def test_angles_come_back_whatever_the_scale(
    yaw: float, pitch: float, roll: float, scale: float
) -> None:
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turned(yaw, pitch, roll)
    matrix[:3, 3] = (1, 2, -30)
    assert np.allclose(head_angles(matrix[None])[0], [yaw, pitch, roll], atol=1e-3)


def test_the_face_looks_where_the_signs_say() -> None:
    outward = np.array([0.0, 0.0, 1.0])  # of the face that looks at the viewer
    assert (turned(30, 0, 0) @ outward)[0] > 0  # to the viewer's right
    assert (turned(0, 30, 0) @ outward)[1] > 0  # up
    crown = turned(0, 0, 30) @ np.array([0.0, 1.0, 0.0])
    assert crown[0] > 0  # clockwise as seen: the crown goes right


def test_nothing_found_stays_nothing() -> None:
    matrices = np.stack([np.eye(4), np.full((4, 4), np.nan)])
    angles = head_angles(matrices)
    assert np.isnan(angles[1]).all() and not np.isnan(angles[0]).any()
    assert head_directions(angles).tolist() == [0, -1]


def test_directions_follow_the_thresholds() -> None:
    angles = np.array(
        [[0, 0, 40], [-25, 0, 0], [25, 0, 0], [0, 20, 0], [0, -20, 0], [45, -16, 0], [21, -60, 0]]
    )
    named = [DIRECTIONS[code] for code in head_directions(angles)]
    assert named == ["forward", "left", "right", "up", "down", "right", "down"]
    wide = PoseConfig(yaw=50, up=30, down=70)
    assert not head_directions(angles, wide).any()


@pytest.mark.parametrize("values", [{"yaw": 0}, {"up": -1}, {"down": 90}, {"roll": 3}])
def test_thresholds_that_make_no_sense_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(CircumplexError):
        PoseConfig.from_dict(values)


def pose(landmarker: "Landmarker", pictures: list[np.ndarray]) -> np.ndarray:
    """(N, 3) degrees, NaN where no face was found."""
    nothing = np.full((4, 4), np.nan)
    found = [face for (face,) in landmarker.read(pictures)]
    return head_angles(np.stack([f.matrix if isinstance(f, Landmarks) else nothing for f in found]))


def test_turning_real_pictures_adds_to_roll(
    landmarker: "Landmarker", val_pictures: list[np.ndarray]
) -> None:
    pictures = val_pictures[:16]
    degrees = np.array([-24.0, -12.0, 0.0, 12.0, 24.0])
    wide = [np.pad(p, ((24, 24), (24, 24), (0, 0)), mode="edge") for p in pictures]
    rolls = np.stack(
        [
            pose(
                landmarker,
                [np.asarray(Image.fromarray(p).rotate(-d, Image.Resampling.BICUBIC)) for p in wide],
            )[:, 2]
            for d in degrees
        ]
    )
    whole = rolls[:, np.isfinite(rolls).all(0)]
    assert whole.shape[1] >= 10
    slope = np.polyfit(degrees, whole.mean(1), 1)[0]
    assert abs(slope - 1) <= 0.05


def test_a_mirror_flips_yaw_and_roll_and_keeps_pitch(
    landmarker: "Landmarker", val_pictures: list[np.ndarray]
) -> None:
    seen = pose(landmarker, val_pictures)
    mirrored = pose(landmarker, [np.ascontiguousarray(p[:, ::-1]) for p in val_pictures])
    both = np.isfinite(seen).all(1) & np.isfinite(mirrored).all(1)
    assert both.sum() >= 30
    for column, sign in ((0, -1), (1, 1), (2, -1)):
        correlation = np.corrcoef(seen[both, column], sign * mirrored[both, column])[0, 1]
        assert correlation > 0.95
        assert np.median(np.abs(seen[both, column] - sign * mirrored[both, column])) < 3


def test_the_nose_points_where_yaw_and_pitch_say(val_faces: "list[Landmarks]") -> None:
    angles = head_angles(np.stack([face.matrix for face in val_faces]))
    points = np.stack([face.points for face in val_faces])
    across = points[:, 454, 0] - points[:, 234, 0]
    nose = (points[:, 1, 0] - (points[:, 234, 0] + points[:, 454, 0]) / 2) / across
    assert np.corrcoef(nose, angles[:, 0])[0, 1] > 0.5
    tall = points[:, 152, 1] - points[:, 10, 1]
    up = ((points[:, 10, 1] + points[:, 152, 1]) / 2 - points[:, 1, 1]) / tall
    assert np.corrcoef(up, angles[:, 1])[0, 1] > 0.5
    eyes = points[:, 263, :2] - points[:, 33, :2]
    slope = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))  # clockwise as seen: y points down
    assert np.median(np.abs(slope - angles[:, 2])) < 2
