"""All readings as a CSV table: a row a face, what was not read is empty."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faces.circumplex import EXPRESSIONS
from faces.ground.tables import csv_rows
from faces.readers.action_units import units as action_units
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.reading import FaceReading

_ABOUT = (
    *("path", "frame", "time_s", "face", "faces", "person", "found", "reason", "label"),
    *("expression", "confidence", "relative"),
    *("left", "top", "right", "bottom", "yaw", "pitch", "roll"),
)


@contextmanager
def reading_table(path: Path) -> Iterator[Callable[[FaceReading], object]]:
    """Yield a function that appends a reading; the file is there when the block has ended well."""
    pairs = [f"{reader}_{t}" for reader in AFFECT_READERS for t in ("valence", "arousal")]
    columns = [*_ABOUT, *(f"p_{name}" for name in EXPRESSIONS), *pairs, *action_units.NAMES]
    with csv_rows(path, columns) as add:
        yield lambda reading: add(_flat(reading))


def _flat(reading: FaceReading) -> dict[str, Any]:
    values = reading.to_json()
    row = {name: values[name] for name in _ABOUT if name in values}
    row |= dict(zip(("left", "top", "right", "bottom"), values["box"] or [None] * 4, strict=True))
    row |= values["pose"] or {}
    row |= {f"p_{name}": value for name, value in (values["probabilities"] or {}).items()}
    for reader, pair in (values["readers"] or {}).items():
        row |= {f"{reader}_{target}": value for target, value in (pair or {}).items()}
    return row | (values["action_units"] or {})
