"""All readings as a CSV table: a row a face, what was not read is empty."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faces.circumplex import EXPRESSIONS
from faces.ground.tables import csv_rows
from faces.readers.action_units import units as action_units
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.face_columns import FACE, PLACE
from faces.readers.face_reading import FaceReading
from faces.readers.pose.head_pose import ANGLES
from faces.sets.visibility.config import REGIONS

_ABOUT = (*FACE, "faces", "found", "reason", "label", "expression", "confidence", "relative")


@contextmanager
def reading_table(path: Path) -> Iterator[Callable[[FaceReading], object]]:
    """Yield a function that appends a reading; the file is there when the block has ended well."""
    pairs = [f"{reader}_{t}" for reader in AFFECT_READERS for t in ("valence", "arousal")]
    seen = [*(f"hidden_{name}" for name in REGIONS), "exposure"]
    expressions = [f"p_{name}" for name in EXPRESSIONS]
    shown = [*ANGLES, *seen, *expressions, *pairs, *action_units.NAMES]
    with csv_rows(path, [*_ABOUT, *PLACE, *shown]) as add:
        yield lambda reading: add(_flat(reading))


def _flat(reading: FaceReading) -> dict[str, Any]:
    values = reading.to_json()
    row = {name: values[name] for name in _ABOUT if name in values}
    row |= reading.place | (values["pose"] or {})
    row |= {f"hidden_{name}": flag for name, flag in (values["hidden"] or {}).items()}
    row["exposure"] = values["exposure"]
    row |= {f"p_{name}": value for name, value in (values["probabilities"] or {}).items()}
    for reader, pair in (values["readers"] or {}).items():
        row |= {f"{reader}_{target}": value for target, value in (pair or {}).items()}
    return row | (values["action_units"] or {})
