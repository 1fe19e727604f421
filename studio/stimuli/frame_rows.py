"""The table of an animation, a row a frame, and what it adds up to."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from studio.stimuli.animation import Animation
from studio.stimuli.columns import factor_values
from studio.stimuli.frame_readings import FrameReadings


def frame_rows(
    animation: Animation, readings: FrameReadings | None, digests: list[str]
) -> list[dict[str, Any]]:
    """Columns: frame, time_ms; valence, arousal as requested, aimed_valence, aimed_arousal and
    reached, in the terms of the request, which are those of ratings where the editor is calibrated
    on them, while readings are readers' own; share of the second person, where there is one;
    set_NAME and aimed_NAME, what each further factor was set to and is aimed at, named as in
    exports; what each reader found, whether a face was, and
    identity_distance from the first frame; picture, the digest of the pixels."""
    columns: dict[str, Any] = {
        "frame": range(len(animation)),
        "time_ms": animation.times.round(3).tolist(),
        **_pair("", animation.targets),
        **_pair("aimed_", animation.aimed),
        "reached": animation.reached.tolist(),
    }
    if len(animation.people) > 1:
        columns["share"] = animation.shares.round(6).tolist()
    explorer = animation.explorer
    for name, value in factor_values(explorer.others, explorer.aimed_others).items():
        columns[name] = [value] * len(animation)
    if readings is not None:
        columns["found"] = readings.found.tolist()
        for name, affect in readings.affect.items():
            columns |= _pair(f"{name}_", affect)
        columns["identity_distance"] = _column(readings.identity_distance)
    columns["picture"] = digests
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _pair(prefix: str, points: np.ndarray) -> dict[str, list[float | None]]:
    return {
        f"{prefix}{name}": _column(points[:, k]) for k, name in enumerate(("valence", "arousal"))
    }


def _column(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 6) + 0.0 for value in values.tolist()]


def errors(animation: Animation, readings: FrameReadings) -> dict[str, float]:
    """By reader, the mean distance of what it finds from what readers are to find."""
    aimed = animation.aimed_readings
    apart = {
        name: np.linalg.norm(affect - aimed, axis=1) for name, affect in readings.affect.items()
    }
    return {
        name: float(np.nanmean(each)) for name, each in apart.items() if np.isfinite(each).any()
    }


def spans(animation: Animation, marked: np.ndarray) -> tuple[tuple[float, float], ...]:
    """From when to when, in ms, the marked frames (N,) bool stand."""
    return tuple(
        (round(first * 1000 / animation.fps, 3), round((last + 1) * 1000 / animation.fps, 3))
        for first, last in _stretches(marked)
    )


def _stretches(marked: np.ndarray) -> Iterator[tuple[int, int]]:
    for is_marked, group in groupby(range(len(marked)), lambda k: bool(marked[k])):
        frames = list(group)
        if is_marked:
            yield frames[0], frames[-1]
