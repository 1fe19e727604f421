"""Valence and arousal out of tables: their own columns, or what OpenFace and py-feat read.

py-feat's probabilities of expressions give the mean, weighted by them, of the expressions' places
on the circumplex; OpenFace's intensities of action units (0 to 5) go through the package's table of
units to valence and arousal, set by hand. Both are proxies from readings, and no ratings.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.circumplex import EXPRESSIONS, PLACES
from faces.ground.dialects import to_numbers
from faces.ground.errors import CircumplexError
from faces.readers.action_units.units import NAMES, affect_by_table
from faces.readers.other_tables import OPENFACE, read_faces
from faces.sets.file_matching import match_files
from faces.sets.manifest import FaceSet
from faces.sets.relabelling import RelabelledFaces
from faces.sets.sources.ratings import NO_LABEL

if TYPE_CHECKING:
    import pandas as pd

_PYFEAT = tuple(name for name in EXPRESSIONS if name != "contempt")
_MOST_INTENSE = 5.0  # of OpenFace's AU*_r


def relabel(faces: FaceSet, path: Path) -> RelabelledFaces:
    """A face set with valence and arousal from a table, joined by the pictures' file names.

    Raises:
        CircumplexError: unreadable, no such columns, or none of the set's files in it.
    """
    table, _ = read_faces(path)
    affect, note = read_affect(table, path)
    names = next((table[n] for n in ("path", "video_filename") if n in table), None)
    if names is None:
        raise CircumplexError(f"{path} names no files; give a table with a column of paths")
    listed = [None if name != name else str(name) for name in names]
    at = match_files(faces.manifest(["path"])["path"].tolist(), listed)
    if not (at >= 0).any():
        raise CircumplexError(f"{path} names none of the files in {faces.folder}; check its paths")
    labels = np.where((at >= 0)[:, None], affect[at], np.float32(math.nan))
    return RelabelledFaces(faces, labels, f"{note}, of {path.name}")


def read_affect(table: "pd.DataFrame", path: Path) -> tuple[np.ndarray, str]:
    """Valence and arousal of each row, (N, 2) float32 in [-1, 1], NaN where unknown; and of what.

    Raises:
        CircumplexError: there is nothing to read them from, or they are on another scale.
    """
    plain = {str(name).lower(): name for name in table.columns}
    if {"valence", "arousal"} <= set(plain):
        own = _numbers(table, [plain["valence"], plain["arousal"]]).astype(np.float32)
        own[(own == NO_LABEL).any(axis=1)] = math.nan
        if np.nanmax(np.abs(own), initial=0.0) > 1:
            raise CircumplexError(
                f"{path} has valence or arousal outside [-1, 1]; bring them to that scale"
            )
        return own, "valence and arousal"
    if set(_PYFEAT) <= set(plain):
        shares = _numbers(table, [plain[name] for name in _PYFEAT])
        places = np.array([PLACES[name] for name in _PYFEAT])
        mean = shares @ places / shares.sum(axis=1, keepdims=True)
        return mean.astype(np.float32), "a proxy from py-feat's probabilities of expressions"
    if set(OPENFACE) <= set(table.columns) and "AU12_r" in table:
        return _of_units(table), "a proxy from OpenFace's action units"
    raise CircumplexError(
        f"{path} has neither valence and arousal, nor py-feat's expressions, nor OpenFace's action "
        "units (AU12_r, …); give a table that has"
    )


def _numbers(table: "pd.DataFrame", columns: list[str]) -> np.ndarray:
    """Columns as (N, C) float64, NaN where there is no number."""
    return np.stack([to_numbers(table[name]).to_numpy(np.float64) for name in columns], axis=1)


def _of_units(table: "pd.DataFrame") -> np.ndarray:
    """Through the table of units, of both sides alike; NaN where OpenFace lost the face."""
    units = np.zeros((len(table), len(NAMES)))
    for column in table.columns:
        number = str(column).removeprefix("AU").removesuffix("_r")
        if str(column).endswith("_r") and number.isdigit():
            intensity = np.clip(_numbers(table, [column])[:, 0] / _MOST_INTENSE, 0, 1)
            for name in (f"AU{int(number)}{side}" for side in ("", "L", "R")):
                if name in NAMES:
                    units[:, NAMES.index(name)] = intensity
    affect = affect_by_table(units)
    affect[table["yaw"].isna().to_numpy()] = math.nan
    return affect
