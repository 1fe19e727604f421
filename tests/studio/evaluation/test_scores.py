"""What an evaluation says about readings whose truth is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.readers.identity.landmark_shape import STABLE, shape_vectors, superimpose
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.scores import (
    identity_similarity,
    score,
    stranger_similarity,
)
from studio.stimuli.points import ring_points

INTENSITIES = (0.2, 0.4, 0.8)
DIRECTIONS = 8


def make(read, seeds: int = 5, turn: float = 0.0, noise: float = 0.1) -> EditReadings:
    """Faces of which one reader says `read(requested (P, 2))`."""
    rng = np.random.default_rng(0)
    targets = np.array([(0.0, 0.0), *ring_points(DIRECTIONS, INTENSITIES)])
    shape = (seeds, len(targets))
    pose = np.zeros((*shape, 3))
    pose[:, 1:, 0] = turn * np.linalg.norm(targets[1:], axis=1)
    faces = rng.normal(size=(seeds, 1, 40))
    return EditReadings(
        seeds=tuple(range(seeds)),
        directions=DIRECTIONS,
        intensities=INTENSITIES,
        affect={"one": np.stack([read(targets)] * seeds)},
        pose=pose,
        identity=faces + noise * rng.normal(size=(*shape, 40)),
        identity_by="made",
        found=np.ones(shape, bool),
    )


def test_a_perfect_reader_agrees_with_every_request() -> None:
    found = score(make(lambda targets: targets), Budget())["readers"]["one"]
    for target in ("valence", "arousal"):
        assert found[target]["ccc"] == pytest.approx(1)
        assert found[target]["rmse"] == pytest.approx(0, abs=1e-12)
        assert found[target]["slope"] == pytest.approx(1)
    assert found["angle_error"]["mean"] == pytest.approx(0, abs=1e-6)
    assert found["n"] == 5 * DIRECTIONS * len(INTENSITIES)


def test_half_the_way_has_half_the_slope_and_the_right_angle() -> None:
    found = score(make(lambda targets: targets / 2), Budget())["readers"]["one"]
    assert found["valence"]["slope"] == pytest.approx(0.5)
    # Lin's coefficient of t and t / 2 about the same mean: 2 · ½ / (1 + ¼)
    assert found["valence"]["ccc"] == pytest.approx(0.8)
    assert found["angle_error"]["mean"] == pytest.approx(0, abs=1e-6)


def test_a_reader_turned_by_a_quarter_is_off_by_90_degrees() -> None:
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    found = score(make(lambda targets: targets @ quarter), Budget())["readers"]["one"]
    assert found["angle_error"]["mean"] == pytest.approx(90)
    assert found["valence"]["ccc"] == pytest.approx(0, abs=1e-9)


def test_a_face_that_does_not_move_has_no_angle() -> None:
    found = score(make(np.zeros_like), Budget())["readers"]["one"]
    assert found["still"] == 1
    assert found["angle_error"]["mean"] is None
    assert found["cells"]["valence"] == [[0.0] * DIRECTIONS] * len(INTENSITIES)


def test_cells_stand_at_their_direction_and_intensity() -> None:
    cells = score(make(lambda targets: targets), Budget())["readers"]["one"]["cells"]
    assert cells["valence"][2][0] == pytest.approx(0.8)
    assert cells["arousal"][1][DIRECTIONS // 4] == pytest.approx(0.4)


def test_missing_readings_are_left_out_not_taken_for_zero() -> None:
    readings = make(lambda targets: targets)
    readings.affect["one"][:, 3:9] = np.nan
    readings.affect["two"] = np.full_like(readings.affect["one"], np.nan)
    readings.found[:, 3:9] = False
    evidence = score(readings, Budget())
    assert evidence["readers"]["one"]["valence"]["ccc"] == pytest.approx(1)
    assert evidence["readers"]["one"]["n"] == 5 * (DIRECTIONS * 3 - 6)
    assert evidence["readers"]["two"]["valence"] is None
    assert evidence["agreement"][0]["n"] == 0
    readings.affect["three"] = np.nan_to_num(readings.affect["one"])
    both = score(readings, Budget())["agreement"][1]
    assert both["readers"] == ["one", "three"] and both["n"] == 5 * (1 + DIRECTIONS * 3 - 6)
    assert evidence["found"]["edited"]["mean"] == pytest.approx(1 - 6 / 24)


def test_the_limit_is_the_last_intensity_within_the_budget() -> None:
    readings = make(lambda targets: targets, turn=6.0)  # 1.2°, 2.4° and 4.8° of yaw
    limit = score(readings, Budget(pose=3.0))["limit"]
    assert limit["all"] == 0.4
    assert limit["directions"] == [0.4] * DIRECTIONS
    assert score(readings, Budget(pose=1.0))["limit"]["all"] == 0
    assert score(readings, Budget(pose=9.0))["limit"]["all"] == 0.8


def test_faces_that_are_lost_break_the_budget() -> None:
    readings = make(lambda targets: targets)
    at = 1 + DIRECTIONS  # of intensity 0.4, towards the pleasant
    readings.found[:, at] = False
    readings.pose[:, at] = np.nan
    limit = score(readings, Budget())["limit"]
    assert limit["all"] == 0.2
    assert limit["directions"] == [0.2, *[0.8] * (DIRECTIONS - 1)]


def test_identity_is_higher_within_a_face_than_between_faces() -> None:
    readings = make(lambda targets: targets)
    assert identity_similarity(readings).mean() > 0.95
    assert abs(stranger_similarity(readings).mean()) < 0.3
    blurred = make(lambda targets: targets, noise=10.0)
    assert score(blurred, Budget())["limit"]["all"] == 0


def test_one_face_alone_has_no_interval_and_no_stranger() -> None:
    evidence = score(make(lambda targets: targets, seeds=1), Budget())
    assert evidence["identity"]["strangers"] is None
    assert evidence["readers"]["one"]["valence"]["ccc_interval"] == [None, None]
    assert evidence["limit"]["all"] == 0.8


@pytest.mark.parametrize("wrong", [{"pose": 0}, {"identity": 1.5}, {"found": float("nan")}])
def test_a_budget_that_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(CircumplexError, match=next(iter(wrong))):
        Budget(**wrong)


@given(st.integers(0, 2**31), st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_shape_does_not_see_place_size_and_rotation(seed, size, shift) -> None:
    rng = np.random.default_rng(seed)
    shapes = rng.normal(size=(4, len(STABLE), 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    moved = shapes @ turn * size + shift
    assert np.allclose(shape_vectors(moved, shapes), shape_vectors(shapes, shapes), atol=1e-9)


def test_superimposing_never_mirrors() -> None:
    shape = np.random.default_rng(3).normal(size=(1, 12, 3))
    target = shape[0] - shape[0].mean(0)
    target /= np.linalg.norm(target)
    assert np.allclose(superimpose(shape, target)[0], target)
    mirrored = superimpose(shape * [-1, 1, 1], target)[0]
    assert not np.allclose(mirrored, target, atol=0.1)
