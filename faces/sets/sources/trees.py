"""The files of a source by their paths, whether they lie in a folder or in an archive."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from faces.sets.folders import kind_of, list_folder
from faces.sets.sources.stores import FolderStore, PictureStore, open_tar, open_zip

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


@dataclass(frozen=True)
class Tree:
    """Files by name.

    Attributes:
        root: the folder or the archive.
        pictures: paths of pictures, relative, with slashes, sorted.
        others: paths of other files, to the reason why they are none; without hidden ones.
        store: gives the bytes of all of them.
    """

    root: Path
    pictures: tuple[str, ...]
    others: dict[str, str]
    store: PictureStore


def is_archive(path: Path) -> bool:
    """Whether a path is a tar or zip file by its name."""
    return path.is_file() and path.name.lower().endswith((".zip", *_TAR))


def open_tree(path: Path) -> Tree:
    """The files in a folder or an archive.

    Raises:
        CircumplexError: it cannot be read.
    """
    if not is_archive(path):
        entries = list_folder(path, follow_links=True).entries
        names = {entry.path.relative_to(path).as_posix(): entry for entry in entries}
        pictures = sorted(name for name, entry in names.items() if entry.kind == "picture")
        others = {n: e.reason or "no picture" for n, e in names.items() if e.kind != "picture"}
        return Tree(path, tuple(pictures), others, FolderStore(path))
    status = path.stat()
    return _open_archive(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _open_archive(path: Path, modified: int, size: int) -> Tree:
    """The files in an archive; opened once while its form is looked for and read."""
    listed, store = (open_zip if path.suffix.lower() == ".zip" else open_tar)(path)
    kinds = {name: _kind(name) for name in listed}
    pictures = sorted(name for name, kind in kinds.items() if kind == "picture")
    others = {n: "no picture" for n, kind in kinds.items() if kind not in ("picture", "hidden")}
    return Tree(path, tuple(pictures), others, store)


def _kind(name: str) -> str:
    parts = [part for part in PurePosixPath(name).parts if part not in (".", "..")]
    return "hidden" if any(kind_of(p) == "hidden" for p in parts) else kind_of(parts[-1])
