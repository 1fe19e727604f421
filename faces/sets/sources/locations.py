"""Where the pictures of a table lie, however the table writes their paths."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from faces.sets.folders import PICTURES, list_folder

_SAMPLED = 40
_COMMON = (".jpg", ".png", ".jpeg", ".JPG", ".bmp")
#: Folders beside a table in which pictures are looked for.
_BESIDE = ("images", "Images", "img", "imgs", "pictures", "faces", "data")


Rule = Callable[[str], str]


@dataclass(frozen=True)
class Located:
    """Paths of a table relative to `root`, and how they were found, in words."""

    root: Path
    paths: pd.Series
    note: str = ""


def locate(paths: pd.Series, folder: Path, images: Path | None = None) -> Located:
    """Find the pictures of a table's paths.

    As they are written, below the table's folder; with slashes for backslashes and without a
    drive or leading folders of another machine; with a suffix where there is none; at last by
    their names among all pictures there. Paths that are found in no way stay as they are.

    Args:
        paths: text, None where there is none.
        folder: of the table.
        images: the folder of the pictures, where it is another.
    """
    known = paths.dropna()
    sample = [str(path) for path in known.iloc[_spread(len(known))]]
    root = images or folder
    best, best_found = Located(root, paths), 0
    if not sample:
        return best
    for start, note, rule in _rules(sample, root, alone=images is not None):
        found = sum(_is_file(start / rule(path)) for path in sample)
        if found > best_found:
            written = paths.map(rule, na_action="ignore").astype("object")
            best, best_found = Located(start, written.where(written.notna(), None), note), found
        if found == len(sample):
            return best
    # a picture or two may be missing from any set
    return best if 2 * best_found > len(sample) else _by_name(paths, root, best, best_found)


def locate_by(paths: pd.Series, ways: Iterable[tuple[Path, Rule]]) -> Located | None:
    """The first folder in which most of the pictures lie by its rule, if there is one.

    Args:
        paths: as for `locate`.
        ways: a folder, and what a path becomes in it.
    """
    known = paths.dropna()
    sample = [str(path) for path in known.iloc[_spread(len(known))]]
    for start, rule in ways:
        if 2 * sum(_is_file(start / rule(path)) for path in sample) > len(sample):
            written = paths.map(rule, na_action="ignore").astype("object")
            return Located(start, written.where(written.notna(), None))
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is longer than the system takes
        return False


def _rules(sample: list[str], root: Path, alone: bool) -> Iterator[tuple[Path, str, Rule]]:
    """Folder, words and rule of each way to read the paths, the plainest first."""
    starts = [root] if alone else [root, *(root / name for name in _BESIDE), root.parent]
    starts = [start for start in starts if start.is_dir()]
    bare = not any(Path(path).suffix.lower() in PICTURES for path in sample)
    depth = max(len(_parts(path)) for path in sample)
    for suffix in ("", *_COMMON) if bare else ("",):
        yield from ((start, _where(start, root, suffix), _as_written(suffix)) for start in starts)
        for dropped in range(depth):
            note = f"without their first {dropped} folders" if dropped else "with slashes"
            for start in starts:
                yield start, f"paths {note}{_where(start, root, suffix)}", _short(dropped, suffix)


def _as_written(suffix: str) -> Rule:
    return lambda path: path + suffix


def _short(dropped: int, suffix: str) -> Rule:
    return lambda path: "/".join(_parts(path)[dropped:] or [path]) + suffix


def _parts(path: str) -> list[str]:
    """Folders and file of a path of any system, without drive and root."""
    plain = re.sub(r"^[A-Za-z]:", "", path.strip()).replace("\\", "/")
    return [part for part in plain.split("/") if part not in ("", ".")]


def _where(start: Path, root: Path, suffix: str) -> str:
    below = "" if start == root else f" in {start.name}/"
    return below + (f" with {suffix}" if suffix else "")


def _by_name(paths: pd.Series, root: Path, best: Located, best_found: int) -> Located:
    """The pictures under `root` that have the paths' names, each name once."""
    names: dict[str, str | None] = {}
    for entry in list_folder(root).entries:
        if entry.kind == "picture":
            path = entry.path.relative_to(root).as_posix()
            for key in {_key(path), _key(path.replace("_aligned.", "."))}:
                names[key] = None if key in names else path
    found = paths.map(lambda path: names.get(_key(path)), na_action="ignore").astype("object")
    count = int(found.notna().sum())
    if count * _SAMPLED <= best_found * len(paths):
        return best
    return Located(root, found.where(found.notna(), paths), f"{count} found by their file names")


def _key(path: str) -> str:
    """A file's name without folder, suffix and leading zeros, in one form of Unicode."""
    name = PurePosixPath("/".join(_parts(path)))
    stem = name.stem if name.suffix.lower() in PICTURES else name.name
    plain = unicodedata.normalize("NFC", stem).casefold()
    return plain.lstrip("0") or "0"


def _spread(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, max(0, count - 1), min(_SAMPLED, count)).astype(int))
