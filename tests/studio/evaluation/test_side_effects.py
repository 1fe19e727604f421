"""What else an edit changes."""

import numpy as np
import pytest
from edit_readings import DIRECTIONS, INTENSITIES, edit_readings

from studio.evaluation.config import Budget
from studio.evaluation.picture_measures import picture_measures
from studio.evaluation.side_effects import SIDE_EFFECTS, side_effects

EDITS = DIRECTIONS * len(INTENSITIES)


def test_slopes_are_per_unit_of_each_axis() -> None:
    readings = edit_readings({}, turn=0)
    readings.pose[:, 1:, 1] = 2.0 * readings.points[:, 1] - 0.5 * readings.points[:, 0]
    readings.picture[:, 1:, 0] += 8.0 * readings.points[:, 1]
    readings.appearance[:, 1:, 1] += 4.0
    found = side_effects(readings, Budget())
    assert found["pitch"]["per_unit"]["arousal"]["value"] == pytest.approx(2.0)
    assert found["pitch"]["per_unit"]["valence"]["value"] == pytest.approx(-0.5)
    assert found["pitch"]["limit"]["kept"] is False
    assert found["pitch"]["limit"]["found"] == pytest.approx(2.0)
    assert found["light"]["per_unit"]["arousal"]["value"] == pytest.approx(8.0)
    assert found["light"]["limit"]["faces_within"]["value"] == 0
    assert found["yaw"]["limit"]["kept"] and found["yaw"]["limit"]["faces_within"]["value"] == 1
    assert found["age"]["mean"]["value"] == pytest.approx(4) and not found["age"]["limit"]["kept"]
    assert found["age"]["per_unit"]["arousal"]["value"] == pytest.approx(0, abs=1e-9)
    assert set(found) == set(SIDE_EFFECTS)


def test_what_has_no_sign_is_told_by_size() -> None:
    readings = edit_readings({}, noise=0.0)
    readings.identity[:, 1:, 0] += 0.5 * np.abs(readings.points[:, 0])
    found = side_effects(readings, Budget(identity=0.2))["identity_distance"]
    assert found["per_unit"]["valence"]["value"] == pytest.approx(0.5)
    assert found["per_unit"]["arousal"]["value"] == pytest.approx(0, abs=1e-9)
    # of the largest intensity alone
    far = 0.5 * np.abs(readings.points[-DIRECTIONS:, 0]).mean()
    assert found["limit"]["found"] == pytest.approx(far) and found["limit"]["kept"] is False


def test_faces_within_are_a_share_of_faces() -> None:
    readings = edit_readings({}, seeds=4)
    readings.appearance[0, 1:, 0] = 0.8  # one of four looks like another sex in every edit
    found = side_effects(readings, Budget(sex=0.03))
    assert found["sex_changed"]["mean"]["value"] == pytest.approx(0.25)
    assert found["sex_changed"]["limit"]["faces_within"]["value"] == pytest.approx(0.75)
    assert found["sex_changed"]["limit"]["kept"] is False
    assert found["female"]["limit"] is None


def test_what_could_not_be_read_is_missing_not_unchanged() -> None:
    readings = edit_readings({}, seeds=3)
    readings.appearance[:, 1:3] = np.nan
    readings.pose[1] = np.nan
    found = side_effects(readings, Budget())
    assert found["age"]["missing"] == 6 and found["sex_changed"]["missing"] == 6
    assert found["yaw"]["missing"] == EDITS
    assert found["yaw"]["limit"]["faces_within"]["value"] == 1
    readings.pose[:] = np.nan
    none = side_effects(readings, Budget())["yaw"]
    assert none["limit"]["kept"] is None and none["mean"]["value"] is None
    assert none["per_unit"]["valence"]["value"] is None


def test_measures_of_a_picture() -> None:
    flat = np.full((8, 8, 3), 100, np.uint8)
    board = np.zeros((8, 8, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 255
    light, contrast, sharpness = picture_measures(np.stack([flat, board])).T
    assert light == pytest.approx([100, 127.5]) and contrast == pytest.approx([0, 127.5])
    # each pixel differs from its four neighbours by 255, up or down
    assert sharpness == pytest.approx([0, 1020.0**2])
