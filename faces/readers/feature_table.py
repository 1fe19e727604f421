"""The 53 features of many faces as a CSV and as the arrays that a classifier wants."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.files import replacing, write_json
from faces.ground.tables import BufferedTable, csv_rows
from faces.readers.face_columns import FACE, PLACE
from faces.readers.face_reading import FaceReading
from faces.readers.landmarks.geometry import FEATURE_NAMES, geometric_features
from faces.readers.pose.head_pose import ANGLES

_ABOUT = (*FACE, "split", "expression", "reason", *PLACE)
_ROWS_AT_ONCE = 256
NO_SPLIT = "all"

#: The table in the folder; the arrays beside it are named by their splits.
FILE = "features.csv"
#: Says beside the arrays which classes their codes are.
ABOUT = "features.json"


class FeatureTable(BufferedTable[FaceReading]):
    """Writes features.csv, a row a face, and X_SPLIT.npy with y_SPLIT.npy for each split.

    A face that was not found keeps its row in the CSV, with empty features and the reason. The
    arrays hold the faces that were found and whose expression the source names: float32 (N, 53) and
    int64 codes, positions in EXPRESSIONS, which features.json repeats.

    Args:
        folder: made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(_ROWS_AT_ONCE)
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self._features: dict[str, list[np.ndarray]] = {}
        self._codes: dict[str, list[int]] = {}

    def add(self, reading: FaceReading) -> None:
        """Append one face."""
        self._append(reading)

    def _open(self, files: ExitStack) -> None:
        columns = [*_ABOUT, *ANGLES, *FEATURE_NAMES]
        self._write_row = files.enter_context(csv_rows(self.folder / FILE, columns))

    def _write(self, rows: list[FaceReading]) -> None:
        points = [each.landmarks.points for each in rows if each.landmarks is not None]
        features = iter(geometric_features(np.stack(points)) if points else ())
        for each in rows:
            about: dict[str, Any] = {name: getattr(each, name) for name in FACE}
            about |= each.place | {"split": each.split, "expression": each.label}
            if each.pose is None:
                self._write_row(about | {"reason": each.missing})
                continue
            values = next(features)
            pose = {name: round(getattr(each.pose, name), 4) for name in ANGLES}
            self._write_row(about | pose | dict(zip(FEATURE_NAMES, map(str, values), strict=True)))
            self._add_to_arrays(each, values)

    def _add_to_arrays(self, reading: FaceReading, values: np.ndarray) -> None:
        if reading.label is None:
            return
        split = reading.split or NO_SPLIT
        self.counts[split] += 1
        self._features.setdefault(split, []).append(values)
        self._codes.setdefault(split, []).append(EXPRESSIONS.index(reading.label))

    def _finish(self) -> None:
        for split, rows in self._features.items():
            for name, array in (
                ("X", np.stack(rows)),
                ("y", np.array(self._codes[split], np.int64)),
            ):
                with replacing(self.folder / f"{name}_{split}.npy") as partial:
                    np.save(partial, array)
        about = {"features": FEATURE_NAMES, "classes": EXPRESSIONS, "faces": dict(self.counts)}
        schema = {"schema": "circumplex/features", "version": 1}
        write_json(self.folder / ABOUT, schema | about)
