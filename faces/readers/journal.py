"""Readings on the disk while a long reading goes on, for one that was killed to go on from.

A folder of files, one a batch: arrays as safetensors, all else as JSON in their headers.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer, read_json, write_json
from faces.readers.done_files import DoneFile, file_stamp
from faces.readers.face_reading import FaceReading

_SCHEMA, _VERSION = "circumplex/readings-journal", "2"
_HEADER, _BATCHES = "journal.json", "*.safetensors"


class ReadingJournal:
    """The batches of readings that are done.

    Args:
        folder: made by `writing`.
        settings: plain JSON values; a journal of others is not gone on with.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        header = {"schema": _SCHEMA, "version": _VERSION, "settings": dict(settings)}
        self._header = json.loads(json.dumps(header))  # as it is read back
        self._count = 0

    @property
    def begun(self) -> bool:
        """Whether there is one of these settings."""
        try:
            return bool(read_json(self.folder / _HEADER) == self._header)
        except CircumplexError:
            return False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder while the block runs; it goes when the block ends well.

        Where it does not, the folder stays with the batches in it, and goes without any.

        Raises:
            CircumplexError: another process holds it, or it cannot be written.
        """
        with only_writer(self.folder):  # another's is left alone
            if not self.begun:
                self.clear()
            try:
                yield
            except BaseException:
                if not any(self.folder.glob(_BATCHES)):
                    self._remove()
                raise
            self._remove()
        with suppress(OSError):  # where an open lock kept it from going
            self.folder.rmdir()

    def _remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def clear(self) -> None:
        """Forget all batches."""
        for file in self.folder.glob(_BATCHES):
            file.unlink()
        write_json(self.folder / _HEADER, self._header)
        self._count = 0

    def files(self) -> list[DoneFile]:
        """The files that are done, in their order; the last perhaps in part."""
        done: list[DoneFile] = []
        for header, _ in self._stored():
            for face, path, frame, ended, label, split, stamp, turned in json.loads(
                header["pictures"]
            ):
                found = None if stamp is None else tuple(stamp)
                each = DoneFile(path, frame, ended, label, split, found, turned)
                if face or (done and done[-1].path == path and done[-1].frame < frame):
                    done[-1] = replace(each, turned=done[-1].turned)
                else:
                    done.append(each)
        return done

    def batches(self) -> Iterator[list[FaceReading]]:
        """What is done, in its order."""
        for header, arrays in self._stored():
            yield [_decoded(each, arrays) for each in json.loads(header["readings"])]

    def append(self, batch: Iterable[FaceReading]) -> None:
        """Write one more batch, whole or not at all."""
        readings = list(batch)
        arrays: list[np.ndarray] = []
        stamps = {path: file_stamp(path) for path in {each.path for each in readings}}
        pictures = [
            # only what is no frame has no time: a picture, or a video's reason
            (
                *(r.face, r.path, r.frame, r.time_s is None, r.label, r.split),
                *(stamps[r.path], r.place.get("turned", 0)),
            )
            for r in readings
        ]
        header = {
            "pictures": json.dumps(pictures),
            "readings": json.dumps([_encoded(each, arrays) for each in readings]),
        }
        write_artefact(self._file(self._count), _named(arrays), header)
        self._count += 1

    def _stored(self) -> Iterator[tuple[dict[str, str], dict[str, np.ndarray]]]:
        """Header and arrays of each batch, up to the first that is not there or damaged."""
        self._count = 0
        while (file := self._file(self._count)).is_file():
            try:
                arrays, header = read_artefact(file)
            except CircumplexError:
                return
            self._count += 1
            yield header, arrays

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:08d}.safetensors"


def _named(arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    return {str(at): array for at, array in enumerate(arrays)}


@cache
def _records() -> dict[str, type[Any]]:
    """The dataclasses that a reading is made of, by name."""
    found: dict[str, type[Any]] = {}
    unseen: list[Any] = [FaceReading]
    while unseen:
        kind = unseen.pop()
        unseen += get_args(kind)
        if isinstance(kind, type) and is_dataclass(kind) and kind.__name__ not in found:
            found[kind.__name__] = kind
            unseen += get_type_hints(kind).values()
    return found


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    """A reading as plain JSON values; arrays are put aside and named by their places."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if is_dataclass(value):
        assert type(value) is _records()[type(value).__name__]
        parts = {each.name: _encoded(getattr(value, each.name), arrays) for each in fields(value)}
        return {"record": type(value).__name__, "fields": parts}
    if isinstance(value, Mapping):
        return {"mapping": {name: _encoded(part, arrays) for name, part in value.items()}}
    if isinstance(value, tuple):
        return [_encoded(part, arrays) for part in value]
    return value


def _decoded(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(part, arrays) for part in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[str(value["array"])]
    parts = value["mapping"] if "mapping" in value else value["fields"]
    found = {name: _decoded(part, arrays) for name, part in parts.items()}
    return found if "mapping" in value else _records()[value["record"]](**found)
