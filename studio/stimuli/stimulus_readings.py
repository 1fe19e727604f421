"""What independent readers find in the pictures of an export, as columns of its table."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.readers.affect.errors import packaged_errors
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.pose.head_pose import ANGLES
from studio.stimuli.export_rows import Row

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading
    from faces.readers.reading import FaceReader
    from gan_bridge.editing.explorer import EmotionExplorer

TARGETS = ("valence", "arousal")


def reading_columns() -> tuple[str, ...]:
    """The columns: names are those of `circumplex measure`, and of `evaluate` for the identity."""
    errors = packaged_errors().readers
    affect: list[str] = []
    for name in AFFECT_READERS:
        for target in TARGETS:
            ends = ("_low", "_high") if name in errors else ()
            affect += [f"{name}_{target}{end}" for end in ("", *ends)]
    return ("found", "expression", *affect, "identity_distance", *ANGLES)


class StimulusReader:
    """Reads pictures with every reader that is at hand.

    Args:
        faces: the readers, or None to leave all columns open.

    Attributes:
        absent: readers that are not at hand, with the reason.
    """

    def __init__(self, faces: "FaceReader | None") -> None:
        self._faces = faces
        self.absent: dict[str, str] = {} if faces is None else dict(faces.missing)

    @property
    def reads(self) -> bool:
        """Whether there is anything to read with."""
        return self._faces is not None

    def embed(self, image: np.ndarray) -> np.ndarray | None:
        """Who a face uint8 (H, W, 3) is, (128,); None where that is not told."""
        if self._faces is None:
            return None
        return self._faces.read([image])[0].embedding

    def read(self, images: Sequence[np.ndarray], reference: np.ndarray | None) -> list[Row]:
        """The columns of pictures uint8 (H, W, 3), None for what was not read.

        Args:
            reference: (128,), from whom the identity distance is told.
        """
        if self._faces is None:
            return [dict.fromkeys(reading_columns()) for _ in images]
        return [_columns(reading, reference) for reading in self._faces.read(list(images))]


def _columns(reading: "FaceReading", reference: np.ndarray | None) -> Row:
    row: Row = dict.fromkeys(reading_columns())
    values = reading.to_json()
    row |= {"found": reading.found, "expression": reading.expression, **(values["pose"] or {})}
    errors = packaged_errors().readers
    for name, pair in reading.affect.items():
        for target, value in zip(TARGETS, pair, strict=True):
            if not np.isfinite(value):
                continue
            row[f"{name}_{target}"] = round(value, 5)
            if name in errors:
                low, high = errors[name].interval(target, value)
                row |= {f"{name}_{target}_low": round(low, 5)}
                row |= {f"{name}_{target}_high": round(high, 5)}
    if reference is not None and reading.embedding is not None:
        row["identity_distance"] = round(float(np.linalg.norm(reading.embedding - reference)), 4)
    return row


@contextmanager
def open_readers(unread: bool, device: str) -> Iterator[StimulusReader]:
    """The readers at hand, closed in the end."""
    if unread:
        yield StimulusReader(None)
        return
    from faces.readers.reading import FaceReader

    # an edit is to be measured as it is, whatever the network of hidden parts makes of its pixels
    config = LandmarkerConfig(visibility=False)
    with FaceReader(config, identity="bundled", device=device) as faces:
        yield StimulusReader(faces)


def describe_readers(explorer: "EmotionExplorer", absent: dict[str, str]) -> dict[str, Any]:
    """Each reader: what it is, whether it helped to aim the edits (it is then no independent judge
    of them), and its error on labelled photographs."""
    errors = packaged_errors()
    aimed = explorer.calibration if explorer.is_calibrated() else None
    by = {} if aimed is None else aimed.evidence
    aiming = f"{by.get('readers', '')} {by.get('reader', '')}"
    described: dict[str, Any] = {}
    for name, kind in AFFECT_READERS.items():
        if name in absent:
            described[name] = {"description": kind.description, "absent": absent[name]}
            continue
        described[name] = {"description": kind.description, "aimed_the_edits": name in aiming}
        if name in errors.readers:
            error = errors.readers[name]
            described[name]["rmse"] = {
                "valence": error.valence,
                "arousal": error.arousal,
                "faces": errors.faces,
                "n": errors.count,
            }
    return described
