"""Paths: where they begin and end, when they are where, and at what speed."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from gan_bridge.editing.easing import EASINGS, linear, minimum_jerk
from gan_bridge.editing.paths import (
    AffectPath,
    circle,
    even_pace,
    frame_times,
    key_path,
    pulse,
    sample,
    smoothed,
    speed_variation,
)

affect = st.floats(-1, 1)
point = st.tuples(affect, affect)
span = st.floats(50, 5000)
pause = st.one_of(st.just(0.0), span)


@settings(deadline=None)
@given(point, point, span, pause, pause, st.sampled_from(list(EASINGS)))
def test_a_pulse_is_at_its_target_for_the_apex(
    rest: tuple[float, float],
    target: tuple[float, float],
    onset: float,
    apex: float,
    offset: float,
    easing: str,
) -> None:
    path = pulse(rest, target, onset, apex, offset, EASINGS[easing])
    assert path.duration == pytest.approx(onset + apex + offset)
    first, reached, left, last = path.at(np.array([0, onset, onset + apex, path.duration]))
    assert np.allclose(first, rest) and np.allclose(reached, target) and np.allclose(left, target)
    assert np.allclose(last, rest if offset > 0 else target)


@settings(deadline=None)
@example([(50.0, 0.0, 0.0), (50.0, 0.0, 0.0), (50.0, 0.0, 2.225073858507e-311)], True)
@given(st.lists(st.tuples(span, affect, affect), min_size=2, max_size=7), st.booleans())
def test_key_points_are_passed_at_their_times_and_nothing_is_overshot(
    rows: list[tuple[float, float, float]], spline: bool
) -> None:
    lengths, points = np.array([row[0] for row in rows]), np.array([row[1:] for row in rows])
    times = np.concatenate([[0.0], np.cumsum(lengths[:-1])])
    path = key_path(times, points, minimum_jerk, spline)
    assert np.allclose(path.at(times), points)
    between = path.at(np.linspace(0, path.duration, 400))
    assert (between >= points.min(0) - 1e-9).all() and (between <= points.max(0) + 1e-9).all()
    pace = path.pace(np.linspace(0, path.duration, 400))
    assert (np.diff(pace) >= -1e-9).all() and pace[0] == 0 and pace[-1] == path.duration


def test_a_spline_has_no_corner_where_straight_ways_have_one() -> None:
    times, points = [0, 1000, 2000], [[0.0, 0.0], [0.4, 0.5], [0.6, -0.2]]

    def turn(path: AffectPath) -> float:
        before, at, after = path.at(np.array([990.0, 1000.0, 1010.0]))
        return float(np.abs((after - at) - (at - before)).max())

    assert turn(key_path(times, points, spline=True)) < 0.2 * turn(key_path(times, points))


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0], [10.0, 20.0], [0.0, 20.0, 10.0]])
def test_times_that_do_not_rise_from_0_are_refused(times: list[float]) -> None:
    with pytest.raises(CircumplexError, match="rise from 0"):
        key_path(times, [[0.0, 0.0]] * len(times))


def test_a_circle_is_one() -> None:
    path = circle(0.6, 4000)
    round_trip = path.at(np.linspace(0, 4000, 41))
    assert np.allclose(np.hypot(*round_trip.T), 0.6)
    assert np.allclose(round_trip[0], round_trip[-1]) and np.allclose(round_trip[10], (0, 0.6))


@settings(deadline=None)
@given(st.floats(100, 10_000), st.floats(1, 120), st.booleans())
def test_frames_fill_the_time_and_show_both_ends(duration: float, fps: float, closed: bool) -> None:
    times = frame_times(duration, fps, closed)
    assert (np.diff(times) > 0).all() and times[0] == 0
    shown = len(times) * 1000 / fps
    least = 2000 / fps  # a moving picture has two frames
    assert abs(shown - max(duration, least)) <= 1000 / fps + 1e-6
    path = circle(0.5, duration) if closed else pulse((0, 0), (0.5, 0.2), duration, 0, 0)
    moments = sample(path, times)
    assert moments[0] == 0 and (np.diff(moments) >= 0).all()
    assert (moments[-1] == duration) is not closed


def test_a_constant_speed_is_one_of_the_readings() -> None:
    """What is read here hardly moves at first, and races at the end."""
    path = pulse((0, 0), (0.8, 0.4), 1000, 500, 1000)
    moments = [np.linspace(first, last, 101) for first, last in path.runs()]

    def read(at: np.ndarray) -> np.ndarray:
        return path.place(at) ** 3

    paced = even_pace(path, [(each, read(each)) for each in moments])
    assert path.runs() == [(0, 1000), (1500, 2500)]
    for first, last in path.runs():
        inside = np.linspace(first, last, 101)
        before, after = speed_variation(read(inside)), speed_variation(read(paced.pace(inside)))
        assert before > 0.6 and after < 0.25
    rest = np.linspace(1000, 1500, 7)
    assert np.allclose(paced.pace(rest), rest)
    whole = paced.pace(np.linspace(0, 2500, 500))
    assert whole[0] == 0 and whole[-1] == 2500 and (np.diff(whole) >= 0).all()


def test_a_speed_of_nothing_is_refused() -> None:
    path = pulse((0, 0), (0.8, 0.4), 1000, 0, 0)
    moments = np.linspace(0, 1000, 33)
    with pytest.raises(CircumplexError, match=r"hardly moves from 0 to 1000 ms"):
        even_pace(path, [(moments, np.full((33, 2), 0.3))])
    with pytest.raises(CircumplexError, match="no face is read"):
        even_pace(path, [(moments, np.full((33, 2), np.nan))])


def test_smoothing_leaves_a_line_as_it_is_and_fills_gaps() -> None:
    moments = np.linspace(0, 1, 60)
    line = np.stack([moments, 2 - moments], axis=1)
    assert np.allclose(smoothed(moments, line), line)
    torn = line.copy()
    torn[20:23] = np.nan
    assert np.allclose(smoothed(moments, torn), line)
    noise = np.random.default_rng(0).normal(0, 0.05, line.shape)
    left = smoothed(moments, line + noise) - line
    assert left.std() < 0.5 * noise.std()


def test_linear_is_even() -> None:
    path = pulse((0, 0), (1, 0), 1000, 0, 0, linear)
    assert np.allclose(path.at(np.array([250.0, 500.0]))[:, 0], (0.25, 0.5))
    assert speed_variation(path.at(np.linspace(0, 1000, 50))) < 1e-9
