"""Sets of points on the circumplex to export: rings, words, expressions, tables people bring."""

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

from faces.circumplex import EXPRESSIONS, PLACES, WORDS
from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_number, parse_span
from gan_bridge.editing.grid_points import Point, grid_points

NEUTRAL = "neutral"
DEFAULT_SIDE = 3  #: of a grid whose points a side are not said
DEFAULT_INTENSITIES = (0.8,)  #: of rings and words whose radii are not said
_MOST_SEEDS = 1_000_000


def ring_points(directions: int, intensities: Sequence[float]) -> tuple[Point, ...]:
    """`directions` equal angles from positive valence, counter-clockwise, at each radius; a radius
    of 0 is one point, the neutral face.

    Values are rounded to six places.
    """
    return tuple(
        _polar(radius, 2 * math.pi * k / directions)
        for radius in intensities
        for k in range(directions if radius else 1)
    )


def word_points(words: Sequence[str], intensities: Sequence[float]) -> tuple[Point, ...]:
    """Words of the circle such as "calm", each at its angle and at each radius; "neutral" is the
    centre, once.

    Raises:
        CircumplexError: a word that the circle does not have.
    """
    angles = {word: degrees for degrees, word in WORDS.items()}
    found: list[Point] = []
    for word in words:
        if word == NEUTRAL:
            found.append((0.0, 0.0))
        elif word in angles:
            found += [_polar(radius, math.radians(angles[word])) for radius in intensities]
        else:
            raise CircumplexError(
                f"{word!r} is no word of the circle; there are {NEUTRAL}, {', '.join(angles)}"
            )
    return tuple(found)


def prototype_points(names: Sequence[str]) -> tuple[Point, ...]:
    """The places of expressions such as "fear"; "all" stands for the eight of them.

    Raises:
        CircumplexError: a name that is none of them.
    """
    chosen = EXPRESSIONS if list(names) == ["all"] else names
    for name in chosen:
        if name not in PLACES:
            raise CircumplexError(
                f"{name!r} is no prototype; there are all, {', '.join(EXPRESSIONS)}"
            )
    return tuple((_round(PLACES[name][0]), _round(PLACES[name][1])) for name in chosen)


def _polar(radius: float, angle: float) -> Point:
    return _round(radius * math.cos(angle)), _round(radius * math.sin(angle))


def read_points(path: str | os.PathLike[str]) -> tuple[Point, ...]:
    """Points of a CSV file with the columns `valence` and `arousal`, each in [-1, 1].

    Raises:
        CircumplexError: the file is missing, lacks a column, or a line holds no such number; the
            message names the line.
    """
    rows = read_csv(path, ("valence", "arousal"))
    return tuple(parse_point(row, f"{path} line {number}") for number, row in enumerate(rows, 2))


def read_csv(path: str | os.PathLike[str], columns: Sequence[str]) -> list[dict[str, str | None]]:
    """Rows of a CSV file that has the columns, at least one.

    Raises:
        CircumplexError: the file is missing or no CSV, or lacks a column or a row.
    """
    named = ",".join(columns)
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as stream:
            rows: list[dict[str, str | None]] = list(csv.DictReader(stream))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CircumplexError(f"{path} is missing; give a CSV of {named}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CircumplexError(f"{path} is not a readable CSV; save it as UTF-8 text") from error
    if not rows or not set(columns) <= set(rows[0]):
        *most, last = columns
        raise CircumplexError(
            f"{path} needs a header with {', '.join(most)} and {last}, and a line below it"
        )
    return rows


def parse_point(row: dict[str, str | None], where: str) -> Point:
    """The `valence` and `arousal` of a table's row.

    Raises:
        CircumplexError: they are no numbers in [-1, 1]; the message begins with `where`.
    """
    valence, arousal = (parse_number(row[name] or "") for name in ("valence", "arousal"))
    if valence is None or arousal is None:
        raise CircumplexError(f"{where}: valence or arousal is no number; mend the line")
    if not (abs(valence) <= 1 and abs(arousal) <= 1):
        raise CircumplexError(f"{where}: {valence}, {arousal} lie outside [-1, 1]; mend the line")
    return valence, arousal


def _round(value: float) -> float:
    return round(value, 6) + 0.0  # no negative zero


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds of a text such as "0-9,42".

    Raises:
        CircumplexError: it is no such list.
    """
    seeds: list[int] = []
    for part in text.split(","):
        span = parse_span(part)
        if not span:
            raise CircumplexError(
                f"seeds {text!r} cannot be read at {part!r}; write them as 0-9,42"
            )
        if len(span) > _MOST_SEEDS:
            raise CircumplexError(f"{part} names more than {_MOST_SEEDS} seeds; give fewer at once")
        seeds.extend(span)
    return tuple(seeds)


def choose_points(
    grid: int | None,
    reach: float | None,
    ring: int | None,
    intensities: Sequence[float] | None,
    table: str | os.PathLike[str] | None,
    words: Sequence[str] | None = None,
    prototypes: Sequence[str] | None = None,
) -> tuple[Point, ...] | None:
    """The points that one of grid, ring, table, words and prototypes asks for; None where they are
    left to what faces can show, which a grid without a reach is.

    Args:
        reach: largest valence and arousal of a grid; of nothing else.
        intensities: radii of a ring and of words, and of nothing else; None for the default.

    Raises:
        CircumplexError: two of them are given, one is out of range, or a reach or intensities for
            what has none.
    """
    if sum(choice is not None for choice in (grid, ring, table, words, prototypes)) > 1:
        raise CircumplexError("give one of grid, ring, points, words and prototypes")
    named = {"ring": ring, "words": words, "prototypes": prototypes, "points": table}
    kind = next((name for name, choice in named.items() if choice is not None), "grid")
    if intensities is not None and kind not in ("ring", "words"):
        raise CircumplexError(
            f"intensity is the radius of ring and words, and {kind} has none; leave it out"
        )
    if reach is not None and kind != "grid":
        raise CircumplexError(f"reach is of a grid, and {kind} has none; leave it out")
    intensities = DEFAULT_INTENSITIES if intensities is None else intensities
    if words is not None:
        return word_points(words, intensities)
    if prototypes is not None:
        return prototype_points(prototypes)
    if table is not None:
        return read_points(table)
    if ring is not None:
        if not 1 <= ring <= 360:
            raise CircumplexError(f"ring is {ring}; it must be between 1 and 360")
        return ring_points(ring, intensities)
    side = DEFAULT_SIDE if grid is None else grid
    if not (2 <= side <= 101 and (reach is None or 0 < reach <= 1)):
        raise CircumplexError("grid must be between 2 and 101, reach above 0 and at most 1")
    return None if reach is None else tuple(grid_points(side, reach))
