"""Faces in YOLO's form: data.yaml with the classes' names, and a text file of boxes a picture."""

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from faces.ground.errors import CircumplexError, first_line
from faces.ground.progress import Progress, silent
from faces.sets.pictures import Rejected, suppress_pillow_warnings, upright_size
from faces.sets.sources.code_books import book_of, meanings_of
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import BOX, Source
from faces.sets.sources.trees import Tree, open_tree
from faces.sets.sources.words import split_of

_NAMES = ("data.yaml", "data.yml", "dataset.yaml")
_IMAGES, _LABELS = "images", "labels"
_NOWHERE = (np.nan,) * 4

Row = tuple[object, ...]


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

    Of several faces in a picture the one with the largest box is taken. Polygons are no boxes: a
    picture with any is rejected.

    Raises:
        CircumplexError: no classes' names in the YAML file.
    """
    file = classes_file(path)
    if file is None:
        raise CircumplexError(f"{path} holds no data.yaml; name the folder that does")
    book = book_of(file.name, _class_names(file))
    meanings = options.meanings().proven(book)
    tree = open_tree(file.parent, options.follow_links)
    named = progress(tree.pictures, f"reading {file.parent.name}", len(tree.pictures))
    with suppress_pillow_warnings():
        rows = [_row(name, tree) for name in named]
    rows += [_other(name, reason) for name, reason in _unused(tree, file.name).items()]
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


def _row(name: str, tree: Tree) -> Row:
    """Path, split, code, box, reason and number of faces of one picture."""
    split = next((found for part in PurePosixPath(name).parts if (found := split_of(part))), None)
    try:
        lines = _boxes(tree, _label_file(name))
        code, x, y, width, height = lines[np.argmax(lines[:, 3] * lines[:, 4])]
        size = upright_size(tree.store.read(name))
    except Rejected as error:
        return name, split, None, *_NOWHERE, error.reason, 0
    except (OSError, ValueError):
        return name, split, None, *_NOWHERE, "unreadable file", 0
    half = np.array([width, height]) / 2
    box = np.concatenate([np.subtract((x, y), half), np.add((x, y), half)]) * np.tile(size, 2)
    return name, split, str(int(code)), *box.tolist(), None, len(lines)


def _other(name: str, reason: str) -> Row:
    return name, None, None, *_NOWHERE, reason, 0


def _unused(tree: Tree, classes: str) -> dict[str, str]:
    """Files that are neither pictures nor their labels nor the classes' names, with the reason."""
    used = {classes, *map(_label_file, tree.pictures)}
    rest = {name: reason for name, reason in tree.others.items() if name not in used}
    return {n: "label file without a picture" if _is_label(n) else r for n, r in rest.items()}


def _is_label(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".txt" and _LABELS in path.parts[:-1]


def _label_file(name: str) -> str:
    """Where the boxes of a picture stand."""
    picture = PurePosixPath(name)
    folders = [_LABELS if part == _IMAGES else part for part in picture.parts[:-1]]
    return "/".join((*folders, f"{picture.stem}.txt"))


def _boxes(tree: Tree, name: str) -> np.ndarray:
    """Class, centre, width and height in shares of the picture, (n, 5), n at least 1.

    Raises:
        Rejected: no such file, or no boxes in it.
    """
    try:
        words = [line.split() for line in tree.store.read(name).decode().splitlines()]
    except OSError as error:
        raise Rejected("no label file") from error
    except UnicodeDecodeError as error:
        raise Rejected("label that is no box") from error
    rows = [row for row in words if row]
    if not rows:
        raise Rejected("no face in the label file")
    try:
        boxes = np.array(rows, np.float64)
    except ValueError as error:  # words, or lines of different lengths
        raise Rejected("label that is no box") from error
    if boxes.shape[1] != 5 or not np.isfinite(boxes).all():  # a polygon has more numbers
        raise Rejected("label that is no box")
    return boxes
