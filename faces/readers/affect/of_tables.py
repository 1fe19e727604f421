"""Valence and arousal out of tables: their own columns, or what readers here and elsewhere read.

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


def relabel(faces: FaceSet, path: Path, reader: str | None = None) -> RelabelledFaces:
    """A face set with valence and arousal from a table, joined by the pictures' file names.

    Args:
        reader: whose readings to take, of a table with columns NAME_valence and NAME_arousal.

    Raises:
        CircumplexError: unreadable, no such columns, or none of the set's files in it.
    """
    table, _ = read_faces(path)
    affect, note = read_affect(table, path, reader)
    names = next((table[n] for n in ("path", "video_filename") if n in table), None)
    if names is None:
        raise CircumplexError(f"{path} names no files; give a table with a column of paths")
    listed = [None if name != name else str(name) for name in names]
    at = match_files(faces.manifest(["path"])["path"].tolist(), listed)
    if not (at >= 0).any():
        raise CircumplexError(f"{path} names none of the files in {faces.folder}; check its paths")
    labels = np.where((at >= 0)[:, None], affect[at], np.float32(math.nan))
    return RelabelledFaces(faces, labels, f"{note}, of {path.name}")


def read_affect(
    table: "pd.DataFrame", path: Path, reader: str | None = None
) -> tuple[np.ndarray, str]:
    """Valence and arousal of each row, (N, 2) float32 in [-1, 1], NaN where unknown; and of what.

    Args:
        reader: whose readings to take, where the table has columns NAME_valence and NAME_arousal,
            as `circumplex measure` writes them.

    Raises:
        CircumplexError: there is nothing to read them from, they are on another scale, or several
            readers' and none was named.
    """
    if reader is not None:
        return _of_reader(table, path, reader), f"readings of {reader}, model-predicted"
    plain = {str(name).lower(): name for name in table.columns}
    if {"valence", "arousal"} <= set(plain):
        return _on_scale(table, [plain["valence"], plain["arousal"]], path), "valence and arousal"
    if set(_PYFEAT) <= set(plain):
        shares = _numbers(table, [plain[name] for name in _PYFEAT])
        places = np.array([PLACES[name] for name in _PYFEAT])
        mean = shares @ places / shares.sum(axis=1, keepdims=True)
        return mean.astype(np.float32), "a proxy from py-feat's probabilities of expressions"
    if set(OPENFACE) <= set(table.columns) and "AU12_r" in table:
        return _of_units(table), "a proxy from OpenFace's action units"
    if readers := _readers(table):
        raise CircumplexError(
            f"{path} has readings of {', '.join(readers)}; say whose are to be the labels, as "
            f"--reader {readers[0]}"
        )
    raise CircumplexError(
        f"{path} has neither valence and arousal, nor py-feat's expressions, nor OpenFace's action "
        "units (AU12_r, …); give a table that has"
    )


def _readers(table: "pd.DataFrame") -> list[str]:
    """Whose valence and arousal the table has, by the names of its columns."""
    names = [str(name) for name in table.columns]
    found = (name.removesuffix("_valence") for name in names if name.endswith("_valence"))
    return [name for name in found if f"{name}_arousal" in names]


def _of_reader(table: "pd.DataFrame", path: Path, reader: str) -> np.ndarray:
    if reader not in (there := _readers(table)):
        raise CircumplexError(
            f"{path} has no columns {reader}_valence and {reader}_arousal; it has readings of "
            f"{', '.join(there) or 'nobody'}"
        )
    return _on_scale(table, [f"{reader}_valence", f"{reader}_arousal"], path)


def _on_scale(table: "pd.DataFrame", columns: list[str], path: Path) -> np.ndarray:
    own = _numbers(table, columns).astype(np.float32)
    own[(own == NO_LABEL).any(axis=1)] = math.nan
    if np.nanmax(np.abs(own), initial=0.0) > 1:
        raise CircumplexError(
            f"{path} has valence or arousal outside [-1, 1]; bring them to that scale"
        )
    return own


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
