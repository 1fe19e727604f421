"""Points of the circumplex as people name them: words, expressions, pairs of numbers."""

import os

import numpy as np

from faces.circumplex import DEFAULT_REACH, PLACES, WORDS
from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_number
from gan_bridge.editing.grid_points import Point
from studio.stimuli.points import parse_point, read_csv, word_points

MOST_MS = 3_600_000  #: at which a key point may stand: an hour


def parse_target(text: str, intensity: float | None = None) -> Point:
    """The point of an affect word ("calm"), an expression ("happiness"), or "0.6,-0.3".

    Args:
        intensity: distance from neutral at which names stand, at their own angle. Without one
            words stand at 0.8, and expressions at the places that labels give them.

    Raises:
        CircumplexError: it is none of them, or lies outside [-1, 1].
    """
    name = text.strip().lower()
    if name in PLACES:
        point = np.array(PLACES[name])
        radius = float(np.hypot(*point))
        share = 1.0 if intensity is None or radius == 0 else intensity / radius
        valence, arousal = (share * point).round(6) + 0.0
        return float(valence), float(arousal)
    if name in WORDS.values():
        return word_points((name,), (DEFAULT_REACH if intensity is None else intensity,))[0]
    return _parse_pair(text)


def _parse_pair(text: str) -> Point:
    numbers = [parse_number(part) for part in text.split(",")]
    if len(numbers) != 2 or None in numbers:
        known = ", ".join([*PLACES, *WORDS.values()])
        raise CircumplexError(
            f"{text!r} names no point; write valence,arousal as 0.6,-0.3, or one of {known}"
        )
    valence, arousal = (float(number) for number in numbers if number is not None)
    if not (abs(valence) <= 1 and abs(arousal) <= 1):
        raise CircumplexError(f"{text!r} lies outside [-1, 1]; give less")
    return valence, arousal


def read_key_points(path: str | os.PathLike[str]) -> tuple[tuple[float, ...], tuple[Point, ...]]:
    """Times in ms, from 0, and points of a CSV with the columns `time_ms`, `valence`, `arousal`.

    Raises:
        CircumplexError: the file is missing, lacks a column, or a line holds no such numbers or
            comes before the one above it; the message names the line.
    """
    rows = read_csv(path, ("time_ms", "valence", "arousal"))
    times: list[float] = []
    for number, row in enumerate(rows, start=2):
        time = parse_number(row["time_ms"] or "")
        if time is None:
            raise CircumplexError(f"{path} line {number}: time_ms is no number; mend the line")
        if time > MOST_MS:
            raise CircumplexError(
                f"{path} line {number}: time_ms is {time:g}, more than {MOST_MS:,}; mend the line"
            )
        if time < 0 or (times and time <= times[-1]):
            raise CircumplexError(
                f"{path} line {number}: time_ms is {time:g}; times rise from 0; mend the line"
            )
        times.append(time)
    if len(rows) < 2 or times[0] != 0:
        raise CircumplexError(f"{path} needs two key points or more, the first at time_ms 0")
    points = (parse_point(row, f"{path} line {k}") for k, row in enumerate(rows, start=2))
    return tuple(times), tuple(points)
