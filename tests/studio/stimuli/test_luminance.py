"""Luma: measured, matched, clipped with care."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from studio.stimuli.luminance import count_clipped, luma_statistics, match_luma, sharpness


def _picture(seed: int, spread: float, colour: bool = True) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = np.kron(rng.normal(128, spread, (8, 8, 3)), np.ones((8, 8, 1)))
    picture = smooth + rng.normal(0, 4, smooth.shape)
    if not colour:
        picture[..., 1:] = picture[..., :1]
    return picture.clip(0, 255).astype(np.uint8)


def test_statistics_weigh_the_channels() -> None:
    green = np.zeros((4, 4, 3), np.uint8)
    green[:2, :, 1] = 200
    mean, deviation = luma_statistics(green)
    assert mean == pytest.approx(0.7152 * 100)
    assert deviation == pytest.approx(0.7152 * 100)


# two targets that black cuts deep into
@example(seed=206, spread=30.0, mean=90.0, deviation=30.0, colour=False)
@example(seed=206, spread=5.0, mean=90.0, deviation=32.0, colour=False)
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    spread=st.floats(5, 60),
    mean=st.floats(90, 165),
    deviation=st.floats(10, 45),
    colour=st.booleans(),
)
def test_matched_pictures_meet_the_target(
    seed: int, spread: float, mean: float, deviation: float, colour: bool
) -> None:
    matched = match_luma(_picture(seed, spread, colour), mean, deviation)
    got_mean, got_deviation = luma_statistics(matched)
    assert matched.dtype == np.uint8
    assert got_mean == pytest.approx(mean, abs=0.1)
    assert got_deviation == pytest.approx(deviation, abs=0.1)
    if not colour:
        assert np.array_equal(matched[..., 0], matched[..., 2])


def test_a_target_out_of_reach_is_neared() -> None:
    picture = _picture(1, 30)
    mean, _ = luma_statistics(match_luma(picture, 250.0, 60.0))
    assert mean > luma_statistics(picture)[0] + 40


def test_a_flat_picture_does_not_divide_by_zero() -> None:
    flat = np.full((8, 8, 3), 90, np.uint8)
    assert luma_statistics(match_luma(flat, 120.0, 20.0))[0] == pytest.approx(120, abs=1)


def test_within_a_part_mean_and_deviation_are_the_parts() -> None:
    generator = np.random.default_rng(5)
    image = generator.integers(60, 190, (40, 40, 3)).astype(np.uint8)
    inside = np.zeros((40, 40), bool)
    inside[10:30, 5:35] = True
    matched = match_luma(image, 120.0, 25.0, inside)
    assert luma_statistics(matched, inside) == pytest.approx((120, 25), abs=0.1)
    assert luma_statistics(matched, ~inside) != pytest.approx((120, 25), abs=0.1)


def test_sharpness_falls_with_blur() -> None:
    generator = np.random.default_rng(6)
    image = generator.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    blurred = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(1)))
    assert sharpness(blurred) < 0.1 * sharpness(image)
    assert sharpness(np.full((8, 8, 3), 90, np.uint8)) == 0
    ramp = np.arange(16, dtype=np.uint8)[:, None, None].repeat(16, 1).repeat(3, 2)
    assert sharpness(ramp) == pytest.approx(0, abs=1e-9)  # an even slope has no edge


def test_clipped_pixels_are_those_that_arrive_at_an_end() -> None:
    before = np.array([[[0, 9, 9], [250, 9, 9], [9, 9, 9]]], np.uint8)
    after = np.array([[[0, 8, 9], [255, 9, 9], [0, 0, 9]]], np.uint8)
    assert count_clipped(before, after) == 2
    assert count_clipped(before, after, np.array([[True, True, False]])) == 1
