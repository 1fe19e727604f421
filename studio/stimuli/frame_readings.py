"""What independent readers find in the frames of an animation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.identity.config import WIDTH
from faces.readers.landmarks.config import LandmarkerConfig
from gan_bridge.editing.editor import Editor

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading
    from faces.readers.reading import FaceReader
    from gan_bridge.editing.explorer import EmotionExplorer


@dataclass(frozen=True, eq=False)
class FrameReadings:
    """What N frames show; NaN where it could not be read.

    Attributes:
        affect: by reader, (N, 2) valence and arousal.
        embedding: (N, 128), whose Euclidean distances tell people apart.
        found: (N,) bool, whether a face was found.
    """

    affect: dict[str, np.ndarray]
    embedding: np.ndarray
    found: np.ndarray

    @property
    def identity_distance(self) -> np.ndarray:
        """Distance (N,) from the first frame."""
        return np.asarray(np.linalg.norm(self.embedding - self.embedding[0], axis=1))

    def mean_affect(self, readers: Sequence[str]) -> np.ndarray:
        """Mean (N, 2) over some of the readers."""
        return np.mean([self.affect[name] for name in readers], axis=0)

    @classmethod
    def joined(cls, parts: "Sequence[FrameReadings]") -> "FrameReadings":
        """The readings of frames one after the other."""
        names = parts[0].affect
        return cls(
            {name: np.concatenate([part.affect[name] for part in parts]) for name in names},
            np.concatenate([part.embedding for part in parts]),
            np.concatenate([part.found for part in parts]),
        )


class FrameReaders:
    """The readers that `circumplex measure` asks, over frames in memory.

    Attributes:
        names: of those at hand; absent: the others, with the reason.
    """

    def __init__(self, faces: "FaceReader") -> None:
        self._faces = faces
        self.absent = {name: why for name, why in faces.missing.items() if name in AFFECT_READERS}
        self.names = [name for name in AFFECT_READERS if name not in self.absent]

    def read(self, images: np.ndarray) -> FrameReadings:
        """Of frames uint8 (N, H, W, 3)."""
        found = self._faces.read(list(images))
        unread = (np.nan, np.nan)
        return FrameReadings(
            {n: np.array([each.affect.get(n, unread) for each in found]) for n in self.names},
            np.stack([_embedding(each) for each in found]),
            np.array([each.found for each in found]),
        )


def _embedding(reading: "FaceReading") -> np.ndarray:
    found = reading.embedding
    return np.full(WIDTH, np.nan) if found is None else np.asarray(found, np.float64)


@contextmanager
def open_readers() -> Iterator[FrameReaders]:
    """The readers at hand, closed in the end.

    Raises:
        CircumplexError: the landmarker is missing, without which no face is found.
    """
    from faces.readers.reading import FaceReader

    # an edit is to be measured as it is, whatever the network of hidden parts makes of its pixels
    config = LandmarkerConfig(visibility=False)
    with FaceReader(config, identity="bundled", tracks=False) as faces:
        if "landmarks" in faces.missing:
            raise CircumplexError(faces.missing["landmarks"])
        yield FrameReaders(faces)


def independent(names: Sequence[str], explorer: "EmotionExplorer") -> list[str]:
    """Those readers that had no part in training what moves the faces; all where none is left."""
    editor = explorer.calibration if explorer.is_calibrated() else None
    trainers = editor.evidence.get("readers", {}) if isinstance(editor, Editor) else {}
    return [name for name in names if name not in trainers] or list(names)
