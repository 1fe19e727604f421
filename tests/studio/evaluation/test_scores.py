"""What an evaluation says about readings whose truth is known by construction."""

import numpy as np
import pytest
from edit_readings import DIRECTIONS, INTENSITIES, edit_readings, targets_of

from faces.ground.errors import CircumplexError
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.scores import score
from studio.evaluation.side_effects import identity_distance, stranger_distance

WIDE = Budget(identity=10.0, pose=3.0)


def make(read, seeds: int = 5, turn: float = 0.0, noise: float = 0.1) -> EditReadings:
    return edit_readings({"one": read}, seeds, turn, noise)


def of_all(evidence, reader: str = "one"):
    return evidence["readers"][reader]["agreement"]["all"]


def test_a_perfect_reader_agrees_with_every_request() -> None:
    evidence = score(make(lambda targets: targets), Budget())
    for target in ("valence", "arousal"):
        found = of_all(evidence)[target]
        assert found["ccc"] == pytest.approx(1) and found["slope"] == pytest.approx(1)
        assert found["rmse"] == pytest.approx(0, abs=1e-12)
        assert found["bias"] == pytest.approx(0, abs=1e-12)
    assert evidence["readers"]["one"]["angle_error"]["value"] == pytest.approx(0, abs=1e-6)
    assert of_all(evidence)["n"] == 5 * DIRECTIONS * len(INTENSITIES)
    assert evidence["readers"]["one"]["along_ccc"] == pytest.approx([1.0] * DIRECTIONS)


def test_half_the_way_has_half_the_slope_and_the_right_angle() -> None:
    evidence = score(make(lambda targets: targets / 2), Budget())
    assert of_all(evidence)["valence"]["slope"] == pytest.approx(0.5)
    # Lin's coefficient of t and t / 2 about the same mean: 2 · ½ / (1 + ¼)
    assert of_all(evidence)["valence"]["ccc"] == pytest.approx(0.8)
    assert evidence["readers"]["one"]["angle_error"]["value"] == pytest.approx(0, abs=1e-6)


def test_a_reader_turned_by_a_quarter_is_off_by_90_degrees() -> None:
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    evidence = score(make(lambda targets: targets @ quarter), Budget())
    assert evidence["readers"]["one"]["angle_error"]["value"] == pytest.approx(90)
    assert of_all(evidence)["valence"]["ccc"] == pytest.approx(0, abs=1e-9)


def test_a_face_that_does_not_move_has_no_angle() -> None:
    found = score(make(np.zeros_like), Budget())["readers"]["one"]
    assert found["still"] == 1
    assert found["angle_error"]["value"] is None
    assert found["cells"]["valence"] == [[0.0] * DIRECTIONS] * len(INTENSITIES)


def test_cells_stand_at_their_direction_and_intensity() -> None:
    cells = score(make(lambda targets: targets + 0.1), Budget())["readers"]["one"]["cells"]
    assert cells["valence"][2][0] == pytest.approx(0.9)
    assert cells["arousal"][1][DIRECTIONS // 4] == pytest.approx(0.5)
    assert np.array(cells["valence_bias"]) == pytest.approx(0.1)


def test_missing_readings_are_counted_not_taken_for_zero() -> None:
    readings = make(lambda targets: targets)
    readings.affect["one"][:, 3:9] = np.nan
    readings.affect["two"] = np.full_like(readings.affect["one"], np.nan)
    readings.found[:, 3:9] = False
    evidence = score(readings, Budget())
    assert of_all(evidence)["valence"]["ccc"] == pytest.approx(1)
    assert of_all(evidence)["n"] == 5 * (DIRECTIONS * 3 - 6)
    assert of_all(evidence)["missing"] == 5 * 6
    assert of_all(evidence, "two")["valence"] is None
    assert of_all(evidence, "two")["missing"] == 5 * DIRECTIONS * 3
    assert evidence["pairs"][0]["n"] == 0 and evidence["reliability"]["all"]["valence"] is None
    assert evidence["side_effects"]["found"]["mean"]["value"] == pytest.approx(1 - 6 / 24)


def test_the_limit_is_the_last_intensity_within_the_budget() -> None:
    readings = make(lambda targets: targets, turn=6.0)  # 1.2°, 2.4° and 4.8° of yaw
    limit = score(readings, WIDE)["limit"]
    assert limit["all"] == 0.4
    assert limit["directions"] == [0.4] * DIRECTIONS
    assert score(readings, Budget(identity=10.0, pose=1.0))["limit"]["all"] == 0
    assert score(readings, Budget(identity=10.0, pose=9.0))["limit"]["all"] == 0.8


def test_faces_that_are_lost_break_the_budget() -> None:
    readings = make(lambda targets: targets)
    at = 1 + DIRECTIONS  # of intensity 0.4, towards the pleasant
    readings.found[:, at] = False
    readings.pose[:, at] = np.nan
    limit = score(readings, WIDE)["limit"]
    assert limit["all"] == 0.2
    assert limit["directions"] == [0.2, *[0.8] * (DIRECTIONS - 1)]


@pytest.mark.parametrize(("column", "value"), [(0, 0.9), (1, 34.0)])
def test_another_sex_and_other_years_break_the_budget(column: int, value: float) -> None:
    readings = make(lambda targets: targets)
    readings.appearance[:, 1 + 2 * DIRECTIONS :, column] = value  # at the largest intensity
    assert score(readings, WIDE)["limit"]["all"] == 0.4


def test_an_edit_is_nearer_to_its_face_than_another_face() -> None:
    readings = make(lambda targets: targets)
    # of unit normals in 40 dimensions: sqrt(2 · 40) apart, edits a tenth of that
    assert identity_distance(readings).mean() == pytest.approx(np.sqrt(80) / 10, rel=0.1)
    assert stranger_distance(readings) == pytest.approx(np.sqrt(80), rel=0.15)
    assert score(readings, Budget(identity=0.5))["limit"]["all"] == 0
    assert score(readings, Budget(identity=1.1))["limit"]["all"] == 0.8


def test_a_face_that_is_not_found_is_no_stranger() -> None:
    readings = make(lambda targets: targets)
    expected = stranger_distance(make(lambda targets: targets, seeds=4))
    readings.identity[4] = np.nan
    assert stranger_distance(readings) == pytest.approx(expected, rel=0.2)
    assert np.isnan(identity_distance(readings)[4]).all()
    found = score(readings, Budget())
    assert found["side_effects"]["identity_distance"]["missing"] == DIRECTIONS * 3
    assert found["side_effects"]["identity_distance"]["mean"]["value"] is not None
    assert found["identity"]["by"] == "made"


def test_one_face_alone_has_no_interval_and_no_stranger() -> None:
    evidence = score(make(lambda targets: targets, seeds=1), WIDE)
    assert evidence["identity"]["strangers"] is None
    assert of_all(evidence)["valence"]["ccc_interval"] == [None, None]
    assert evidence["limit"]["all"] == 0.8
    assert evidence["reliability"]["all"]["valence"] is None


def test_readers_that_took_no_part_are_compared_by_themselves() -> None:
    rng = np.random.default_rng(1)
    noisy = {name: targets_of() + rng.normal(0, 0.1, (5, 1 + DIRECTIONS * 3, 2)) for name in "abc"}
    evidence = score(edit_readings(noisy), Budget(), independent={"a", "c"})
    assert evidence["reliability"]["took_no_part"]["readers"] == ["a", "c"]
    assert evidence["reliability"]["all"]["readers"] == ["a", "b", "c"]
    assert [pair["readers"] for pair in evidence["pairs"]] == [["a", "b"], ["a", "c"], ["b", "c"]]


@pytest.mark.parametrize(
    "wrong", [{"pose": 0}, {"identity": -1.0}, {"found": float("nan")}, {"sex": 1.5}, {"age": 0}]
)
def test_a_budget_that_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(CircumplexError, match=next(iter(wrong))):
        Budget(**wrong)
