"""Which faces a model was trained on, so that it is never scored on them as unseen.

Stored are the first eight bytes of each face's SHA-256: enough to recognise it, nothing to rebuild
it from. Hashes are of bytes that were read, so that they are the same on every machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from faces.ground.digests import text_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import replacing

#: Beside a run's weights.
FILE = "training_faces.npy"


@dataclass(frozen=True, eq=False)
class TrainingFaces:
    """The faces that a model was trained on.

    Attributes:
        hashes: (K,) uint64, the beginnings of SHA-256 digests, ascending, each once.
    """

    hashes: np.ndarray

    @classmethod
    def of(cls, digests: Iterable[str]) -> Self:
        """The faces of these SHA-256 digests (hexadecimal)."""
        return cls(np.unique(short_hashes(digests)))

    @classmethod
    def of_hashes(cls, hashes: np.ndarray, where: object) -> Self:
        """From `hashes` as they were stored.

        Raises:
            CircumplexError: they are none.
        """
        if hashes.dtype != np.uint64 or hashes.ndim != 1:
            raise CircumplexError(f"{where} holds no hashes of training faces; copy it anew")
        return cls(hashes)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What a run's folder says of its training; None where it says nothing.

        Raises:
            CircumplexError: the file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            hashes = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise CircumplexError(f"{path} cannot be read ({error}); copy it anew") from error
        return cls.of_hashes(hashes, path)

    def save(self, folder: Path) -> None:
        """Write it beside a run's weights, whole or not at all."""
        with replacing(folder / FILE) as partial:
            np.save(partial, self.hashes)

    def contain(self, digests: Iterable[str]) -> np.ndarray:
        """Whether each face, by its SHA-256, was trained on: (N,) bool."""
        return np.isin(short_hashes(digests), self.hashes)


def short_hashes(digests: Iterable[str]) -> np.ndarray:
    """The first eight bytes of SHA-256 digests, (N,) uint64."""
    return np.array([int(digest[:16], 16) for digest in digests], np.uint64)


def frame_digest(file: str, frame: int) -> str:
    """Names one frame of a file by the SHA-256 of the file's bytes; frame 0 is the file itself."""
    return text_digest(f"{file} {frame}") if frame else file
