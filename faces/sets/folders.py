"""What the files of a folder are: pictures, or others with the reason. None is left out."""

import os
from dataclasses import dataclass
from pathlib import Path

PICTURES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm")
)
_LITTER = frozenset(("thumbs.db", "desktop.ini", "__macosx"))


@dataclass(frozen=True)
class Entry:
    """A file; kind is "picture", "other" or, of what systems keep for themselves, "hidden"."""

    path: Path
    kind: str
    reason: str = ""


@dataclass(frozen=True)
class Listing:
    """Everything under a folder, sorted by name."""

    entries: tuple[Entry, ...]


def kind_of(name: str) -> str:
    """What a file is by its name."""
    if name.startswith(".") or name.lower() in _LITTER:
        return "hidden"
    return "picture" if Path(name).suffix.lower() in PICTURES else "other"


def list_folder(folder: str | os.PathLike[str]) -> Listing:
    """Everything under a folder; nothing is opened."""
    found = []
    for file in sorted(Path(folder).rglob("*")):
        if file.is_file():
            parts = file.relative_to(folder).parts
            hidden = any(kind_of(part) == "hidden" for part in parts)
            kind = "hidden" if hidden else kind_of(file.name)
            suffix = file.suffix.lower() or "no suffix"
            found.append(Entry(file, kind, "" if kind == "picture" else f"no picture ({suffix})"))
    return Listing(tuple(found))
