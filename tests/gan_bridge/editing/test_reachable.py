"""The region that faces show: what lies well within is aimed at, the rest at its border."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_bridge.editing.reachable import ANGLES, ReachableRegion, region_of_labels

ROUND = ReachableRegion(np.full(ANGLES, 0.5))
#: Where expressions lie: nothing is unpleasant or pleasant at low arousal.
CORNERS = np.array([[0.79, 0.11], [0.28, 0.75], [-0.35, 0.72], [-0.71, -0.37]])


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_the_kind_of_affect_stays_and_the_border_holds(valence: float, arousal: float) -> None:
    (aimed,) = ROUND.aim(np.array([[valence, arousal]]))
    assert np.hypot(*aimed) <= 0.5 + 1e-9
    assert aimed[0] * arousal == pytest.approx(aimed[1] * valence, abs=1e-9)


def test_well_within_a_request_is_what_is_aimed_at() -> None:
    angles = np.linspace(0, 2 * np.pi, 90)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    assert np.abs(ROUND.aim(0.3 * ring) - 0.3 * ring).max() < 0.002
    assert np.allclose(np.hypot(*ROUND.aim(5 * ring).T), 0.5, atol=1e-6)
    assert not ROUND.aim(np.zeros((1, 2))).any()


def test_the_radius_passes_through_what_is_kept() -> None:
    radii = 0.5 + 0.2 * np.cos(2 * np.arange(ANGLES) * 2 * np.pi / ANGLES)
    region = ReachableRegion(radii)
    at = np.arange(ANGLES) * 2 * np.pi / ANGLES
    assert np.allclose(region.radius(at), radii) and np.allclose(
        region.radius(at + 2 * np.pi), radii
    )


def test_a_region_of_labels_is_their_hull_with_soft_corners() -> None:
    region = region_of_labels(CORNERS, 1.0)
    assert region.covers(0.6 * CORNERS).all() and not region.covers(1.3 * CORNERS).any()
    below = np.array([[0.0, -0.5], [0.4, -0.5], [0.6, -0.4]])
    assert not region.covers(below).any()
    # the border passes close by where it runs straight
    angle = np.radians([270.0])
    assert region.radius(angle) == pytest.approx(0.14, abs=0.06)


def test_aims_change_smoothly_with_the_angle() -> None:
    angles = np.radians(np.arange(360.0))
    ring = 0.8 * np.stack([np.cos(angles), np.sin(angles)], 1)
    aimed = region_of_labels(CORNERS, 1.0).aim(ring)
    steps = np.hypot(*(np.roll(aimed, -1, axis=0) - aimed).T)
    assert steps.max() < 4 * np.median(steps)


def test_a_region_about_another_centre_is_the_same_elsewhere() -> None:
    centre = np.array([0.3, -0.2])
    moved, ring = ReachableRegion(ROUND.radii, (0.3, -0.2)), ROUND.points(3) * 1.2
    assert np.allclose(moved.aim(ring + centre), ROUND.aim(ring) + centre)
    assert np.allclose(moved.clipped(ring + centre), ROUND.clipped(ring) + centre)
    assert (moved.covers(ring + centre) == ROUND.covers(ring)).all()
    assert np.allclose(moved.points(3), ROUND.points(3) + centre)
    angles = np.linspace(0, 6, 7)
    assert np.allclose(np.linalg.norm(moved.border(angles) - centre, axis=1), 0.5)
