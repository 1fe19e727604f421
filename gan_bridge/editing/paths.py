"""Ways through valence and arousal against time: out and back, circles, lines and splines.

A path has two parts. `place` is where it is at each moment of even progress; `pace` says which
moment that is at each time. Easing and a constant speed change the pace alone: the points that a
path passes stay the same. Times and moments are in milliseconds, from 0 to the last key time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from faces.ground.errors import CircumplexError
from gan_bridge.editing.easing import Easing, linear

_SMOOTHING = 0.04  # standard deviation, as a share of a run: noise of readings is no movement
#: Of the mean step between two readings; no stretch of the way counts as less, however still the
#: readings stand there: a moment belongs to one place only.
_LEAST_STEP = 0.05
_LEAST_MOVED = 0.05  # way of the readings, in units of valence and arousal


@dataclass(frozen=True, eq=False)
class AffectPath:
    """A way through points of D numbers, valence and arousal first.

    Attributes:
        times: (K,) when it is at its key points, rising from 0.
        place: points (N, D) at moments (N,).
        pace: moments (N,) at times (N,), both within the times.
        rests: (K − 1,) bool, stretches between key points in which it stands still.
        closed: whether it ends where it began, so that its frames can be played round and round.
    """

    times: np.ndarray
    place: Callable[[np.ndarray], np.ndarray]
    pace: Callable[[np.ndarray], np.ndarray]
    rests: np.ndarray
    closed: bool = False

    @property
    def duration(self) -> float:
        """The last key time."""
        return float(self.times[-1])

    def at(self, times: np.ndarray) -> np.ndarray:
        """Points (N, D) at times (N,)."""
        return self.place(self.pace(times))

    def runs(self) -> list[tuple[float, float]]:
        """First and last time of each stretch in which it moves without a rest."""
        runs = []
        for resting, group in groupby(range(len(self.rests)), lambda k: bool(self.rests[k])):
            stretches = list(group)
            if not resting:
                runs.append((float(self.times[stretches[0]]), float(self.times[stretches[-1] + 1])))
        return runs


def key_path(
    times: Sequence[float] | np.ndarray,
    points: Sequence[Sequence[float]] | np.ndarray,
    easing: Easing = linear,
    spline: bool = False,
) -> AffectPath:
    """Through key points (K, D) at their times (K,): straight from one to the next, or along a
    spline, which in each coordinate stays between two neighbouring points (PCHIP: Fritsch and
    Butland, SIAM J. Sci. Stat. Comput. 5, 1984).

    Args:
        easing: of each stretch between two key points.

    Raises:
        CircumplexError: fewer than two key points, or times that do not rise from 0.
    """
    times, points = np.asarray(times, np.float64), np.asarray(points, np.float64)
    if len(times) < 2 or times[0] != 0 or (np.diff(times) <= 0).any():
        raise CircumplexError(
            "key points need two rows or more, with times that rise from 0; mend the table"
        )
    return AffectPath(
        times,
        _spline(times, points) if spline else _straight(times, points),
        eased(times, easing),
        (np.diff(points, axis=0) == 0).all(1),
    )


def _straight(times: np.ndarray, points: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def place(moments: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(moments, times, column) for column in points.T], axis=1)

    return place


def _spline(times: np.ndarray, points: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from scipy.interpolate import PchipInterpolator

    # a slope too small to divide by is 0, which is what scipy makes of the overflow
    with np.errstate(over="ignore"):
        curve = PchipInterpolator(times, points, axis=0)
    return lambda moments: np.asarray(curve(np.asarray(moments, np.float64)))


def pulse(
    rest: Sequence[float],
    target: Sequence[float],
    onset: float,
    apex: float,
    offset: float,
    easing: Easing = linear,
) -> AffectPath:
    """From `rest` to `target` in `onset`, there for `apex`, and back in `offset`; an offset of 0
    ends at the target."""
    times, points = [0.0, onset], [rest, target]
    if apex > 0:
        times.append(onset + apex)
        points.append(target)
    if offset > 0:
        times.append(onset + apex + offset)
        points.append(rest)
    return key_path(times, points, easing)


def circle(radius: float, duration: float, easing: Easing = linear) -> AffectPath:
    """Once around neutral, counter-clockwise from positive valence."""
    times = np.array([0.0, duration])

    def place(moments: np.ndarray) -> np.ndarray:
        angle = 2 * np.pi * np.asarray(moments, np.float64) / duration
        return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    return AffectPath(times, place, eased(times, easing), np.zeros(1, bool), closed=True)


def eased(times: np.ndarray, easing: Easing) -> Callable[[np.ndarray], np.ndarray]:
    """The pace that reaches each key point at its time, with `easing` between each two."""

    def pace(at: np.ndarray) -> np.ndarray:
        at = np.clip(np.asarray(at, np.float64), times[0], times[-1])
        k = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
        length = times[k + 1] - times[k]
        return times[k] + length * easing((at - times[k]) / length)

    return pace


def frame_count(duration: float, fps: float, closed: bool) -> int:
    """How many frames `frame_times` has."""
    frames = duration * fps / 1000
    return max(2, round(frames) if closed else int(frames + 1e-9) + 1)


def frame_times(duration: float, fps: float, closed: bool) -> np.ndarray:
    """Times (N,) at which frames begin, `fps` a second.

    The last frame of an open path shows its end; that of a closed one is a frame before it, for
    the end is the first frame again. All of them together take the duration, within one frame.
    """
    return np.arange(frame_count(duration, fps, closed)) * 1000 / fps


def sample(path: AffectPath, times: np.ndarray) -> np.ndarray:
    """The moments (N,) of a path that frames at `times` show; an open path is shown to its end."""
    times = np.minimum(times, path.duration)
    if not path.closed:
        times[-1] = path.duration
    return path.pace(times)


def even_pace(path: AffectPath, measured: Sequence[tuple[np.ndarray, np.ndarray]]) -> AffectPath:
    """The same path at such a pace that what was read along it moves at constant speed.

    Rests stay where they are; between two of them the speed is one, and key points in between are
    passed when their turn comes.

    Args:
        measured: for each of the path's runs, moments (M,) from its first time to its last, and
            what was read there, (M, 2), NaN where nothing was.

    Raises:
        CircumplexError: in a run the readings hardly move, or hardly any were found.
    """
    runs = zip(path.runs(), measured, strict=True)
    inverses = {run: _inverse(path, run, *found) for run, found in runs}

    def pace(at: np.ndarray) -> np.ndarray:
        at = np.clip(np.asarray(at, np.float64), 0.0, path.duration)
        moments = at.copy()
        for (first, last), inverse in inverses.items():
            inside = (at >= first) & (at <= last)
            moments[inside] = inverse((at[inside] - first) / (last - first))
        return moments

    return replace(path, pace=pace)


def _inverse(
    path: AffectPath, run: tuple[float, float], moments: np.ndarray, read: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Moments at shares of the way that the readings go in a run."""
    where = f"from {run[0]:g} to {run[1]:g} ms"
    if np.isfinite(read).all(1).mean() < 0.5:
        raise CircumplexError(
            f"in most frames {where} no face is read, so that no speed can be kept; leave "
            "constant-speed out, or ask for less"
        )
    steps = np.linalg.norm(np.diff(smoothed(moments, read, path.closed), axis=0), axis=1)
    if steps.sum() < _LEAST_MOVED:
        raise CircumplexError(
            f"what is read hardly moves {where} (by {steps.sum():.3f}), so that no speed can be "
            "kept; leave constant-speed out, or ask for more"
        )
    steps = np.maximum(steps, _LEAST_STEP * steps.mean())
    shares = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    return lambda share: np.interp(share, shares, moments)


def smoothed(moments: np.ndarray, read: np.ndarray, closed: bool = False) -> np.ndarray:
    """Readings (M, 2) at even moments (M,) without the noise of single pictures; gaps are filled
    from beside them."""
    from scipy.ndimage import gaussian_filter1d

    found = np.isfinite(read).all(1)
    filled = np.stack([np.interp(moments, moments[found], c[found]) for c in read.T], axis=1)
    width = _SMOOTHING * len(moments)
    if closed:  # the last reading is the first again
        around = gaussian_filter1d(filled[:-1], width, axis=0, mode="wrap")
        return np.concatenate([around, around[:1]])
    # turned about its ends, a line goes on beyond them and is not bent there
    spare = min(len(filled) - 1, int(np.ceil(4 * width)))
    before, after = filled[spare:0:-1], filled[-2 : -spare - 2 : -1]
    longer = np.concatenate([2 * filled[0] - before, filled, 2 * filled[-1] - after])
    return np.asarray(gaussian_filter1d(longer, width, axis=0))[spare : spare + len(filled)]


def speed_variation(read: np.ndarray, closed: bool = False) -> float:
    """Standard deviation of the speed of readings (M, 2) at even times, as a share of its mean."""
    moments = np.arange(len(read), dtype=np.float64)
    steps = np.linalg.norm(np.diff(smoothed(moments, read, closed), axis=0), axis=1)
    return float(steps.std() / max(steps.mean(), 1e-12))
