"""KID: closed forms, no bias, and whose features it is in."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from gan_bridge.training.score import choose_features, kernel_distance, kid

SMALL = st.floats(-2, 2, width=32)


@given(SMALL, SMALL, st.integers(2, 5), st.integers(2, 5), st.integers(1, 4))
def test_point_masses_in_closed_form(a: float, b: float, m: int, n: int, width: int) -> None:
    real, fake = np.full((m, width), a), np.full((n, width), b)
    expected = (a * a + 1) ** 3 + (b * b + 1) ** 3 - 2 * (a * b + 1) ** 3
    assert kernel_distance(real, fake) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_it_is_unbiased() -> None:
    rng = np.random.default_rng(0)
    values = [
        kernel_distance(rng.normal(size=(8, 3)), rng.normal(size=(8, 3))) for _ in range(4000)
    ]
    error = np.std(values) / len(values) ** 0.5
    assert abs(np.mean(values)) < 4 * error
    assert min(values) < 0  # an estimate with a floor at 0 would be biased


def test_it_tells_distributions_apart() -> None:
    rng = np.random.default_rng(1)
    real = rng.normal(size=(600, 4))
    same = kid(real, rng.normal(size=(600, 4)))
    moved = kid(real, rng.normal(size=(600, 4)) + 0.5)
    assert abs(same.value) < 4 * same.error
    assert moved.value > 6 * moved.error
    assert kid(real, real[:300] + 0.5) == kid(real, real[:300] + 0.5)


def test_features_say_what_they_are(tiny_run: Path) -> None:
    images = torch.rand(3, 1, 64, 64) * 2 - 1
    drawn = choose_features("random", 1, 64)
    assert drawn.name == "random convolutions, seed 0"
    assert drawn(images).shape == (3, 2 * (32 + 64 + 128))
    np.testing.assert_array_equal(drawn(images), choose_features("random", 1, 64)(images))
    coded = choose_features(str(tiny_run), 1, 64)
    assert coded.name.startswith("mean code of β-VAE ")
    assert coded(images).shape == (3, 8)


def test_an_encoder_of_another_size(tiny_run: Path) -> None:
    with pytest.raises(CircumplexError, match="of 64 pixels, these are 1-channel of 32"):
        choose_features(str(tiny_run), 1, 32)
    assert choose_features("auto", 1, 32).name.startswith("random")
