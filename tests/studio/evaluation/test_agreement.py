"""Agreement over parts of the circumplex."""

import numpy as np
import pytest
from edit_readings import INTENSITIES, targets_of

from studio.evaluation.agreement import SCORES, agreement, subsets
from studio.stimuli.points import ring_points
from vae.probing.metrics import ccc, pearson, rmse

SEEDS = 12


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return targets_of()[1:]


@pytest.fixture(scope="module")
def read(points: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(3)
    own = rng.normal(0, 0.1, (SEEDS, 1, 2))  # what a face shows whatever is asked
    return 0.7 * points + 0.05 + own + rng.normal(0, 0.05, (SEEDS, len(points), 2))


def test_every_point_has_one_quadrant_one_sector_one_intensity(points: np.ndarray) -> None:
    covered = points[:, 0] > 0
    rows = subsets(points, INTENSITIES, covered)
    assert (rows["reachable"] == covered).all() and (rows["unreachable"] == ~covered).all()
    for mark, number in (("V", 4), ("°", 8), ("intensity", 3)):
        group = [each for name, each in rows.items() if mark in name]
        assert len(group) == number and (np.sum(group, axis=0) == 1).all()
    assert rows["0°"].tolist() == [*([True, *[False] * 7] * 3)]
    fine = subsets(np.array(ring_points(28, (0.5,))), (0.5,), None)
    assert "reachable" not in fine
    assert [fine[f"{angle}°"].sum() for angle in range(0, 360, 45)] == [3, 4, 3, 4, 3, 4, 3, 4]


def test_scores_are_those_of_the_pooled_pictures(points: np.ndarray, read: np.ndarray) -> None:
    rows = subsets(points, INTENSITIES, points[:, 1] > 0.1)
    requested = np.broadcast_to(points, read.shape)
    found = agreement(requested, read, rows)
    for name, part in rows.items():
        t, p = (values[:, part].reshape(-1, 2) for values in (requested, read))
        for k, target in enumerate(("valence", "arousal")):
            scores = found[name][target]
            if np.ptp(t[:, k]) < 1e-9:
                assert scores["ccc"] is None and scores["slope"] is None
            else:
                slope = np.polyfit(t[:, k], p[:, k], 1)[0]
                assert scores["slope"] == pytest.approx(slope)
                assert scores["ccc"] == pytest.approx(ccc(t[:, k], p[:, k]))
                assert scores["pearson"] == pytest.approx(pearson(t[:, k], p[:, k]))
            assert scores["rmse"] == pytest.approx(rmse(t[:, k], p[:, k]))
            assert scores["bias"] == pytest.approx((p - t)[:, k].mean())


def test_intervals_are_over_faces(points: np.ndarray, read: np.ndarray) -> None:
    """Of a bias that differs by face the interval is that of the faces' means."""
    found = agreement(points, read, {"all": np.ones(len(points), bool)})["all"]["valence"]
    low, high = found["bias_interval"]
    means = (read - points).mean(1)[:, 0]
    assert (high - low) / 2 == pytest.approx(1.96 * means.std() / np.sqrt(SEEDS), rel=0.15)
    assert low < found["bias"] < high
    assert all(found[f"{name}_interval"][0] <= found[name] for name in SCORES if name != "ccc")


def test_a_part_without_readings_says_how_many_are_missing(
    points: np.ndarray, read: np.ndarray
) -> None:
    rows = subsets(points, INTENSITIES, None)
    blind = read.copy()
    blind[:, rows["intensity 0.8"]] = np.nan
    found = agreement(points, blind, rows)
    assert found["intensity 0.8"] == {
        "n": 0,
        "missing": SEEDS * 8,
        "valence": None,
        "arousal": None,
    }
    assert found["intensity 0.4"]["missing"] == 0
    assert found["all"]["n"] == SEEDS * 16 and found["all"]["valence"]["ccc"] > 0.5
