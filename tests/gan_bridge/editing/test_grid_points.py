"""Grids: even over a square, or laid out within what faces show."""

import numpy as np
import pytest

from gan_bridge.editing.grid_points import grid_points
from gan_bridge.editing.reachable import ReachableRegion, region_of_labels

CORNERS = np.array([[0.8, 0.1], [0.3, 0.7], [-0.4, 0.7], [-0.7, -0.4], [0.2, -0.3]])


@pytest.fixture(scope="module")
def region() -> ReachableRegion:
    return region_of_labels(CORNERS, 1.0)


def test_without_a_region_it_is_even(region: ReachableRegion) -> None:
    even = grid_points(3)
    assert even == [
        (-0.8, 0.8), (0.0, 0.8), (0.8, 0.8),
        (-0.8, 0.0), (0.0, 0.0), (0.8, 0.0),
        (-0.8, -0.8), (0.0, -0.8), (0.8, -0.8),
    ]  # fmt: skip
    assert grid_points(3, 0.5, region) == grid_points(3, 0.5)


def test_within_a_region_every_face_can_be_shown(region: ReachableRegion) -> None:
    laid_out, square = np.array(grid_points(7, region=region)), np.array(grid_points(7, 1.0))
    assert region.covers(laid_out).all() and not region.covers(square).all()
    assert np.abs(region.aim(laid_out) - laid_out).max() < 0.06
    away = np.hypot(*square.T) > 0
    angles = [np.arctan2(*each[away].T[::-1]) for each in (laid_out, square)]
    assert np.allclose(angles[0], angles[1], atol=1e-5)
    assert not laid_out[~away].any()
