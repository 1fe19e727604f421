"""Faces in YOLO's form: data.yaml with the classes' names, and a text file of boxes a picture."""

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from faces.ground.errors import CircumplexError, first_line
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import book_of, meanings_of
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import BOX, Source
from faces.sets.sources.trees import Tree, open_tree
from faces.sets.sources.words import split_of

_NAMES = ("data.yaml", "data.yml", "dataset.yaml")
_IMAGES, _LABELS = "images", "labels"


def classes_file(path: Path) -> Path | None:
    """The YAML file that a path means: the file, or the one in a folder."""
    if path.is_file():
        return path if path.suffix.lower() in (".yaml", ".yml") else None
    return next((path / name for name in _NAMES if (path / name).is_file()), None)


def is_yolo(path: Path, options: SourceOptions) -> bool:
    """Whether a path holds YOLO's file of classes."""
    return classes_file(path) is not None


def read_yolo(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read `SPLIT/images/x.jpg` with `SPLIT/labels/x.txt`, or `images/SPLIT` with `labels/SPLIT`.

    Of several faces in a picture the one with the largest box is taken.

    Raises:
        CircumplexError: no classes' names in the YAML file.
    """
    file = classes_file(path)
    if file is None:
        raise CircumplexError(f"{path} holds no data.yaml; name the folder that does")
    book = book_of(file.name, _class_names(file))
    meanings = options.meanings().proven(book)
    tree = open_tree(file.parent)
    rows = [
        _row(name, tree)
        for name in progress(tree.pictures, f"reading {file.parent.name}", len(tree.pictures))
    ]
    table = pd.DataFrame(rows, columns=["path", "split", "expression", *BOX, "reason", "faces"])
    notes = [f"classes of {file.name}: {', '.join(map(_meaning, book.expressions.items()))}"]
    if several := int((table.pop("faces") > 1).sum()):
        notes.append(f"the largest box of {several} pictures with several")
    return Source.of("yolo", file.parent, table, meanings=meanings, notes=notes, where=file)


def _meaning(pair: tuple[str, str]) -> str:
    return f"{pair[0]} {pair[1]}"


def _class_names(file: Path) -> dict[str, str]:
    import yaml

    try:
        return meanings_of(yaml.safe_load(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CircumplexError(f"{file} is no readable YAML ({first_line(error)})") from error


def _row(name: str, tree: Tree) -> tuple[object, ...]:
    """Path, split, code, box, reason and number of faces of one picture."""
    picture = PurePosixPath(name)
    split = next((found for part in picture.parts if (found := split_of(part))), None)
    folders = [_LABELS if part == _IMAGES else part for part in picture.parts[:-1]]
    lines = _boxes(tree, "/".join((*folders, f"{picture.stem}.txt")))
    nowhere = (np.nan,) * 4
    if lines is None:
        return name, split, None, *nowhere, "no label file", 0
    if not len(lines):
        return name, split, None, *nowhere, "no face in the label file", 0
    code, x, y, width, height = lines[np.argmax(lines[:, 3] * lines[:, 4])]
    size = _size(tree, name)
    if size is None:
        return name, split, str(int(code)), *nowhere, None, len(lines)
    half = np.array([width, height]) / 2
    box = np.concatenate([np.subtract((x, y), half), np.add((x, y), half)]) * np.tile(size, 2)
    return name, split, str(int(code)), *box.tolist(), None, len(lines)


def _boxes(tree: Tree, name: str) -> np.ndarray | None:
    """Class, centre, width and height in shares of the picture, (n, 5); None without a file."""
    try:
        words = [line.split()[:5] for line in tree.store.read(name).decode().splitlines()]
        return np.array([row for row in words if len(row) == 5], np.float64).reshape(-1, 5)
    except (OSError, ValueError):
        return None


def _size(tree: Tree, name: str) -> tuple[int, int] | None:
    """Width and height by the picture's header; None where it cannot be read."""
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(tree.store.read(name))) as image:
            return image.size
    except OSError:
        return None  # it is rejected when it is opened
