"""What readers find in the pictures of an export, told in a few numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from faces.circumplex import EXPRESSIONS
from studio.stimuli.export_rows import Row

#: From what requests (N, 2) say to what readers are to find there: a rated editor's requests are in
#: terms of what people see (`Editor.in_reader_terms`).
ReaderTerms = Callable[[np.ndarray], np.ndarray]
#: Distance from neutral beyond which a reader takes a neutral face for something else.
FAR_FROM_NEUTRAL = 0.3
_AT_PLACE = 0.005  #: requests that near to the place of an expression are requests for it


def mean_distances(
    rows: Iterable[Row], readers: Iterable[str], reader_terms: ReaderTerms
) -> dict[str, float]:
    """Mean Euclidean distance of what each reader finds from what was aimed at, both in readers'
    terms; without those that found nothing."""
    rows = [row for row in rows if _is_number(row["aimed_valence"])]
    if not rows:
        return {}
    aimed = reader_terms(np.array([[row["aimed_valence"], row["aimed_arousal"]] for row in rows]))
    found: dict[str, float] = {}
    for name in readers:
        far = [
            np.hypot(*np.subtract(reading, point))
            for row, point in zip(rows, aimed, strict=True)
            if (reading := _reading(row, name)) is not None
        ]
        if far:
            found[name] = float(np.mean(far))
    return found


def far_neutrals(
    rows: Iterable[Row], readers: Iterable[str], reader_terms: ReaderTerms
) -> dict[str, dict[str, float]]:
    """Of requested neutral faces whose readings are far from neutral: the distance by reader, by
    file."""
    neutral = reader_terms(np.zeros((1, 2)))[0]
    readers = list(readers)
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if not row["edited"] or row["intensity"] != 0:
            continue
        for name in readers:
            reading = _reading(row, name)
            if reading is None:
                continue
            far = float(np.hypot(*np.subtract(reading, neutral)))
            if far > FAR_FROM_NEUTRAL:
                found.setdefault(str(row["file"]), {})[name] = round(far, 3)
    return found


@dataclass(frozen=True)
class PrototypeHits:
    """Of pictures requested at the place of an expression, what the pixel reader takes them for.

    Attributes:
        pictures: in which it found an expression; hits: those of the expression whose place it is.
        most: the expression that it finds most often.
    """

    pictures: int
    hits: int
    most: str

    def __str__(self) -> str:
        return f"{self.hits}/{self.pictures}" + (
            "" if 2 * self.hits >= self.pictures else f" (mostly {self.most})"
        )


def prototype_hits(rows: Iterable[Row]) -> dict[str, PrototypeHits]:
    """By expression, over the pictures requested at its place; without those of no picture."""
    seen: dict[str, Counter[str]] = {name: Counter() for name in EXPRESSIONS}
    for row in rows:
        name = row["prototype"]
        if name and row["expression"] and row[f"distance_{name}"] < _AT_PLACE:
            seen[name][row["expression"]] += 1
    return {
        name: PrototypeHits(counts.total(), counts[name], counts.most_common(1)[0][0])
        for name, counts in seen.items()
        if counts
    }


def say_hits(hits: Mapping[str, PrototypeHits]) -> str:
    """As "happiness 6/6, fear 0/6 (mostly surprise)"."""
    return ", ".join(f"{name} {found}" for name, found in hits.items())


def _reading(row: Row, reader: str) -> tuple[float, float] | None:
    """Valence and arousal that a reader finds."""
    valence, arousal = row[f"{reader}_valence"], row[f"{reader}_arousal"]
    return (valence, arousal) if _is_number(valence) and _is_number(arousal) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))
