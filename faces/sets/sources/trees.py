"""The files of a source by their paths, whether they lie in a folder or in an archive."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

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
    """The files in a folder or an archive.

    Args:
        follow_links: look into linked folders of a folder too; see `list_folder`.

    Raises:
        CircumplexError: it cannot be read.
    """
    if not is_archive(path):
        entries = list_folder(path, follow_links).entries
        names = {entry.path.relative_to(path).as_posix(): entry for entry in entries}
        pictures = sorted(name for name, entry in names.items() if entry.kind == "picture")
        others = {n: e.reason or e.kind for n, e in names.items() if e.kind != "picture"}
        return Tree(path, tuple(pictures), others, FolderStore(path))
    status = path.stat()
    return _open_archive(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _open_archive(path: Path, modified: int, size: int) -> Tree:
    """The files in an archive; opened once while its form is looked for and read."""
    listed, store = (open_zip if path.suffix.lower() == ".zip" else open_tar)(path)
    pictures: list[str] = []
    others: dict[str, str] = {}
    for name in listed:
        if (hidden := _hidden(name)) is not None:
            others[hidden] = "hidden file" if hidden == name else "hidden folder"
        elif (kind := kind_of(PurePosixPath(name).name)) == "picture":
            pictures.append(name)
        else:
            others[name] = "video" if kind == "video" else why_unread(name)[0]
    return Tree(path, tuple(sorted(pictures)), others, store)


def _hidden(name: str) -> str | None:
    """The outermost hidden folder or file of a path, as a path; None where nothing is hidden."""
    parts = PurePosixPath(name).parts
    for depth, part in enumerate(parts, 1):
        if part not in (".", "..") and kind_of(part) == "hidden":
            return "/".join(parts[:depth])
    return None
