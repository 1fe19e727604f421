"""The files of a source by their paths, whether they lie in a folder or in an archive."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from faces.ground.dialects import SUFFIXES as TABLES
from faces.ground.paths import NO_TEXT, as_text, is_text
from faces.sets.folders import kind_of, list_folder, why_unread
from faces.sets.sources.stores import FolderStore, PictureStore, open_tar, open_zip

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


@dataclass(frozen=True)
class Tree:
    """Files by name.

    Attributes:
        root: the folder or the archive.
        pictures: paths of pictures, relative, with slashes, sorted.
        others: paths of other files, to the reason why they are none; a hidden folder
            stands for all that is in it.
        store: gives the bytes of all of them.
    """

    root: Path
    pictures: tuple[str, ...]
    others: dict[str, str]
    store: PictureStore


def is_archive(path: Path) -> bool:
    """Whether a path is a tar or zip file by its name."""
    return path.is_file() and path.name.lower().endswith((".zip", *_TAR))


def open_tree(path: Path, follow_links: bool = False) -> Tree:
    """The files in a folder or an archive; see `listed_once`.

    Args:
        follow_links: look into linked folders of a folder too; see `list_folder`.

    Raises:
        CircumplexError: it cannot be read.
    """
    return _open_archive(path) if is_archive(path) else _list_folder(path, follow_links)


@contextmanager
def listed_once() -> Iterator[None]:
    """Within the block what is at a path is listed once, however often `open_tree` is asked.

    Files come and go between one source and the next, so nothing is known before or after.
    """
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    _list_folder.cache_clear()
    _open_archive.cache_clear()


@lru_cache(maxsize=1)
def _list_folder(path: Path, follow_links: bool) -> Tree:
    """The files in a folder."""
    depth = len(path.parts)
    entries = list_folder(path, follow_links).entries
    names = {as_text("/".join(entry.path.parts[depth:])): entry for entry in entries}
    pictures = sorted(name for name, entry in names.items() if entry.kind == "picture")
    others = {n: e.reason or e.kind for n, e in names.items() if e.kind != "picture"}
    return Tree(path, tuple(pictures), others, FolderStore(path))


@lru_cache(maxsize=1)
def _open_archive(path: Path) -> Tree:
    """The files in an archive."""
    listed, store = (open_zip if path.suffix.lower() == ".zip" else open_tar)(path)
    pictures: list[str] = []
    others: dict[str, str] = {}
    for name in listed:
        if (hidden := _hidden(name)) is not None:
            others[as_text(hidden)] = "hidden file" if hidden == name else "hidden folder"
        elif not is_text(name):
            others[as_text(name)] = NO_TEXT
        elif (kind := kind_of(PurePosixPath(name).name)) == "picture":
            pictures.append(name)
        else:
            others[name] = "video" if kind == "video" else _why_unread(name)
    return Tree(path, tuple(sorted(pictures)), others, store)


def _why_unread(name: str) -> str:
    is_table = PurePosixPath(name).suffix.lower() in TABLES
    return "table in an archive: unpack it" if is_table else why_unread(name)[0]


def _hidden(name: str) -> str | None:
    """The outermost hidden folder or file of a path, as a path; None where nothing is hidden."""
    parts = PurePosixPath(name).parts
    for depth, part in enumerate(parts, 1):
        if part not in (".", "..") and kind_of(part) == "hidden":
            return "/".join(parts[:depth])
    return None
