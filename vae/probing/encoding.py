"""Faces as codes in temporary files, so that memory does not grow with their number."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress
from faces.sets import FaceSet
from vae.checkpoint import Run
from vae.codes import encode_batches
from vae.probing.coded import CodedFaces
from vae.probing.rows import LabelledRows, column


@contextmanager
def encoded_rows(
    run: Run, choices: Mapping[str, LabelledRows], progress: Progress
) -> Iterator[dict[str, CodedFaces]]:
    """The chosen faces as codes, in a folder that goes when the block ends."""
    # Windows keeps what is still mapped: its own cleaning of temporary files takes it
    with tempfile.TemporaryDirectory(
        prefix="circumplex-codes-", ignore_cleanup_errors=True
    ) as folder:
        yield {
            name: _encode(run, choice, Path(folder) / name, progress)
            for name, choice in choices.items()
        }


def _encode(run: Run, choice: LabelledRows, path: Path, progress: Progress) -> CodedFaces:
    rows, faces = choice.rows, choice.faces
    return CodedFaces(
        name=faces.folder.name,
        digest=faces.identity,
        split=choice.split,
        codes=encode_codes(run, faces, rows, path, progress),
        labels=faces.labels(rows),
        groups=identities(faces, rows),
        expression=column(faces, "expression")[rows] if choice.split != "train" else None,
        unlabelled=choice.unlabelled,
        already_seen=choice.already_seen,
    )


def encode_codes(
    run: Run, faces: FaceSet, rows: np.ndarray, path: Path, progress: Progress
) -> np.ndarray:
    """Mean codes (N, D) float32 of faces, in the file `path`.

    Raises:
        CircumplexError: codes that are not finite, or no room.
    """
    with path.open("wb") as stream:
        for batch in encode_batches(run.model, faces, rows, progress=progress):
            if not np.isfinite(batch).all():
                raise CircumplexError(
                    f"{run.folder} gives codes that are not finite; its training diverged, "
                    "train anew with a lower --learning-rate"
                )
            try:
                stream.write(np.ascontiguousarray(batch, "<f4").data)
            except OSError as error:
                raise CircumplexError(
                    f"cannot keep codes in {path.parent} ({error.strerror}); "
                    "name a roomier folder in TMPDIR"
                ) from error
    shape = (len(rows), run.config.latent_dim)
    return np.memmap(path, "<f4", "r", shape=shape) if len(rows) else np.empty(shape, "<f4")


def identities(faces: FaceSet, rows: np.ndarray) -> np.ndarray | None:
    """Identity of each row as a number, a new one for each face that has none; None for no set."""
    import pandas as pd

    numbers, names = pd.factorize(column(faces, "identity")[rows])
    if not len(names):
        return None
    return np.where(numbers >= 0, numbers, len(names) + np.arange(len(numbers)))
