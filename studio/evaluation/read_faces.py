"""What readers say of listed faces, and which of these are neutral and which smile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.readers.action_units.units import NAMES
from faces.readers.affect.registry import PIXEL
from studio.evaluation.invariance_config import (
    AT_REST,
    BY_LABELS,
    BY_PIXEL,
    BY_UNITS,
    LIKELY,
    SMILE,
)
from studio.evaluation.listed_faces import ListedFaces

if TYPE_CHECKING:
    import pandas as pd

TARGETS = ("valence", "arousal")
NEUTRAL = EXPRESSIONS[0]
UNITS = "blendshapes"  #: what reads action units
_PROBABILITIES = tuple(f"p_{name}" for name in EXPRESSIONS)
#: Pairs of columns valence and arousal that are no readings.
_REQUESTS = ("requested", "aimed")


@dataclass(frozen=True)
class Outcome:
    """A number that a reader tells of each face.

    Attributes:
        reader, target: whose it is, and what; column: of the table of readings.
    """

    reader: str
    target: str
    column: str

    @property
    def judge(self) -> str:
        """Who says, where no label does, which faces are neutral: a reader of the other kind."""
        return BY_UNITS if self.reader == PIXEL else BY_PIXEL


@dataclass(frozen=True, eq=False)
class ReadFaces:
    """Listed faces, N of them, with what was read of them.

    Attributes:
        values: by outcome, (N,) float64, NaN where it was not read.
        judges: by BY_LABELS, or by BY_PIXEL and BY_UNITS: (N,) NEUTRAL, the expression, or None.
        unread: how many faces have no reading at all, by reason.
        relative: how many readings are told relative to a neutral picture already.
    """

    listed: ListedFaces
    values: Mapping[Outcome, np.ndarray]
    judges: Mapping[str, np.ndarray]
    unread: Mapping[str, int]
    relative: int = 0

    def states(self, outcome: Outcome) -> np.ndarray:
        """(N,) NEUTRAL, the expression, or None: by labels, else by the outcome's judge."""
        return self.judges[BY_LABELS if BY_LABELS in self.judges else outcome.judge]

    def found(self) -> np.ndarray:
        """(N,) whether anything was read of a face."""
        return _any_read(self.values)

    def never_read(self) -> list[str]:
        """The columns that hold no number of any face, as those of units that nothing measures."""
        return [each.column for each, of in self.values.items() if not np.isfinite(of).any()]


def join_readings(
    listed: ListedFaces, path: Path, also: Sequence[str], expression: str
) -> ReadFaces:
    """Set the readings of a table, as `circumplex measure --table` writes it, beside their faces.

    Args:
        also: further columns of numbers.
        expression: that is set against neutral.

    Raises:
        CircumplexError: unreadable, none of the faces in it, no readings of affect, or nothing
            that says which faces are neutral.
    """
    from faces.ground.dialects import read_columns, to_numbers
    from faces.sets.file_matching import match_files

    table, _ = read_columns(path)
    paths = next((table[name] for name in ("path", "file", "filename") if name in table), None)
    if paths is None:
        raise CircumplexError(f"{path} has no column 'path'; give what `circumplex measure` wrote")
    at = match_files(listed.paths.tolist(), paths.astype(str).tolist())
    if not (at >= 0).any():
        raise CircumplexError(f"{path} names none of the faces of {listed.name}; check its paths")
    outcomes = outcomes_of(list(table.columns), also, path)
    columns = {*(each.column for each in outcomes), *_PROBABILITIES, *AT_REST} & {*table.columns}
    numbers = {
        name: np.where(at >= 0, to_numbers(table[name]).to_numpy(np.float64)[at], np.nan)
        for name in columns
    }
    values = {each: numbers[each.column] for each in outcomes}
    return ReadFaces(
        listed,
        values,
        _judges(listed, outcomes, numbers, expression, path),
        _unread(table, at, values),
        int((table["relative"].astype(str) == "True").sum()) if "relative" in table else 0,
    )


def outcomes_of(columns: Sequence[str], also: Sequence[str], path: Path) -> list[Outcome]:
    """The outcomes that a table of readings has: valence and arousal by reader, and `also`.

    Raises:
        CircumplexError: there are none, or a column of `also` is not there.
    """
    names = list(columns)
    readers = [name.removesuffix("_valence") for name in names if name.endswith("_valence")]
    found = [
        Outcome(reader, target, f"{reader}_{target}")
        for reader in readers
        if f"{reader}_arousal" in names and reader not in _REQUESTS
        for target in TARGETS
    ]
    if not found:
        raise CircumplexError(
            f"{path} has no columns READER_valence and READER_arousal; give what `circumplex "
            "measure --table` wrote"
        )
    if absent := [name for name in also if name not in names]:
        raise CircumplexError(f"{path} has no column {absent[0]!r}; it has {', '.join(names)}")
    return found + [Outcome(_reader_of(name), name, name) for name in also]


def _reader_of(column: str) -> str:
    if column in _PROBABILITIES:
        return PIXEL
    return UNITS if column in NAMES else column


def _judges(
    listed: ListedFaces,
    outcomes: Sequence[Outcome],
    numbers: Mapping[str, np.ndarray],
    expression: str,
    path: Path,
) -> dict[str, np.ndarray]:
    """States by labels where the list has some, else by the readers that the outcomes need."""
    if any(label is not None for label in listed.labels):
        return {
            BY_LABELS: _named(listed.labels == NEUTRAL, listed.labels == expression, expression)
        }
    needed = {each.judge for each in outcomes}
    wanted = {BY_PIXEL: _PROBABILITIES, BY_UNITS: tuple(AT_REST)}
    for judge in sorted(needed):
        if lacking := [name for name in wanted[judge] if name not in numbers]:
            raise CircumplexError(
                f"{listed.name} has no labels, and {path} has no column {lacking[0]!r} by which "
                f"neutral faces could be told; give the list a column of expressions"
            )
    if expression != "happiness" and BY_UNITS in needed:
        raise CircumplexError(
            f"{listed.name} has no labels, and without them smiles alone are told from neutral; "
            f"label its faces to compare {expression}"
        )
    told = {
        BY_PIXEL: lambda: (
            numbers[f"p_{NEUTRAL}"] > LIKELY,
            numbers[f"p_{expression}"] > LIKELY,
        ),
        BY_UNITS: lambda: (
            np.all([numbers[name] <= most for name, most in AT_REST.items()], axis=0),
            numbers["AU12"] >= SMILE,
        ),
    }
    return {judge: _named(*told[judge](), expression) for judge in sorted(needed)}


def _named(neutral: np.ndarray, expressive: np.ndarray, expression: str) -> np.ndarray:
    states = np.full(len(neutral), None, object)
    states[np.asarray(expressive, bool)] = expression
    states[np.asarray(neutral, bool)] = NEUTRAL
    return states


def _unread(
    table: "pd.DataFrame", at: np.ndarray, values: Mapping[Outcome, np.ndarray]
) -> dict[str, int]:
    """How many faces no reader read, by reason: not in the table, no face, or hidden."""
    from collections import Counter

    reasons = table["reason"].to_numpy(object) if "reason" in table else None
    counts: Counter[str] = Counter()
    for row in np.flatnonzero(~_any_read(values)):
        why = None if reasons is None else reasons[at[row]]
        if at[row] < 0:
            counts["not in the readings"] += 1
        elif isinstance(why, str):
            counts[why.split(": ")[0]] += 1  # what follows is a picture's own
        else:
            counts["not read (hidden, dark or burnt out)"] += 1
    return dict(counts.most_common())


def _any_read(values: Mapping[Outcome, np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce([np.isfinite(each) for each in values.values()])


def corrected(read: ReadFaces, outcome: Outcome) -> np.ndarray:
    """Readings minus the mean of the same person's neutral ones, (N,); NaN where there is none.

    A neutral face is set against the person's other neutral faces, never against itself. Unlike a
    reading that is told relative to a neutral picture, a difference here keeps its whole size.
    """
    values, people = read.values[outcome], read.listed.people
    if people is None:
        return np.full(len(values), np.nan)
    _, who = np.unique(people.astype(str), return_inverse=True)
    neutral = (read.states(outcome) == NEUTRAL) & np.isfinite(values)
    count = np.bincount(who, neutral)[who] - neutral
    total = np.bincount(who, np.where(neutral, values, 0.0))[who] - np.where(neutral, values, 0.0)
    return values - np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
