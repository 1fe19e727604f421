"""The 53 features of many faces as a CSV and as the arrays that a classifier wants."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.files import replacing, write_json
from faces.ground.tables import csv_rows
from faces.readers.landmarks.geometry import FEATURE_NAMES, geometric_features
from faces.readers.pose.head_pose import ANGLES
from faces.readers.reading import FaceReading

_ABOUT = ("path", "frame", "face", "split", "expression", "reason")
_ROWS_AT_ONCE = 256
NO_SPLIT = "all"


class FeatureTable:
    """Writes features.csv, a row a face, and X_SPLIT.npy with y_SPLIT.npy for each split.

    A face that was not found keeps its row in the CSV, with empty features and the reason. The
    arrays hold the faces that were found and whose expression the source names: float32 (N, 53) and
    int64 codes, positions in EXPRESSIONS, which features.json repeats.

    Args:
        folder: made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self._held: list[FaceReading] = []
        self._features: dict[str, list[np.ndarray]] = {}
        self._codes: dict[str, list[int]] = {}
        self._open = ExitStack()

    def __enter__(self) -> "FeatureTable":
        columns = [*_ABOUT, *ANGLES, *FEATURE_NAMES]
        self._write = self._open.enter_context(csv_rows(self.folder / "features.csv", columns))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._open.__exit__(kind, error, trace)
        if kind is None:
            self._write_arrays()

    def add(self, reading: FaceReading) -> None:
        """Append one face."""
        self._held.append(reading)
        if len(self._held) == _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        found = [each.landmarks.points for each in self._held if each.landmarks is not None]
        features = iter(geometric_features(np.stack(found)) if found else ())
        for each in self._held:
            about: dict[str, Any] = {
                "path": each.path,
                "frame": each.frame,
                "face": each.face,
                "split": each.split,
                "expression": each.label,
            }
            if each.pose is None:
                self._write(about | {"reason": each.missing})
                continue
            values = next(features)
            pose = {name: round(getattr(each.pose, name), 4) for name in ANGLES}
            self._write(about | pose | dict(zip(FEATURE_NAMES, map(str, values), strict=True)))
            self._keep(each, values)
        self._held.clear()

    def _keep(self, reading: FaceReading, values: np.ndarray) -> None:
        if reading.label is None:
            return
        split = reading.split or NO_SPLIT
        self.counts[split] += 1
        self._features.setdefault(split, []).append(values)
        self._codes.setdefault(split, []).append(EXPRESSIONS.index(reading.label))

    def _write_arrays(self) -> None:
        for split, rows in self._features.items():
            for name, array in (
                ("X", np.stack(rows)),
                ("y", np.array(self._codes[split], np.int64)),
            ):
                with replacing(self.folder / f"{name}_{split}.npy") as partial:
                    np.save(partial, array)
        about = {"features": FEATURE_NAMES, "classes": EXPRESSIONS, "faces": dict(self.counts)}
        schema = {"schema": "circumplex/features", "version": 1}
        write_json(self.folder / "features.json", schema | about)
