"""Data sets of faces as the zip that the official StyleGAN tools write and read.

    00000/img00000000.png   uncompressed PNG, grey or RGB, square, a power of two a side
    dataset.json            {"labels": [["00000/img00000000.png", 3], …]} or {"labels": null}

A label is a class (a whole number) or a list of numbers. Nothing in the archive is compressed, and
its bytes depend on the faces alone.
"""

import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.ground.files import replacing
from faces.ground.progress import Progress, silent
from faces.sets import FaceSet

Labels = Literal["expression", "affect", "none"]

LABELS = "dataset.json"
LARGEST_SIDE = 4096
_BATCH = 64


@dataclass(frozen=True)
class DatasetInfo:
    """What a data set zip holds.

    Attributes:
        count: pictures; size: their side in pixels; channels: 1 (grey) or 3 (RGB).
        labels: numbers a label has: 0 for none, or for a class 1.
        classes: how many classes the labels name, 0 where they are none or not classes.
    """

    count: int
    size: int
    channels: int
    labels: int = 0
    classes: int = 0


def write_dataset_zip(
    path: str | os.PathLike[str],
    faceset: FaceSet,
    rows: np.ndarray,
    progress: Progress = silent,
    labels: Labels = "expression",
) -> DatasetInfo:
    """Write some faces of a set, in the order of `rows`, whole or not at all.

    Args:
        path: ends in .zip.
        faceset: square faces, a power of two a side.
        rows: row numbers of the set.
        labels: "expression", its code in AffectNet's order; "affect", valence and arousal; or
            "none". The tools want a label on every picture: where one has none, all have none,
            and the returned `labels` is 0.

    Raises:
        CircumplexError: no rows, a side that is no power of two, or a file that cannot be written.
    """
    rows = np.asarray(rows, np.int64)
    if labels not in get_args(Labels):
        raise CircumplexError(f"labels is {labels!r}; give one of {', '.join(get_args(Labels))}")
    if not len(rows):
        raise CircumplexError(f"{path}: no faces to write; choose at least one row")
    if rows.min() < 0 or rows.max() >= len(faceset):
        raise CircumplexError(
            f"{path}: the rows reach {rows.max()}, {faceset.folder} has {len(faceset)} faces"
        )

    def faces() -> Iterator[np.ndarray]:
        starts = range(0, len(rows), _BATCH)
        for start in progress(starts, "write zip", len(starts)):
            yield from faceset.read(rows[start : start + _BATCH])

    return write_images(path, faces(), _labels_of(faceset, rows, labels))


def write_images(
    path: str | os.PathLike[str],
    images: Iterable[np.ndarray],
    labels: Sequence[int] | np.ndarray | None = None,
) -> DatasetInfo:
    """Write pictures uint8 (C, S, S), C 1 or 3, one after the other, whole or not at all.

    Args:
        labels: one a picture, classes (N,) or numbers (N, K); None for none.

    Raises:
        CircumplexError: pictures of another form or of several, or none; another number of labels.
    """
    if Path(path).suffix.lower() != ".zip":
        raise CircumplexError(f"{path} must end in .zip; the official tools go by it")
    names: list[str] = []
    shape: tuple[int, ...] | None = None
    with replacing(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for image in images:
            shape = shape or _checked_shape(image, path)
            if image.shape != shape or image.dtype != np.uint8:
                raise CircumplexError(f"{path}: picture {len(names)} is {image.shape}, not {shape}")
            names.append(_name(len(names)))
            archive.writestr(_entry(names[-1]), _png(image))
        if shape is None:
            raise CircumplexError(f"{path}: no pictures to write; choose at least one face")
        if labels is not None and len(labels) != len(names):
            raise CircumplexError(f"{path}: {len(names)} pictures and {len(labels)} labels")
        pairs = None
        if labels is not None:
            plain = np.asarray(labels).tolist()
            pairs = [list(pair) for pair in zip(names, plain, strict=True)]
        text = json.dumps({"labels": pairs}, allow_nan=False)
        archive.writestr(_entry(LABELS), text.encode())
    values = None if labels is None else np.asarray(labels)
    return DatasetInfo(len(names), shape[1], shape[0], *label_form(values))


def label_form(values: np.ndarray | None) -> tuple[int, int]:
    """(numbers a label has, classes) of labels (N,), (N, K) or None."""
    if values is None:
        return 0, 0
    return (1, int(values.max()) + 1) if values.ndim == 1 else (values.shape[1], 0)


def _labels_of(faceset: FaceSet, rows: np.ndarray, labels: Labels) -> np.ndarray | None:
    if labels == "affect":
        affect = faceset.labels(rows)
        return affect.astype(np.float64).round(6) if np.isfinite(affect).all() else None
    if labels == "none":
        return None
    names = faceset.manifest(["expression"])["expression"].to_numpy()[rows]
    codes = {name: code for code, name in enumerate(EXPRESSIONS)}
    found = [codes.get(name, -1) for name in names]
    return np.array(found, np.int64) if min(found) >= 0 else None


def _checked_shape(image: np.ndarray, path: Any) -> tuple[int, ...]:
    square = image.ndim == 3 and image.shape[1] == image.shape[2] and image.shape[0] in (1, 3)
    if not square or image.dtype != np.uint8:
        raise CircumplexError(
            f"{path}: pictures must be uint8 (1 or 3, S, S), these are {image.dtype} {image.shape}"
        )
    if not is_side(image.shape[1]):
        raise CircumplexError(
            f"{path}: the faces are {image.shape[1]} pixels a side; StyleGAN takes powers of two, "
            "prepare the set with --size 64, 128, 256 or 512"
        )
    return image.shape


def is_side(side: int) -> bool:
    return 4 <= side <= LARGEST_SIDE and side & (side - 1) == 0


def _name(index: int) -> str:
    digits = f"{index:08d}"
    return f"{digits[:5]}/img{digits}.png"


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry whose bytes say nothing about when and where it was written."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _png(image: np.ndarray) -> bytes:
    """Pixels (C, S, S) as a PNG that is quick to read: stored, not compressed."""
    pixels = image[0] if image.shape[0] == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=0)
    return stream.getvalue()
