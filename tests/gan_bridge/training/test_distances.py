"""Distances between sets of features, against what is known of them."""

import numpy as np
import pytest
from scipy import linalg

from gan_bridge.training.distances import frechet_distance, precision_recall, spread


def test_frechet_is_the_closed_form_of_two_gaussians(rng: np.random.Generator) -> None:
    real = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5))
    made = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) + 0.5
    ours, theirs = np.cov(real.T), np.cov(made.T)
    root = linalg.sqrtm(ours @ theirs).real
    gap = real.mean(0) - made.mean(0)
    expected = gap @ gap + np.trace(ours + theirs - 2 * root)
    assert frechet_distance(real, made) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-6)


def test_precision_and_recall_tell_what_is_missing_from_what_is_strange() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 2))
    same = precision_recall(real, rng.normal(size=(300, 2)))
    part = precision_recall(real, 0.1 * rng.normal(size=(300, 2)))
    strange = precision_recall(real, 10 + rng.normal(size=(300, 2)))
    assert min(same) > 0.85
    assert part[0] > 0.95 and part[1] < 0.3
    assert strange == (0.0, 0.0)


def test_spread_is_the_mean_distance() -> None:
    assert spread(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)
