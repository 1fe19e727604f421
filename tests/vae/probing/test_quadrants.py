"""Quadrants told by the codes: none of them hides behind the frequent ones."""

import numpy as np
import pytest
from scipy.stats import binomtest

from faces.circumplex import quadrant
from vae.probing.quadrants import (
    Recall,
    balanced_accuracy,
    quadrant_accuracy,
    quadrants,
    recall_of,
    wilson,
)


def test_quadrants_are_those_of_the_circumplex(rng):
    labels = np.concatenate([rng.normal(size=(50, 2)), [[0, 1], [0, -1], [1, 0], [-1, 0]]])
    assert quadrants(labels).tolist() == [quadrant(*label) for label in labels]


def test_quadrant_accuracy_beats_its_baseline_where_codes_tell(rng):
    labels = rng.uniform(-1, 1, (600, 2))
    codes = np.concatenate([labels, rng.normal(size=(600, 4))], axis=1)
    found = quadrant_accuracy(codes, labels)
    assert found.count == 600
    assert found.accuracy > 0.9 > 0.4 > found.majority
    assert found.interval[0] <= found.accuracy <= found.interval[1]
    assert quadrant_accuracy(codes, labels) == found
    assert found.chance == 0.25 and found.balanced > 0.9
    assert sum(own.count for own in found.recalls.values()) == 600
    for own in found.recalls.values():
        assert own.interval[0] <= own.recall <= own.interval[1]


def test_quadrant_accuracy_does_not_learn_identities(rng):
    groups = np.repeat(np.arange(60), 10)
    labels = rng.uniform(-1, 1, (60, 2))[groups]
    codes = rng.normal(size=(60, 30))[groups] + 0.01 * rng.normal(size=(600, 30))
    apart, together = (
        quadrant_accuracy(codes, labels, chosen).accuracy for chosen in (groups, None)
    )
    assert apart < 0.45 < together


def test_quadrant_accuracy_needs_two_quadrants(rng):
    codes = rng.normal(size=(30, 3))
    assert quadrant_accuracy(codes, np.full((30, 2), 0.5)) is None
    assert quadrant_accuracy(codes, np.zeros((30, 2))) is None
    rare = np.full((30, 2), 0.5)
    rare[3] = -0.5
    found = quadrant_accuracy(codes, rare)
    assert found.accuracy > 0.9 and list(found.recalls) == ["+V +A", "-V -A"]


def test_a_rare_quadrant_that_is_never_told_shows(rng):
    """0.7 % of faces: hardly a thousandth of the accuracy, a quarter of the balanced one."""
    labels = np.concatenate([rng.choice([-0.5, 0.5], (2979, 2)), np.tile([0.5, -0.1], (21, 1))])
    labels[:2979][(labels[:2979] == [0.5, -0.5]).all(1)] = 0.5
    codes = np.sign(labels) + 0.3 * rng.normal(size=labels.shape)
    codes[-21:] = [1, 1] + 0.3 * rng.normal(size=(21, 2))  # they look as if they were aroused
    found = quadrant_accuracy(codes, labels)
    assert found.accuracy > 0.95
    rare = found.recalls["+V -A"]
    assert rare.count == 21 and rare.recall == 0 and rare.interval[0] == 0
    assert 0.1 < rare.interval[1] < 0.2
    assert 0.7 < found.balanced < 0.76
    assert found.balanced_interval[1] - found.balanced > rare.interval[1] / 4  # what it adds alone


@pytest.mark.parametrize(("hits", "count"), [(0, 21), (3, 40), (50, 50), (412, 1000)])
def test_wilson_is_scipys(hits, count):
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    assert wilson(hits / count, count) == pytest.approx((expected.low, expected.high))
    right = np.arange(count) < hits
    assert recall_of(right).interval == wilson(hits / count, count)


def test_faces_of_one_person_count_once(rng):
    people = rng.random(40) < 0.6
    alike, who = np.repeat(people, 25), np.repeat(np.arange(40), 25)
    assert np.ptp(recall_of(alike, who).interval) == pytest.approx(
        np.ptp(recall_of(people).interval), rel=0.05
    )
    apart = rng.random(1000) < 0.6
    assert recall_of(apart, np.arange(1000)).interval == pytest.approx(
        recall_of(apart).interval, abs=1e-3
    )
    # all told says nothing of how alike the faces of a person are: people are counted
    assert recall_of(np.ones(1000, bool), who).interval == wilson(1.0, 40)


def test_the_interval_of_the_mean_covers(rng):
    """Rates of 0.03 to 0.95 and counts of 20 to 2000; a bootstrap of the rare ones would not."""
    rates, counts = np.array([0.95, 0.8, 0.5, 0.03]), np.array([2000, 800, 200, 20])
    held = 0
    for _ in range(400):
        shares = rng.binomial(counts, rates) / counts
        recalls = [
            Recall(int(n), float(p), wilson(float(p), int(n)))
            for p, n in zip(shares, counts, strict=True)
        ]
        low, high = balanced_accuracy(recalls)[1]
        held += low <= rates.mean() <= high
    assert 0.915 < held / 400 < 0.995
