"""Easing: from 0 to 1, never back; minimum jerk starts and ends at rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_bridge.editing.easing import EASINGS, MINIMUM_JERK, Easing, minimum_jerk

easings = pytest.mark.parametrize("easing", EASINGS.values(), ids=EASINGS)


@easings
def test_it_goes_from_0_to_1_and_never_back(easing: Easing) -> None:
    way = easing(np.linspace(0, 1, 501))
    assert way[0] == 0 and way[-1] == pytest.approx(1)
    assert (np.diff(way) >= 0).all()


@given(st.floats(0, 1))
def test_minimum_jerk_is_flash_and_hogans_and_even_about_its_middle(share: float) -> None:
    (way, back) = minimum_jerk(np.array([share, 1 - share]))
    assert way == pytest.approx(10 * share**3 - 15 * share**4 + 6 * share**5, abs=1e-12)
    assert way + back == pytest.approx(1)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_minimum_jerk_rests_at_both_ends_without_acceleration(end: float) -> None:
    near = end + np.array([-2e-4, -1e-4, 0.0, 1e-4, 2e-4])
    way = minimum_jerk(near)
    velocity = np.gradient(way, near)
    assert abs(velocity[2]) < 1e-6
    assert abs(np.gradient(velocity, near)[2]) < 1e-2
    fastest = np.gradient(EASINGS[MINIMUM_JERK](np.linspace(0, 1, 1001)), 1e-3).max()
    assert fastest == pytest.approx(1.875, abs=1e-3)  # 15/8 of the mean speed, at the middle
