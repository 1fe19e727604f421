"""FER2013 as Kaggle has it: fer2013.csv with the pixels, and FER+'s votes in fer2013new.csv.

Goodfellow et al., "Challenges in representation learning", ICONIP 2013; Barsoum et al., "Training
deep networks for facial expression recognition with crowd-sourced label distribution", ICMI 2016
(github.com/microsoft/FERPlus). The rows of the two files go in pairs.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faces.circumplex import PLACES
from faces.ground.errors import CircumplexError, first_line
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import BOOKS
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.stores import SpooledStore

#: FER+'s own order, in which the first of equals is the majority.
EMOTIONS = (
    *("neutral", "happiness", "surprise", "sadness"),
    *("anger", "disgust", "fear", "contempt"),
)
#: For one of the eight; below, the face counts as unknown.
LEAST_VOTES = 5
_PIXELS, _VOTES = "pixels", "NF"
_LONGEST = 2**24  # characters of a picture, which is one field


def pictures_table(path: Path) -> Path | None:
    """The table with pixels that a path means: the file, or the one in a folder."""
    files = [path] if path.is_file() else sorted(path.glob("*.csv"))
    return next((file for file in files if {"emotion", _PIXELS} <= _names(file)), None)


def is_fer2013(path: Path, options: SourceOptions) -> bool:
    """Whether a path means such a table; its columns prove the code book."""
    return pictures_table(path) is not None


def read_fer2013(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read the pixels, the expressions, and the votes where their file lies beside.

    Paths are FER+'s names of the pictures. With votes, the expression is the majority's, valence
    and arousal are those of `labels_of`, the votes of each expression are carried along
    (`votes_*`), and pictures that FER+ strikes out are rejected; else the expression is FER2013's
    own.

    Raises:
        CircumplexError: no such table, or votes that are not of the same rows.
    """
    file = pictures_table(path)
    if file is None:
        raise CircumplexError(f"{path} has no columns emotion and {_PIXELS}; give fer2013.csv")
    votes = _votes_beside(file)
    meanings = options.meanings().proven(BOOKS["fer2013"])
    store = SpooledStore()
    rows = [_row(n, row, store) for n, row in enumerate(progress(_rows(file), "reading faces"))]
    table = pd.DataFrame(rows)
    notes = [f"pixels of {file.name}"]
    extra: dict[str, Any] = {}
    if votes is None:
        notes.append(f"expressions by the codes of {meanings.book}")
    else:
        extra = _voted(table, pd.read_csv(votes, encoding="utf-8-sig"), votes)
        notes.append(f"expressions and votes of {votes.name}")
        notes.append("valence and arousal from these votes, no ratings")
    return Source.of(
        "fer2013", file.parent, table, extra,
        meanings=meanings, pictures=store, notes=notes, where=file,
    )  # fmt: skip


def _row(number: int, row: dict[str, str], store: SpooledStore) -> dict[str, Any]:
    """One face as columns of a source; its pixels go into the store."""
    path = f"fer{number:07d}.png"
    data = _picture(row.get(_PIXELS) or "")
    if data is not None:
        store.add(path, data)
    reason = None if data is not None else "pixels are no square of levels from 0 to 255"
    named = {"path": path, "split": row.get("Usage"), "expression": row.get("emotion")}
    return named | {"reason": reason}


def _picture(pixels: str) -> bytes | None:
    """A square grey picture as a PGM file's bytes, of a text of levels; None if it is none."""
    try:
        levels = np.array(pixels.split(), np.int64)
    except ValueError:
        return None
    side = round(len(levels) ** 0.5)
    if not side or side * side != len(levels) or levels.min() < 0 or levels.max() > 255:
        return None
    return b"P5 %d %d 255\n" % (side, side) + levels.astype(np.uint8).tobytes()


def _voted(table: pd.DataFrame, votes: pd.DataFrame, file: Path) -> dict[str, pd.Series]:
    """Put the majority's expression into the table of pictures; returns the columns of votes.

    Raises:
        CircumplexError: the votes are of other pictures.
    """
    same = len(votes) == len(table) and (votes["Usage"] == table["split"]).all()
    if not same:
        raise CircumplexError(
            f"{file} and the pictures beside it are not row for row of the same faces; give both "
            "as published"
        )
    labels = labels_of(votes[list(EMOTIONS)].to_numpy(np.int64))
    table["expression"], table["valence"], table["arousal"] = labels
    struck = votes["Image name"].isna()
    table["reason"] = table["reason"].mask(struck, "struck out by FER+: not a face")
    return {f"votes_{name}": votes[name] for name in EMOTIONS}


def labels_of(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expression, valence and arousal of faces on which people voted.

    Valence and arousal are the mean of the expressions' places on the circumplex, weighted by
    votes: a proxy, and no rating. The rule for the expression is the one by which the published
    figures were made, and takes more faces than `votes.majority` does: of equals the first counts,
    and votes for "unknown" and "NF" do not.

    Args:
        votes: (N, 8) counts, in the order of EMOTIONS.

    Returns:
        (N,) each: the majority's expression, or None, and numbers in [-1, 1], or NaN, where fewer
        than LEAST_VOTES are for any of the eight.
    """
    total = votes.sum(1)
    known = total >= LEAST_VOTES
    majority = np.array(EMOTIONS, object)[votes.argmax(1)]
    majority[~known] = None
    places = np.array([PLACES[name] for name in EMOTIONS])
    means = (votes @ places / np.maximum(total, 1)[:, None]).round(4) + 0.0  # no -0
    valence, arousal = np.where(known, means.T, np.nan)
    return majority, valence, arousal


def _votes_beside(file: Path) -> Path | None:
    beside = (each for each in sorted(file.parent.glob("*.csv")) if each != file)
    return next((each for each in beside if {*EMOTIONS, _VOTES} <= _names(each)), None)


def _names(file: Path) -> set[str]:
    """The names in the header of a CSV file; none of one that is none."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            first = stream.readline(4096)
    except OSError:
        return set()
    return {name.strip() for name in next(csv.reader([first], skipinitialspace=True), [])}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    """The rows of a table whose fields are long.

    Raises:
        CircumplexError: it is none.
    """
    before = csv.field_size_limit(_LONGEST)
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            table = csv.DictReader(stream, skipinitialspace=True)
            table.fieldnames = [name.strip() for name in table.fieldnames or ()]
            yield from table
    except (OSError, csv.Error) as error:
        raise CircumplexError(f"{file} is no readable table ({first_line(error)})") from error
    finally:
        csv.field_size_limit(before)
