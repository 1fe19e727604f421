"""Faces in folders named after expressions, as FER2013 is published."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from faces.ground.progress import Progress, silent
from faces.sets.sources.rows import Source, expression_of, split_of

PICTURES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm")
)


def is_class_folders(path: Path) -> bool:
    """Whether a folder, or a split within it, has a subfolder named after an expression."""
    return any(expression_of(folder.name) for _, folder in _class_folders(path))


def read_classes(path: Path, progress: Progress = silent) -> Source:
    """Read `[split/]expression/**/picture`; there is no valence and no arousal.

    Pictures in a folder that is named after no expression are rejected.
    """
    rows: list[tuple[str, str | None, str | None, str | None]] = []
    for split, folder in progress(sorted(_class_folders(path), key=str), f"reading {path.name}"):
        expression = expression_of(folder.name)
        reason = None if expression else f"folder {folder.name!r} is no expression"
        rows.extend(
            (file.relative_to(path).as_posix(), split, expression, reason)
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in PICTURES and not file.name.startswith(".")
        )
    table = pd.DataFrame(rows, columns=["path", "split", "expression", "reason"], dtype="object")
    return Source.of("classes", path, table)


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
