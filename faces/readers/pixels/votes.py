"""Faces with the votes of several annotators, as FER+ has them.

Barsoum et al., "Training deep networks for facial expression recognition with crowd-sourced label
distribution", ICMI 2016.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.digests import bytes_digest
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.balance import share

#: Columns of the manifest: how many annotators chose each expression.
COLUMNS = tuple(f"votes_{name}" for name in EXPRESSIONS)


@dataclass(frozen=True)
class VotedFaces:
    """Faces with their votes.

    Attributes:
        images: (N, H, W) uint8, grey.
        votes: (N, 8) counts, in the order of EXPRESSIONS; every row has at least one.
        labels: (N,) the majority's expression by its code, as the source gives it.

    Raises:
        CircumplexError: another shape or type, no faces, or a face without votes.
    """

    images: np.ndarray
    votes: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.images.ndim != 3 or self.images.dtype != np.uint8 or not count:
            raise CircumplexError("the faces are not (N, H, W) uint8; read them as grey pictures")
        if self.votes.shape != (count, len(EXPRESSIONS)) or self.labels.shape != (count,):
            raise CircumplexError(
                f"{count} faces have votes {self.votes.shape} and labels {self.labels.shape}; "
                f"give each {len(EXPRESSIONS)} counts and a label"
            )
        if not (self.votes.sum(1) > 0).all():
            raise CircumplexError("a face has no votes; leave it out")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: np.ndarray) -> "VotedFaces":
        return VotedFaces(self.images[rows], self.votes[rows], self.labels[rows])

    def shares(self) -> np.ndarray:
        """Share of the votes that each expression got, (N, 8) float32."""
        return (self.votes / self.votes.sum(1, keepdims=True)).astype(np.float32)

    def digests(self) -> list[str]:
        """SHA-256 of each picture's pixels: copies have the same."""
        return [bytes_digest(image.tobytes()) for image in self.images]

    def hold_out(self, part: float) -> tuple["VotedFaces", "VotedFaces | None"]:
        """Split into (fitted, held out), by the pixels' hash: copies of a picture stay together.

        Nothing is held out of so few faces that none would be hit.
        """
        shares = np.array([share(0, f"held out {digest}") for digest in self.digests()])
        held_out = shares < part
        return self[~held_out], self[held_out] if held_out.any() else None


def read_voted(folder: Path, split: str, progress: Progress = silent) -> VotedFaces:
    """The faces of one split of FER+; those whose majority is none of the eight are left out.

    Args:
        folder: holds manifest.csv (path, split, expression, votes_…) and the pictures.

    Raises:
        CircumplexError: no such table, columns missing, no faces of the split, a damaged picture.
    """
    import pandas as pd

    try:
        table = pd.read_csv(folder / "manifest.csv")
    except (OSError, ValueError) as error:
        raise CircumplexError(f"{folder} has no readable manifest.csv ({error})") from error
    if lacking := sorted({"path", "split", "expression", *COLUMNS} - set(table)):
        raise CircumplexError(f"{folder / 'manifest.csv'} has no column {lacking[0]!r}")
    rows = table[(table["split"] == split) & table["expression"].isin(EXPRESSIONS)]
    if rows.empty:
        raise CircumplexError(f"{folder} has no faces of the split {split!r}")
    paths = [folder / path for path in rows["path"]]
    return VotedFaces(
        np.stack([_grey(path) for path in progress(paths, "read faces", len(paths))]),
        rows[list(COLUMNS)].to_numpy(np.int64),
        rows["expression"].map(EXPRESSIONS.index).to_numpy(np.int64),
    )


def _grey(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"))
    except OSError as error:
        raise CircumplexError(f"{path} cannot be read ({error}); unpack the set anew") from error
