"""What an evaluation says about readings whose truth is known by construction."""

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.scores import identity_distance, score, stranger_distance
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


def test_an_edit_is_nearer_to_its_face_than_another_face() -> None:
    readings = make(lambda targets: targets)
    # of unit normals in 40 dimensions: sqrt(2 · 40) apart, edits a tenth of that
    assert identity_distance(readings).mean() == pytest.approx(np.sqrt(80) / 10, rel=0.1)
    assert stranger_distance(readings) == pytest.approx(np.sqrt(80), rel=0.15)
    assert score(readings, Budget(identity=0.95))["limit"]["all"] == 0
    blurred = make(lambda targets: targets, noise=10.0)
    assert score(blurred, Budget())["limit"]["all"] == 0


def test_a_face_that_is_not_found_is_no_stranger() -> None:
    readings = make(lambda targets: targets)
    expected = stranger_distance(make(lambda targets: targets, seeds=4))
    readings.identity[4] = np.nan
    assert stranger_distance(readings) == pytest.approx(expected, rel=0.2)
    assert np.isnan(identity_distance(readings)[4]).all()
    found = score(readings, Budget())["identity_distance"]
    assert found["edited"]["mean"] is not None and found["by"] == "made"


def test_one_face_alone_has_no_interval_and_no_stranger() -> None:
    evidence = score(make(lambda targets: targets, seeds=1), Budget())
    assert evidence["identity_distance"]["strangers"] is None
    assert evidence["readers"]["one"]["valence"]["ccc_interval"] == [None, None]
    assert evidence["limit"]["all"] == 0.8


@pytest.mark.parametrize("wrong", [{"pose": 0}, {"identity": 1.5}, {"found": float("nan")}])
def test_a_budget_that_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(CircumplexError, match=next(iter(wrong))):
        Budget(**wrong)
