"""Rows of one table beside those of another that name the same files."""

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np


def match_files(wanted: Sequence[str | None], listed: Sequence[str | None]) -> np.ndarray:
    """Where each wanted file is listed: by its path, else by its name, else without its suffix.

    The first of these by which any is found holds for all. A path that is listed twice counts as
    its first; a name that two files share, on either side, counts as none.

    Returns:
        (N,) int64 positions in `listed`, -1 where there is none.
    """
    places: dict[str | None, int] = {}
    for at, path in enumerate(listed):
        if path is not None:
            places.setdefault(path, at)
    keys: tuple[Callable[[str], str], ...] = (str, _name, _stem)
    for key in keys:
        ours, theirs = _owners(wanted, key), _owners(listed, key)
        found = [
            -1 if path is None or ours[key(path)] is None else places.get(theirs.get(key(path)), -1)
            for path in wanted
        ]
        if max(found, default=-1) >= 0:
            return np.array(found, np.int64)
    return np.full(len(wanted), -1, np.int64)


def _owners(paths: Sequence[str | None], key: Callable[[str], str]) -> dict[str, str | None]:
    """The path that has a key; None where different paths have it."""
    owners: dict[str, str | None] = {}
    for path in dict.fromkeys(paths):
        if path is not None:
            owners[key(path)] = None if key(path) in owners else path
    return owners


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _stem(path: str) -> str:
    return PurePosixPath(_name(path)).stem
