"""Reads data sets of faces from a zip that may be anybody's, in the form of `official_zip`.

Nothing is unpacked to disk or decoded before its size was looked at.
"""

import io
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from faces.ground.errors import CircumplexError
from gan_bridge.datasets.official_zip import LABELS, LARGEST_SIDE, DatasetInfo, is_side, label_form

MOST_IMAGES = 10_000_000
MOST_CLASSES = 65536
_LARGEST_JSON = 1 << 30
#: Bytes a file may have beyond its pixels: PNG's own structure, and profiles that others add.
_SLACK = 1 << 20
_CHANNELS = {"L": 1, "RGB": 3}
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, struct.error,
)  # fmt: skip


class DatasetZip:
    """A data set zip opened for reading; close it, or use it in a `with`.

    Attributes:
        info: count, size, channels, form of the labels.
        labels: int64 (N,) classes, float32 (N, K), or None.

    Raises:
        CircumplexError: missing, no zip, of another form, damaged, or larger than its form allows.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise CircumplexError(f"{path} is missing; name a zip that `circumplex finetune` wrote")
        try:
            self._archive = zipfile.ZipFile(self.path)
        except _DAMAGED as error:
            raise CircumplexError(f"{path} is no readable zip ({error}); make it anew") from error
        try:
            self._entries = self._picture_entries()
            first = self._decode(self._entries[0])
            self.labels = self._read_labels()
        except BaseException:
            self._archive.close()
            raise
        side, channels = first.shape[1], first.shape[0]
        form = label_form(self.labels)
        self.info = DatasetInfo(len(self._entries), side, channels, *form)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.info.count

    def close(self) -> None:
        self._archive.close()

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Pictures of some rows, uint8 (n, C, S, S).

        Raises:
            CircumplexError: one is damaged or of another form than the first.
        """
        wanted = (self.info.channels, self.info.size, self.info.size)
        images = np.empty((len(rows), *wanted), np.uint8)
        for image, row in zip(images, rows, strict=True):
            found = self._decode(self._entries[int(row)])
            if found.shape != wanted:
                name = self._entries[int(row)].filename
                raise CircumplexError(
                    f"{self.path}: {name} is {found.shape}, the first is {wanted}; make it anew"
                )
            image[:] = found
        return images

    def _picture_entries(self) -> list[zipfile.ZipInfo]:
        """The pictures in the order in which the official tools number them."""
        entries = [each for each in self._archive.infolist() if not each.is_dir()]
        if len({each.filename for each in entries}) != len(entries):
            raise CircumplexError(f"{self.path} holds two files of one name; make it anew")
        found = [each for each in entries if each.filename.lower().endswith(".png")]
        stray = {each.filename for each in entries} - {each.filename for each in found} - {LABELS}
        if stray:
            raise CircumplexError(
                f"{self.path} holds {min(stray)!r}, which is no PNG; make it with `dataset_tool`"
            )
        if not 0 < len(found) <= MOST_IMAGES:
            raise CircumplexError(
                f"{self.path} holds {len(found)} pictures; 1 to {MOST_IMAGES} are read"
            )
        return sorted(found, key=lambda each: each.filename)

    def _decode(self, entry: zipfile.ZipInfo) -> np.ndarray:
        """One picture as uint8 (C, S, S)."""
        where = f"{self.path}: {entry.filename}"
        data = self._bytes(entry, 3 * LARGEST_SIDE**2 + _SLACK)
        width, height = _png_size(data, where)
        if width != height or not is_side(width):
            raise CircumplexError(
                f"{where} is {width} x {height}; square pictures are read, a power of two a side "
                f"and at most {LARGEST_SIDE}"
            )
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                mode, pixels = image.mode, np.asarray(image)
        except _DAMAGED as error:
            raise CircumplexError(f"{where} is damaged ({error}); make the zip anew") from error
        if mode not in _CHANNELS:
            raise CircumplexError(f"{where} is {mode}; grey or RGB of 8 bits is read")
        return pixels.reshape(height, width, _CHANNELS[mode]).transpose(2, 0, 1)

    def _bytes(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        where = f"{self.path}: {entry.filename}"
        if entry.file_size > most:
            raise CircumplexError(f"{where} unpacks to {entry.file_size} bytes; {most} are read")
        try:
            with self._archive.open(entry) as stream:
                # the size above is what the archive says of itself
                data = stream.read(most + 1)
        except _DAMAGED as error:
            raise CircumplexError(f"{where} is damaged ({error}); make the zip anew") from error
        if len(data) > most:
            raise CircumplexError(f"{where} unpacks to more than {most} bytes; make the zip anew")
        return data

    def _read_labels(self) -> np.ndarray | None:
        where = f"{self.path}: {LABELS}"
        if LABELS not in self._archive.namelist():
            return None
        data = self._bytes(self._archive.getinfo(LABELS), _LARGEST_JSON)
        try:
            pairs = json.loads(data)["labels"]
            if pairs is None:
                return None
            by_name = {str(name).replace("\\", "/"): value for name, value in pairs}
            values = np.array([by_name[entry.filename] for entry in self._entries], np.float64)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise CircumplexError(
                f"{where} has no label of one form for every picture ({error}); make it anew"
            ) from error
        return _checked_labels(values, where)


def read_info(path: str | os.PathLike[str]) -> DatasetInfo:
    """What a data set zip holds, by its list of files, its labels and its first picture.

    Raises:
        CircumplexError: see `DatasetZip`.
    """
    with DatasetZip(path) as opened:
        return opened.info


def _checked_labels(values: np.ndarray, where: str) -> np.ndarray:
    """Labels as the official tools take them: int64 (N,) or float32 (N, K)."""
    if values.ndim not in (1, 2) or not np.isfinite(values).all():
        raise CircumplexError(f"{where}: labels must be classes or lists of finite numbers")
    if values.ndim == 2:
        return values.astype(np.float32)
    if (values < 0).any() or (values != np.floor(values)).any() or values.max() > 65535:
        raise CircumplexError(f"{where}: classes must be whole numbers from 0 to 65535")
    return values.astype(np.int64)


def _png_size(data: bytes, where: str) -> tuple[int, int]:
    """Width and height as the first chunk of a PNG says, before anything is made of it."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        raise CircumplexError(f"{where} is no PNG; make the zip anew")
    return struct.unpack(">II", data[16:24])
