"""What readers are wrong by on labelled pictures of real faces."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from studio.evaluation.kinship import ReaderErrors, kinship_of
from studio.evaluation.readers import OWN

if TYPE_CHECKING:
    from faces.sets import FaceSet
    from studio.evaluation.readers import ReaderPart

#: Pictures uint8 (N, S, S, 3) to valence and arousal (N, 2) by reader.
ReadAll = Callable[[np.ndarray], Mapping[str, np.ndarray]]
_CHUNK = 64
_FEWEST, _MOST = 3, 1000  # faces


def read_errors(
    faceset: "FaceSet",
    read: ReadAll,
    digests: Mapping[str, str],
    rows: np.ndarray,
    progress: Progress = silent,
    about: str | None = None,
) -> ReaderErrors:
    """Errors on rows of a face set that have labels and in which every reader reads something.

    Args:
        digests: of the readers' files by name.
        about: what the faces are, for people; None for the set's name.

    Raises:
        CircumplexError: there are too few such faces.
    """
    rows = rows[np.isfinite(faceset.labels(rows)).all(1)]
    parts = [np.empty((0, len(digests), 2))]
    starts = range(0, len(rows), _CHUNK)
    for start in progress(starts, "read real faces", len(starts)):
        chunk = rows[start : start + _CHUNK]
        planes = faceset.read(chunk).transpose(0, 2, 3, 1)
        shape = (*planes.shape[:3], 3)
        found = read(np.ascontiguousarray(np.broadcast_to(planes, shape)))
        readings = np.stack([found[name] for name in digests], 1)
        parts.append(readings - faceset.labels(chunk)[:, None])
    errors = np.concatenate(parts)
    errors = errors[np.isfinite(errors).all((1, 2))]
    if len(errors) < _FEWEST:
        raise CircumplexError(
            f"{faceset.folder} has {len(errors)} labelled faces that all readers can read; give a "
            "set with more"
        )
    about = about or f"held-out faces of {faceset.folder.name}"
    return ReaderErrors(errors, tuple(digests), digests, about)


def measure_kinship(
    faceset: Path | None,
    parts: "Mapping[str, ReaderPart]",
    read: ReadAll,
    device: str,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any] | None:
    """Which of an evaluation's readers err alike on real faces; see `kinship_of`.

    Args:
        faceset: a prepared set with labels; None for the errors that the package carries.
        read: with all readers but the own one.

    Raises:
        CircumplexError: there are too few faces with labels.
    """
    from faces.sets import load_faceset

    if faceset is None:
        return kinship_of(parts, ReaderErrors.load(), seed)
    found = errors_of_parts(load_faceset(faceset), parts, read, device, progress)
    return kinship_of(parts, found, seed)


def errors_of_parts(
    faceset: "FaceSet",
    parts: "Mapping[str, ReaderPart]",
    read: ReadAll,
    device: str,
    progress: Progress = silent,
) -> ReaderErrors:
    """Errors of an evaluation's readers on held-out faces of a set; its own reader among them where
    that is one of the package's runs.

    Args:
        read: with all readers but the own one.

    Raises:
        CircumplexError: there are too few faces with labels.
    """
    own = [part.known_as for name, part in parts.items() if name == OWN and part.known_as]
    probes = packaged_probes(faceset.margin, own, device)
    digests = {part.known_as: part.digest or "" for part in parts.values() if part.known_as}
    rows = held_out_rows(faceset, _MOST)
    return read_errors(
        faceset, lambda images: {**read(images), **probes(images)}, digests, rows, progress
    )


def held_out_rows(faceset: "FaceSet", most: int) -> np.ndarray:
    """Rows of the `val` split, of the whole set where it has none; at most so many, evenly."""
    rows = faceset.rows("val")
    rows = rows if len(rows) else np.arange(len(faceset))
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]


def packaged_probes(margin: float, names: list[str], device: str = "cpu") -> ReadAll:
    """The probes of some of the package's runs, in faces that were cut with that margin."""
    import torch

    from gan_bridge.editing.face_senses import code_reader
    from vae.checkpoint import load_run, on_device
    from vae.codes import to_tensor
    from vae.probing.directions import Directions

    readers = {
        name: code_reader(on_device(load_run(name), device), Directions.load(name), margin)
        for name in names
    }

    def read(images: np.ndarray) -> dict[str, np.ndarray]:
        planes = to_tensor(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).to(device)
        with torch.inference_mode():
            return {name: each(planes).double().cpu().numpy() for name, each in readers.items()}

    return read
