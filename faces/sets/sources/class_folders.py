"""Faces in folders named after expressions, as FER2013 is published."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from faces.ground.progress import Progress, silent
from faces.sets.folders import Entry, list_folder
from faces.sets.sources.rows import Source, expression_of, split_of


def is_class_folders(path: Path) -> bool:
    """Whether a folder, or a split within it, has a subfolder named after an expression."""
    return any(expression_of(folder.name) for _, folder in _class_folders(path))


def read_classes(path: Path, progress: Progress = silent) -> Source:
    """Read `[split/]expression/**/picture`; there is no valence and no arousal.

    Files that are no pictures, and pictures that lie in no folder named after an expression, are
    rejected with the reason.
    """
    rows = [
        (entry.path.relative_to(path).as_posix(), *_judged(entry, path))
        for entry in progress(list_folder(path, follow_links=True).entries, f"reading {path.name}")
    ]
    table = pd.DataFrame(rows, columns=["path", "split", "expression", "reason"], dtype="object")
    return Source.of("classes", path, table)


def _judged(entry: Entry, root: Path) -> tuple[str | None, str | None, str | None]:
    """Split, expression, and the reason why a file is no face of either."""
    folders = entry.path.relative_to(root).parts[:-1]
    split = split_of(folders[0]) if folders else None
    classes = folders if split is None else folders[1:]
    expression = expression_of(classes[0]) if classes else None
    if entry.kind != "picture":
        return split, expression, entry.reason or "video, not a picture"
    if not classes:
        return split, None, "in no class folder"
    return split, expression, None if expression else f"folder {classes[0]!r} is no expression"


def _class_folders(path: Path) -> Iterator[tuple[str | None, Path]]:
    """Split and class folder of each; a split's folder is one named after a split."""
    for folder in path.iterdir():
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        split = split_of(folder.name)
        if split is None:
            yield None, folder
        else:
            yield from ((split, inner) for inner in folder.iterdir() if inner.is_dir())
