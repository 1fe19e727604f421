"""Which pictures a run was trained on, so that it is never reported on them.

RUN/training_faces.npy holds the first eight bytes of each training picture's SHA-256: enough
to recognise a picture, nothing to rebuild it from.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from faces.files import replacing

FILE = "training_faces.npy"


def write_seen(folder: Path, digests: Iterable[str]) -> None:
    """Note the SHA-256 digests of the training pictures in a run's folder."""
    with replacing(folder / FILE) as partial:
        np.save(partial, np.unique(_marks(digests)))


def seen(folder: Path, digests: Iterable[str]) -> np.ndarray:
    """Whether each picture was among the run's training faces, (N,) bool; all False if unknown."""
    marks = _marks(digests)
    if not (folder / FILE).is_file():
        return np.zeros(len(marks), bool)
    return np.isin(marks, np.load(folder / FILE))


def _marks(digests: Iterable[str]) -> np.ndarray:
    return np.array([int(digest[:16], 16) for digest in digests], np.uint64)
