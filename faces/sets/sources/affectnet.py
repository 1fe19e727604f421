"""AffectNet as published: CSV lists of the full set, and folders of arrays of the smaller one.

Mollahosseini, Hasani and Mahoor, "AffectNet: a database for facial expression, valence, and
arousal computing in the wild", IEEE Trans. Affective Computing 10 (2019).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.folders import subfolders
from faces.sets.sources.code_books import BOOKS, Meanings
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import BOX, POINTS, Source
from faces.sets.sources.words import split_of

_LIST_COLUMNS = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
# where the pictures lie, seen from the lists' folder or the one above it
_PICTURES = (
    "",
    "Manually_Annotated_Images",
    "Manually_Annotated/Manually_Annotated_Images",
    "Automatically_Annotated_Images",
    "Automatically_Annotated/Automatically_Annotated_Images",
    "images",
)
_ROWS_AT_ONCE = 20_000
# the eyes' outlines, the nose's tip and the mouth's corners among the 68 landmarks of iBUG 300-W
_EYES, _NOSE, _MOUTH = (slice(36, 42), slice(42, 48)), 30, (48, 54)


def is_list(path: Path) -> bool:
    """Whether a CSV file is one of AffectNet's lists, with its header or without."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            first = stream.readline().strip().split(",")
    except OSError:
        return False
    bare = len(first) == len(_LIST_COLUMNS) and first[5].count(";") == 135
    return _LIST_COLUMNS[0] in first or bare


def find_lists(path: Path) -> list[Path]:
    """AffectNet's lists at a path: the file itself, or those in a folder and its subfolders."""
    if path.is_file():
        return [path] if path.suffix == ".csv" and is_list(path) else []
    return [file for file in sorted([*path.glob("*.csv"), *path.glob("*/*.csv")]) if is_list(file)]


def has_lists(path: Path, options: SourceOptions) -> bool:
    """Whether AffectNet's lists are at a path; their form proves the code book."""
    return bool(find_lists(path))


def read_lists(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read the CSV lists at a path; other tables beside them are none of its business.

    A list's name tells its split: training, validation; any other leaves it open.
    `options.images` is the folder that the paths are relative to, where it is another.

    Raises:
        CircumplexError: no list there, or one that cannot be read.
    """
    lists = find_lists(path)
    if not lists:
        raise CircumplexError(f"{path} holds no AffectNet list; name the CSV file or its folder")
    root = path if path.is_dir() else path.parent
    pieces: list[pd.DataFrame] = []
    for file in lists:
        pieces.extend(progress(_list_pieces(file), f"reading {file.name}"))
    table = pd.concat(pieces, ignore_index=True)
    listed = table.pop("list")
    if options.images is None:
        root, table["path"] = _located(root, table["path"], listed)
    else:
        root = options.images
    meanings = _meanings(options)
    named = ", ".join(file.name for file in lists)
    notes = [f"AffectNet's lists {named}", f"expressions by the codes of {meanings.book}"]
    return Source.of("affectnet-lists", root, table, meanings=meanings, notes=notes)


def _meanings(options: SourceOptions) -> Meanings:
    """AffectNet's own codes, unless others were named."""
    return options.meanings().proven(BOOKS["affectnet"])


def _list_pieces(file: Path) -> Iterator[pd.DataFrame]:
    """Pieces of one list as columns of a source; landmarks are boiled down piece by piece."""
    with file.open(encoding="utf-8-sig", errors="replace") as stream:
        named = _LIST_COLUMNS[0] in stream.readline()
    try:
        pieces = pd.read_csv(
            file,
            header=0 if named else None,
            names=None if named else list(_LIST_COLUMNS),
            chunksize=_ROWS_AT_ONCE,
            dtype={"facial_landmarks": "str", "subDirectory_filePath": "str"},
            encoding="utf-8-sig",
        )
        for piece in pieces:
            yield _columns(piece, file)
    except (ValueError, KeyError) as error:
        raise CircumplexError(f"{file} is not a readable AffectNet list ({error})") from error


def _columns(piece: pd.DataFrame, file: Path) -> pd.DataFrame:
    corner = piece[["face_x", "face_y"]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    side = piece[["face_width", "face_height"]].apply(pd.to_numeric, errors="coerce")
    box = np.hstack([corner, corner + side.to_numpy(float)])
    box[~(side.to_numpy(float) > 0).all(axis=1)] = np.nan
    points = np.stack([_five_of_text(text) for text in piece["facial_landmarks"]])
    columns = piece[["expression", "valence", "arousal"]].assign(
        path=piece["subDirectory_filePath"], split=split_of(file.stem), list=str(file)
    )
    columns[list(BOX)] = box
    columns[list(POINTS)] = points.reshape(len(piece), -1)
    return columns


def _located(root: Path, paths: pd.Series, lists: pd.Series) -> tuple[Path, pd.Series]:
    """The folder that the pictures are relative to, and their paths from there."""
    folders = {}
    for file, listed in paths.groupby(lists):
        sample = listed.dropna().head(20)
        for base in (Path(file).parent, root, root.parent):
            existing = [
                base / sub for sub in _PICTURES if any((base / sub / p).is_file() for p in sample)
            ]
            if existing:
                folders[file] = existing[0]
                break
        else:
            folders[file] = root
    if any(not folder.is_relative_to(root) for folder in folders.values()):
        root = root.parent
    prefix = lists.map({file: folder.relative_to(root) for file, folder in folders.items()})
    return root, pd.Series(
        [
            None if pd.isna(path) else (start / path).as_posix()
            for start, path in zip(prefix, paths, strict=True)
        ],
        dtype="object",
    )


def array_folders(path: Path) -> dict[str | None, Path]:
    """Folders with `images` and `annotations` by split: the path itself, or those within."""
    if (path / "images").is_dir() and (path / "annotations").is_dir():
        return {split_of(path.name): path}
    folders: dict[str | None, Path] = {}
    for folder in (path / name for name in subfolders(path, follow_links=True)):
        if (folder / "images").is_dir() and (folder / "annotations").is_dir():
            folders[split_of(folder.name)] = folder
    return folders


def has_arrays(path: Path, options: SourceOptions) -> bool:
    """Whether a path is a folder of images and annotations, or holds such."""
    return path.is_dir() and bool(array_folders(path))


def read_arrays(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read folders of `images/ID.jpg` with `annotations/ID_{exp,val,aro,lnd}.npy`.

    Raises:
        CircumplexError: no such folder at the path.
    """
    folders = array_folders(path) if path.is_dir() else {}
    if not folders:
        raise CircumplexError(f"{path} holds no images and annotations; name the folder above them")
    rows = []
    for split, folder in folders.items():
        pictures = sorted(file for file in (folder / "images").iterdir() if file.name[0] != ".")
        for picture in progress(pictures, f"reading {folder.name}", len(pictures)):
            rows.append(
                (picture.relative_to(path).as_posix(), split, *_annotations(folder, picture.stem))
            )
    names = ("path", "split", "expression", "valence", "arousal", *POINTS)
    meanings = _meanings(options)
    table = pd.DataFrame(rows, columns=names)
    notes = ["AffectNet's annotations", f"expressions by the codes of {meanings.book}"]
    return Source.of("affectnet-arrays", path, table, meanings=meanings, notes=notes)


def _annotations(folder: Path, name: str) -> tuple[object, ...]:
    """Expression, valence, arousal and the five points of one picture."""
    values = [
        _array(folder / "annotations" / f"{name}_{kind}.npy") for kind in ("exp", "val", "aro")
    ]
    landmarks = _array(folder / "annotations" / f"{name}_lnd.npy")
    single = [None if value is None or value.size != 1 else str(value.item()) for value in values]
    return (*single, *_five(landmarks).ravel())


def _array(path: Path) -> np.ndarray | None:
    try:
        return np.load(path)
    except (OSError, ValueError, EOFError):
        # a label that is not there or cannot be read is a missing label
        return None


def _five_of_text(text: object) -> np.ndarray:
    if not isinstance(text, str):
        return _five(None)
    try:
        return _five(np.array(text.split(";"), np.float64))
    except ValueError:
        return _five(None)


def _five(landmarks: np.ndarray | None) -> np.ndarray:
    """The five points (5, 2) of 68 landmarks; NaN where there are none."""
    if landmarks is None or landmarks.size != 136:
        return np.full((5, 2), np.nan)
    try:
        all_points = landmarks.astype(np.float64).reshape(68, 2)
    except ValueError:
        return np.full((5, 2), np.nan)
    eyes = [all_points[outline].mean(axis=0) for outline in _EYES]
    return np.stack([*eyes, all_points[_NOSE], *(all_points[corner] for corner in _MOUTH)])
