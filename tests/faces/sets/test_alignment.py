"""From points to crops and to the pose of the head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faces.sets.alignment import (
    HEAD,
    TEMPLATE,
    crop_of_box,
    crop_of_points,
    luminance,
    pose,
    similarity,
    warp,
)


def matrix(turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


@given(st.floats(-3, 3), st.floats(0.1, 50), st.tuples(st.floats(-99, 99), st.floats(-99, 99)))
def test_a_similarity_is_found_exactly(turn, scale, shift):
    known = matrix(turn, scale, shift)
    moved = TEMPLATE @ known[:, :2].T + known[:, 2]
    assert np.allclose(similarity(TEMPLATE, moved), known, atol=1e-9 * max(1, scale))
    assert np.allclose(crop_of_points(moved, 0.0), known, atol=1e-9 * max(1, scale))


def test_a_similarity_is_the_least_squares_one(rng):
    source, target = rng.normal(size=(2, 5, 2))
    best = similarity(source, target)

    def error(m):
        return np.sum((source @ m[:, :2].T + m[:, 2] - target) ** 2)

    for _ in range(100):
        turn, scale, *shift = rng.normal(scale=0.1, size=4)
        other = matrix(turn, 1 + scale, (0, 0))[:, :2] @ best[:, :2]
        other = np.column_stack([other, best[:, 2] + shift])
        assert error(best) <= error(other)


def test_the_whole_picture_comes_back_as_it_is(rng):
    picture = rng.integers(0, 256, (40, 40, 3), np.uint8)
    assert np.array_equal(warp(picture, crop_of_box(np.array([0, 0, 40, 40.0]), 0.0), 40), picture)


def test_a_margin_widens_and_the_edge_is_repeated(rng):
    picture = rng.integers(0, 256, (20, 20, 3), np.uint8)
    crop = warp(picture, crop_of_box(np.array([0, 0, 20, 20.0]), 1.0), 40)
    assert np.array_equal(crop[10:30, 10:30], picture)
    assert (crop[:10, 10:30] == picture[0]).all()
    assert (crop[:10, :10] == picture[0, 0]).all()


def test_reducing_does_not_alias():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = warp(stripes, matrix(0.3, 350, (60, -30)), 32)
    assert np.abs(crop.astype(int) - 127).max() < 12


def test_luminance_is_that_of_the_standard():
    pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    assert luminance(pixels).tolist() == [[76, 150, 29, 9]]
    assert np.array_equal(luminance(pixels), np.asarray(Image.fromarray(pixels).convert("L")))


def test_many_become_grey_as_one_does():
    many = np.random.default_rng(0).integers(0, 256, (2, 5, 40, 50, 3), np.uint8)
    images, greys = many.reshape(-1, 40, 50, 3), luminance(many).reshape(-1, 40, 50)
    for image, grey in zip(images, greys, strict=True):
        assert np.array_equal(grey, np.asarray(Image.fromarray(image).convert("L")))
    assert luminance(many[:, ::2, :, ::-1]).flags.writeable
    assert luminance(many[:0]).shape == (0, 5, 40, 50)


def seen(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The five points of a head as a distant camera sees them, y down."""
    a, b, c = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    turned = HEAD @ (about_z @ about_y @ about_x).T
    return 100 + 30 * turned[:, :2] * (1, -1)


@given(st.floats(-70, 70), st.floats(-70, 70), st.floats(-170, 170))
def test_a_pose_is_found_again(yaw, pitch, roll):
    assert np.allclose(pose(seen(yaw, pitch, roll)), (yaw, pitch, roll), atol=1e-6)


def test_the_signs_of_a_pose_are_the_viewers():
    level = seen(0, 0, 0)
    nose = np.zeros((5, 2))
    nose[2] = 5, 0
    assert pose(level + nose)[0] > 5  # the nose to the viewer's right
    nose[2] = 0, -5
    assert pose(level + nose)[1] > 5  # the nose up
    right_eye_lower = level @ np.array([[1, 0.2], [-0.2, 1]])
    assert pose(right_eye_lower)[2] > 5  # clockwise as seen
    assert np.isnan(pose(np.full((5, 2), np.nan))).all()


def test_the_template_is_a_level_face():
    assert pose(TEMPLATE) == pytest.approx((0, 0, 0), abs=3)
