"""Opens what the other verbs wrote as samples of a classifier."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.dialects import SUFFIXES
from faces.ground.digests import bytes_digest, file_digest, files_digest, text_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from faces.readers.classifiers.config import FEATURES, LANDMARKS, PIXELS, POSE
from faces.readers.classifiers.samples import Samples, make_samples
from faces.readers.feature_table import ABOUT
from faces.readers.landmarks.geometry import FEATURE_NAMES, geometric_features
from faces.readers.landmarks.table import pictures_of, point_columns, points_of
from faces.readers.other_tables import read_faces
from faces.readers.pose.head_pose import ANGLES
from faces.sets import load_faceset, open_source
from faces.sets.file_matching import match_files
from faces.sets.fingerprint import rows_digest
from faces.sets.manifest import INFO
from faces.sets.sources.code_books import CodeBook, Meanings, ambiguous
from faces.sets.sources.options import SourceKeywords
from faces.sets.sources.words import split_of

if TYPE_CHECKING:
    import pandas as pd

#: Columns that tell who belongs together, the first that is there.
_GROUPS = ("identity", "video_filename", "video", "path")
#: Columns of labels, the first that is there. A table of readings has both `label` and
#: `expression`, of which the latter is what the pixel reader says.
_LABELS = ("label", "emotion", "expression")
#: The option of `circumplex measure` that writes a kind.
_WRITTEN_BY = {LANDMARKS: "--landmarks", FEATURES: "--features", POSE: "--table"}


def open_samples(
    path: str | Path,
    kind: str,
    labels: str | Path | None = None,
    codes: str | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    explained: Mapping[str, str] = MappingProxyType({}),
) -> Samples:
    """Labelled faces of a kind.

    Args:
        path: for pixels a face set; for landmarks the table of `circumplex measure --landmarks`;
            for features that table, a table with the 53 columns, or a folder of X_*.npy and
            y_*.npy; for pose a face set, a table with yaw, pitch and roll, or OpenFace's or
            py-feat's, or a folder of OpenFace's.
        kind: "pixels", "landmarks", "features" or "pose".
        labels: a list of faces (path and expression; perhaps split and identity) that labels the
            rows of a table by their file; None takes the table's own labels.
        codes: whose codes the expressions of the list or of y_*.npy are; see `open_source`.
        columns, explained: of the list, as of `SourceOptions`.

    Raises:
        CircumplexError: missing, not of this kind, or without labels; columns or words without a
            list that they are of.
    """
    path = Path(path)
    if labels is None and (columns or explained):
        flag = "--column" if columns else "--map"
        raise CircumplexError(f"{flag} is for a list of faces; name that with --labels")
    settings: SourceKeywords = {"codes": codes, "columns": columns, "explained": explained}
    if not path.exists():
        raise CircumplexError(f"{path} is missing; check its name")
    if (path / INFO).is_file():
        return _of_faceset(path, kind)
    if kind == PIXELS:
        raise CircumplexError(
            f"{path} is no face set; make one of your pictures with `circumplex prepare`"
        )
    if path.is_dir():
        if kind == FEATURES and any(path.glob("X_*.npy")):
            return _of_arrays(path, codes)
        if kind != POSE:
            raise CircumplexError(f"{path} holds no {kind}; give what `circumplex measure` wrote")
    return _of_table(path, kind, labels, settings)


def normalised_landmarks(points: np.ndarray) -> np.ndarray:
    """Landmarks (N, P, 3) freed of place, size and roll, as float32 (N, 3 P).

    P is 478, or 468 in meshes without irises: a classifier of one does not read the other.

    The centre of the points goes to 0, the line of the outer corners of the eyes becomes level, and
    the root mean square distance from the centre becomes 1.
    """
    centred = np.asarray(points, np.float64) - points.mean(1, keepdims=True, dtype=np.float64)
    eye_line = centred[:, 263, :2] - centred[:, 33, :2]
    eye_line /= np.linalg.norm(eye_line, axis=1, keepdims=True) + 1e-12
    cosine, sine = eye_line[:, :1], eye_line[:, 1:]
    x, y = centred[..., 0], centred[..., 1]
    level = np.stack([cosine * x + sine * y, cosine * y - sine * x, centred[..., 2]], axis=2)
    size = np.sqrt((level**2).sum(2).mean(1))[:, None, None] + 1e-12
    return (level / size).reshape(len(points), -1).astype(np.float32)


def _of_faceset(path: Path, kind: str) -> Samples:
    faces = load_faceset(path)
    manifest = faces.manifest()
    take: Callable[[np.ndarray], np.ndarray] = faces.read
    usable: np.ndarray | None = None
    if kind == POSE:
        angles = manifest[list(ANGLES)].to_numpy(np.float32)
        take, usable = _rows_of(angles), np.isfinite(angles).all(1)
    elif kind != PIXELS:
        raise CircumplexError(
            f"{path} is a face set, which holds no {kind}; write them with `circumplex measure`"
        )
    return make_samples(
        str(path),
        faces.identity,
        kind,
        take,
        _words(manifest["expression"]),
        usable=usable,
        groups=_words(manifest["identity"]) if manifest["identity"].notna().any() else None,
        split=_words(manifest["split"]),
        integrity=faces.integrity,
        digests=[manifest["digest"].tolist()],
        by_picture=True,
    )


def _of_arrays(folder: Path, codes: str | None) -> Samples:
    """X_NAME.npy (n, 53) and y_NAME.npy (n,), names or codes of expressions, a pair a split."""
    inputs: list[np.ndarray] = []
    labels: list[Any] = []
    split: list[str | None] = []
    files: list[Path] = []
    for file in sorted(folder.glob("X_*.npy")):
        answers = file.with_name("y_" + file.name.removeprefix("X_"))
        if not answers.is_file():
            raise CircumplexError(f"{answers} is missing beside {file.name}; write both anew")
        x, y = (_load_array(each) for each in (file, answers))
        if x.ndim != 2 or x.shape[1] != len(FEATURE_NAMES) or y.shape != (len(x),):
            raise CircumplexError(
                f"{file} {x.shape} and {answers.name} {y.shape} are no ({len(x)}, 53) and "
                f"({len(x)},); write both anew"
            )
        inputs.append(np.asarray(x, np.float32))
        labels += y.tolist()
        split += [split_of(file.stem.removeprefix("X_"))] * len(x)
        files += [file, answers]
    x = np.concatenate(inputs)
    usable = np.isfinite(x).all(1)
    return make_samples(
        str(folder),
        files_digest(files),
        FEATURES,
        _rows_of(x),
        _expressions(labels, folder, codes),
        usable=usable,
        split=split,
        digests=[_row_digests(x)],
    )


def _of_table(
    path: Path, kind: str, labels: str | Path | None, settings: SourceKeywords
) -> Samples:
    table = _read_table(path)
    inputs = _inputs(table, kind, path)
    digest, digests, by_picture = _table_digests(path, table, kind)
    integrity, split = _bytes_digest(path), None
    groups = next((_words(table[name]) for name in _GROUPS if name in table), None)
    named = next((name for name in _LABELS if name in table), None)
    words = None if named is None else _words(table[named])
    remedy = f"fill its column {named!r}, or name a list of faces with --labels"
    if named != "expression" and "expression" in table:
        remedy += " (its column 'expression' is a reading, not a label)"
    if "split" in table:
        split = _words(table["split"])
    if labels is not None:
        table = _join_labels(table, path, labels, settings)
        words, split = _words(table["expression"]), _words(table["split"])
        remedy = f"give {labels} expressions of more of these faces"
        if table["identity"].notna().any():
            groups = _words(table["identity"])
        if Path(labels).is_file():
            digest = text_digest(f"{digest} {file_digest(labels)}")
            integrity = files_digest([*_files_of(path), Path(labels)])
    if words is None:
        raise CircumplexError(
            f"{path} has no column {' or '.join(_LABELS)}; add one, or name a list with --labels"
        )
    return make_samples(
        str(path),
        digest,
        kind,
        _rows_of(inputs),
        words,
        usable=np.isfinite(inputs).all(1),
        groups=groups,
        split=split,
        integrity=integrity,
        digests=digests,
        by_picture=by_picture,
        remedy=remedy,
    )


def _table_digests(
    path: Path, table: "pd.DataFrame", kind: str
) -> tuple[str, list[list[str]], bool]:
    """What names a table, and its rows in one way or in two; whether all are known by picture.

    A table of landmarks that says of which pictures it is, is named by them and their labels:
    measured on another machine it holds other decimals. Any other is named by its bytes.
    """
    rows = _row_digests(table[_columns(table, kind)].to_numpy(np.float32), _files(table, kind))
    pictures = pictures_of(path) if "x_0" in table and path.suffix.lower() == ".parquet" else None
    if pictures is None:
        return _bytes_digest(path), [rows], False
    named = table.assign(digest=[p or row for p, row in zip(pictures, rows, strict=True)])
    about = [name for name in ("digest", "frame_num", *_LABELS, "split") if name in named]
    return rows_digest(named, about, None), [rows, named["digest"].tolist()], all(pictures)


def _row_digests(inputs: np.ndarray, names: Sequence[str] | None = None) -> list[str]:
    """SHA-256 of each row of numbers as they were read, and of its file's name where it is given.

    Args:
        inputs: (N, D) float32.
    """
    names = names or [""] * len(inputs)
    rows = np.ascontiguousarray(inputs, "<f4")
    return [
        bytes_digest(name.encode("utf-8", "surrogateescape"), row.tobytes())
        for name, row in zip(names, rows, strict=True)
    ]


def _file_column(table: "pd.DataFrame") -> str | None:
    """The column that names the rows' files."""
    return next((name for name in ("path", "video_filename") if name in table), None)


def _files(table: "pd.DataFrame", kind: str) -> list[str] | None:
    """Names of the rows' files, without their folders, where three angles alone would not do."""
    name = _file_column(table)
    if kind != POSE or name is None:
        return None
    return [Path(str(file)).name for file in table[name]]


def _inputs(table: "pd.DataFrame", kind: str, path: Path) -> np.ndarray:
    columns = _columns(table, kind)
    if lacking := [name for name in columns if name not in table]:
        raise CircumplexError(
            f"{path} has no column {lacking[0]!r}, so no {kind}; give what `circumplex measure "
            f"{_WRITTEN_BY[kind]}` wrote"
        )
    if "x_0" not in columns:
        return table[columns].to_numpy(np.float32)
    points = points_of(table)
    return normalised_landmarks(points) if kind == LANDMARKS else geometric_features(points)


def _columns(table: "pd.DataFrame", kind: str) -> list[str]:
    """The columns that a kind is read from."""
    if kind == LANDMARKS or (kind == FEATURES and "x_0" in table):
        return point_columns(table.columns)
    return list(FEATURE_NAMES if kind == FEATURES else ANGLES)


def _read_table(path: Path) -> "pd.DataFrame":
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        raise CircumplexError(f"{path} is no table; give {', '.join(SUFFIXES)} or a folder")
    return read_faces(path)[0]


def _files_of(path: Path) -> list[Path]:
    """The files of a table: itself, or the tables in a folder."""
    return [path] if path.is_file() else sorted(path.glob("*.csv"))


def _bytes_digest(path: Path) -> str:
    return file_digest(path) if path.is_file() else files_digest(_files_of(path))


def _join_labels(
    table: "pd.DataFrame", path: Path, labels: str | Path, settings: SourceKeywords
) -> "pd.DataFrame":
    """What a list of faces says of each row's file."""
    name = _file_column(table)
    if name is None:
        raise CircumplexError(f"{path} names no files that {labels} could label")
    faces = open_source(labels, **settings).faces
    at = match_files(table[name].astype(str).tolist(), faces["path"].tolist())
    if not (at >= 0).any():
        raise CircumplexError(f"{labels} names none of the files in {path}; check its paths")
    listed = faces[["expression", "split", "identity"]].reset_index(drop=True)
    return listed.reindex(at).reset_index(drop=True)


def _load_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CircumplexError(f"{path} is no readable array ({error}); write it anew") from error


def _expressions(labels: list[Any], folder: Path, codes: str | None) -> list[str | None]:
    """Names as they are; numbers by the code book of features.json or the one that was named.

    Raises:
        CircumplexError: there are numbers, and no book for them.
    """
    meanings, about = Meanings.of(codes), folder / ABOUT
    if about.is_file():
        names = dict(enumerate(read_json(about).get("classes", ())))
        meanings = meanings.proven(CodeBook(ABOUT, {str(code): n for code, n in names.items()}))
    numbers = {str(int(each)) for each in labels if not isinstance(each, str)}
    if numbers and meanings.book is None and not meanings.codes_unread:
        raise ambiguous(numbers, str(folder))
    return [
        each if isinstance(each, str) else meanings.expression(str(int(each)))[0] for each in labels
    ]


def _words(column: "pd.Series") -> Sequence[str | None]:
    return [None if value != value or value is None else str(value) for value in column]


def _rows_of(inputs: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rows: inputs[rows]
