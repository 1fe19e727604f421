"""A face set under other labels of valence and arousal than its own."""

from pathlib import Path

import numpy as np

from faces.ground.digests import bytes_digest, text_digest
from faces.sets.manifest import FaceSet


class RelabelledFaces(FaceSet):
    """The faces of a set, whose valence and arousal come from elsewhere.

    Its identity is another than the set's, since directions fitted on it are.

    Args:
        faces: the set.
        affect: (N, 2) float32 valence and arousal in [-1, 1]; NaN means no label.
        note: what the labels are, for reports.
    """

    def __init__(self, faces: FaceSet, affect: np.ndarray, note: str) -> None:
        super().__init__(Path(faces.folder), faces.info | {"labels": note})
        self._affect = np.ascontiguousarray(affect, np.float32)
        labels = bytes_digest(self._affect.astype("<f4").tobytes())
        self.__dict__["identity"] = text_digest(f"{faces.identity} {labels}")

    def labels(self, rows: np.ndarray) -> np.ndarray:
        return self._affect[np.asarray(rows, np.int64)]
