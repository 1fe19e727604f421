"""What the files of a folder are: pictures, videos, or others with the reason. None is left out."""

import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from faces.ground.dialects import SUFFIXES as TABLES
from faces.ground.errors import CircumplexError
from faces.ground.paths import NO_TEXT, RENAME, is_text

_PICTURES = """
    .jpg .jpeg .jpe .jfif .jif .pjpeg .mpo .png .apng .webp .heic .heics .heif .hif .avif .avifs
    .jp2 .j2k .j2c .jpf .jpx .bmp .dib .gif .tif .tiff .pbm .pgm .ppm .pnm"""
_VIDEOS = """
    .mp4 .m4v .mov .qt .mkv .webm .avi .mpg .mpeg .m2v .wmv .asf .flv .ogv .mts .m2ts .ts
    .3gp .3g2 .mxf .vob"""
PICTURES = frozenset(_PICTURES.split())
VIDEOS = frozenset(_VIDEOS.split())
#: Suffixes of files that hold pictures and are not read, and what helps.
_UNREAD: Mapping[tuple[str, str], str] = {
    ("camera raw file", "develop it to JPEG or TIFF"): (
        ".3fr .arw .cr2 .cr3 .dng .nef .nrw .orf .pef .raf .raw .rw2 .srw .x3f"
    ),
    ("picture of a form that is not read", "export it as PNG or JPEG"): (
        ".ai .eps .exr .hdr .ico .jxl .jxr .pdf .psd .svg .tga .xcf"
    ),
    ("table", "name it itself to have the pictures read that it lists"): " ".join(TABLES),
    ("spreadsheet", "save it as CSV"): ".ods .xls .xlsx",
    ("archive", "unpack it"): ".7z .bz2 .gz .rar .tar .tgz .xz .zip",
}
_REASONS = {suffix: why for why, suffixes in _UNREAD.items() for suffix in suffixes.split()}
#: What systems leave in folders, besides names that begin with a dot.
_LITTER = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir"))

_LINKED = "linked folder"

Kind = Literal["picture", "video", "other", "hidden"]


@dataclass(frozen=True)
class Entry:
    """A file, or a folder that was not looked into.

    Attributes:
        kind: by its name; "hidden" is what systems and programs keep for themselves.
        reason: why it is neither picture nor video, one of few; detail: what helps.
    """

    path: Path
    kind: Kind
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Listing:
    """Everything under a folder, folders in depth, sorted by name.

    Attributes:
        entries: each file once.
    """

    entries: tuple[Entry, ...]

    @property
    def pictures(self) -> tuple[Path, ...]:
        """Files that are pictures by their names."""
        return tuple(entry.path for entry in self.entries if entry.kind == "picture")

    @property
    def videos(self) -> tuple[Path, ...]:
        """Files that are videos by their names."""
        return tuple(entry.path for entry in self.entries if entry.kind == "video")

    @property
    def others(self) -> tuple[Entry, ...]:
        """All else, with the reason."""
        return tuple(entry for entry in self.entries if entry.reason)


def kind_of(name: str) -> Kind:
    """What a file is by its name."""
    suffix = _suffix(name)
    if name.startswith(".") or name.lower() in _LITTER:
        return "hidden"
    if suffix in PICTURES:
        return "picture"
    return "video" if suffix in VIDEOS else "other"


def why_unread(name: str) -> tuple[str, str]:
    """Why a file that is neither picture nor video by its name is not read, and what helps."""
    suffix = _suffix(name)
    return _REASONS.get(suffix, (f"no picture or video ({suffix or 'no suffix'})", ""))


def _suffix(name: str) -> str:
    """As a path's, in small letters, and in a quarter of its time."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def list_folder(folder: str | os.PathLike[str], follow_links: bool = False) -> Listing:
    """Everything under a folder; nothing is opened.

    Args:
        folder: the folder itself may be a link.
        follow_links: look into folders that are linked to too; each folder is read once, under
            its own name where that is within `folder`, however many links lead to it.

    Raises:
        CircumplexError: the folder itself cannot be read.
    """
    root = Path(folder)
    try:
        waiting, seen = _names(root), {_identity(root)}
    except OSError as error:
        raise CircumplexError(
            f"{root} cannot be read: {error.strerror}; ask for the right to it or name another"
        ) from error
    entries: list[Entry] = []
    links: deque[os.DirEntry[str]] = deque()
    while waiting or links:
        is_late = not waiting
        item = links.popleft() if is_late else waiting.pop()
        entry = _judge(item, follow_links)
        if entry is None and item.is_symlink() and not is_late:
            links.append(item)  # what is real keeps its own name
            continue
        entry = entry or _enter(Path(item.path), seen, waiting)
        if entry is not None:
            entries.append(entry)
    return Listing(tuple(sorted(entries, key=lambda entry: entry.path.parts)))


def subfolders(folder: str | os.PathLike[str], follow_links: bool = False) -> list[str]:
    """Names of the folders in a folder, sorted, and of links to folders where these count."""
    with os.scandir(folder) as items:  # what is a file is known without asking for each
        return sorted(item.name for item in items if _is_folder(item, follow_links))


def has_links(folder: str | os.PathLike[str]) -> bool:
    """Whether there are linked folders under a folder."""
    return any(entry.reason == _LINKED for entry in list_folder(folder).entries)


def _names(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, the first name last."""
    with os.scandir(folder) as items:
        return sorted(items, key=lambda item: item.name, reverse=True)


def _identity(folder: Path) -> tuple[int, int]:
    """What a folder is by whatever name."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_folder(item: os.DirEntry[str], follow_links: bool) -> bool:
    try:
        return item.is_dir(follow_symlinks=follow_links)
    except OSError:  # links in a circle
        return False


def _judge(item: os.DirEntry[str], follow_links: bool) -> Entry | None:
    """What a name stands for; None for a folder to be looked into."""
    path, kind = Path(item.path), kind_of(item.name)
    try:
        is_folder = item.is_dir()
        is_file = is_folder or item.is_file()
    except OSError:  # links in a circle
        is_folder = is_file = False
    if kind == "hidden":
        return Entry(path, kind, "hidden folder" if is_folder else "hidden file")
    if is_folder:
        if item.is_symlink() and not follow_links:
            return Entry(path, "other", _LINKED, "--follow-links reads it")
        return None
    if not is_file:
        why = "link that leads nowhere" if item.is_symlink() else "neither file nor folder"
        return Entry(path, "other", why)
    if not is_text(path):
        return Entry(path, "other", NO_TEXT, RENAME)
    if kind != "other":
        return Entry(path, kind)
    return Entry(path, kind, *why_unread(item.name))


def _enter(
    folder: Path, seen: set[tuple[int, int]], waiting: list[os.DirEntry[str]]
) -> Entry | None:
    """Put what a folder holds before all that waits; an entry where that cannot be."""
    try:
        identity = _identity(folder)
        if identity in seen:
            return Entry(folder, "other", "folder that is listed already", str(folder.resolve()))
        seen.add(identity)
        waiting.extend(_names(folder))
    except PermissionError:
        return Entry(folder, "other", "folder without read permission")
    except OSError as error:
        return Entry(folder, "other", "folder that cannot be read", error.strerror or "")
    return None
