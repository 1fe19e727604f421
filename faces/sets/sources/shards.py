"""WebDataset's shards: tar archives in which the files of one sample share their name.

A sample has a picture (000001.jpg) and perhaps a class (000001.cls, a code or a word), or a JSON
file of labels (000001.json), whose keys are read as a table's columns.
"""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.folders import PICTURES
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.stores import PictureStore, open_tar
from faces.sets.sources.tables import table_source
from faces.sets.sources.words import split_of

_CLASS, _JSON = (".cls", ".label"), ".json"


def shards_at(path: Path) -> list[Path]:
    """The tar archives that a path means."""
    files = [path] if path.is_file() else sorted(path.glob("*.tar"))
    return [file for file in files if file.suffix.lower() == ".tar"]


def is_shards(path: Path, options: SourceOptions) -> bool:
    """Whether the first archive that is whole has labels beside pictures of the same name."""
    for file in shards_at(path):
        try:
            names, _ = open_tar(file)
        except CircumplexError:
            continue  # a damaged one among pictures is a file of its own
        suffixes = {PurePosixPath(name).suffix.lower() for name in names}
        return bool(suffixes & PICTURES) and bool(suffixes & {*_CLASS, _JSON})
    return False


def require_whole(path: Path) -> None:
    """See that one of a folder's archives opens, where there are any.

    Raises:
        CircumplexError: none does; what is wrong with the first.
    """
    errors: list[CircumplexError] = []
    for file in shards_at(path):
        try:
            open_tar(file)
        except CircumplexError as error:
            errors.append(error)
        else:
            return
    if errors:
        raise errors[0]


def read_shards(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read the samples of all shards; paths are SHARD/NAME.

    Raises:
        CircumplexError: no shards, damaged ones, or labels that a table would be refused for.
    """
    files = shards_at(path)
    if not files:
        raise CircumplexError(f"{path} holds no tar archives; name the folder of the shards")
    store = ShardStore()
    rows: list[tuple[dict[str, Any], str | None]] = []
    for file in progress(files, "reading shards", len(files)):
        rows.extend(store.open(file))
    # as they are: one sample that lacks a number would make 7 of all others 7.0
    table = pd.DataFrame([row for row, _ in rows], dtype="object")
    reasons = [reason for _, reason in rows]
    base = path if path.is_dir() else path.parent
    notes = [f"{len(files)} shard{'s' * (len(files) > 1)} of WebDataset"]
    return table_source(
        table, base / "shards", options,
        form="shards", reasons=reasons, notes=notes, pictures=store,
    )  # fmt: skip


class ShardStore:
    """Pictures of several archives, by SHARD/NAME."""

    def __init__(self) -> None:
        self._shards: dict[str, PictureStore] = {}

    def open(self, file: Path) -> Iterator[tuple[dict[str, Any], str | None]]:
        """Add a shard; yields its samples as rows of a table, and why one cannot be used.

        A sample without a picture is a row too, and so is each further picture of one.
        """
        names, store = open_tar(file)
        self._shards[file.stem] = store
        split = split_of(file.stem.rstrip("0123456789-_"))
        for files in _samples(names).values():
            pictures = [n for n in files if PurePosixPath(n).suffix.lower() in PICTURES]
            for name in pictures or files[:1]:
                about = {"path": f"{file.stem}/{name}"} | ({"split": split} if split else {})
                if not pictures:
                    yield about, "sample without a picture"
                elif name != pictures[0]:
                    yield about, "further picture of a sample"
                else:
                    yield about | _labels(files, store), None

    def read(self, path: str) -> bytes:
        shard, _, name = path.partition("/")
        if shard not in self._shards:
            raise FileNotFoundError(path)
        return self._shards[shard].read(name)


def _samples(names: list[str]) -> dict[str, list[str]]:
    """Files by what comes before the first dot of their names."""
    samples: dict[str, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        samples.setdefault(str(path.parent / path.name.split(".")[0]), []).append(name)
    return samples


def _labels(files: list[str], store: PictureStore) -> dict[str, Any]:
    """What the files beside a picture say; what cannot be read says nothing."""
    found: dict[str, Any] = {}
    for name in files:
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in _CLASS:
            found["expression"] = store.read(name).decode("utf-8", "replace").strip()
        elif suffix == _JSON:
            try:
                listed = json.loads(store.read(name))
            except ValueError:
                continue
            if isinstance(listed, dict):
                found |= {k: v for k, v in listed.items() if k not in ("path", "__key__")}
    return found
