"""Tables of faces that other programs and hands write, with this package's names and signs.

OpenFace 2 (Baltrušaitis et al., FG 2018) gives rotations in radians about axes x right, y down and
z away from the camera; py-feat (Cheong et al., 2023) gives degrees in the convention of AFLW2000.
Here yaw is positive to the viewer's right, pitch up, and roll clockwise as seen.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.dialects import read_columns
from faces.ground.errors import CircumplexError
from faces.readers.landmarks.table import COLUMNS, MESH_COLUMNS
from faces.readers.pose.head_pose import ANGLES

if TYPE_CHECKING:
    import pandas as pd

OPENFACE = ("pose_Rx", "pose_Ry", "pose_Rz")
PYFEAT = ("FaceRectX", "Pitch", "Roll", "Yaw")
#: Other names, in small letters, of columns that are known here.
_NAMES: Mapping[str, str] = {
    **{name: name for name in (*ANGLES, "label", "emotion", "expression", "split", "identity")},
    **dict.fromkeys(("path", "file", "filename", "image", "img", "input", "image_path"), "path"),
    **{"video_filename": "video_filename", "subject": "identity"},
}
#: Ways to name a coordinate of a landmark; `k` is its number and `a` its axis.
_COORDINATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<a>[xyz])_?(?P<k>\d+)",
        r"(?:landmark|lm|point|p|kp)?_?(?P<k>\d+)_?(?P<a>[xyz])",
        r"(?:landmark|lm|point|p|kp)_?(?P<a>[xyz])_?(?P<k>\d+)",
    )
)
#: Heads are seldom all within so many degrees; angles of these are radians.
_RADIANS, _ENOUGH = 1.6, 10


def read_faces(path: Path) -> tuple["pd.DataFrame", list[str]]:
    """Read a table of readings, or a folder of OpenFace's tables, a file or video each.

    Returns:
        The table under this package's names, and what was understood, in words.

    Raises:
        CircumplexError: unreadable, or a folder without such tables.
    """
    import pandas as pd

    if not path.is_dir():
        return as_ours(*read_columns(path), path.stem)
    files = [each for each in sorted(path.glob("*.csv")) if _is_openface(each)]
    if not files:
        raise CircumplexError(f"{path} holds no tables of OpenFace; name a table")
    tables = [as_ours(*read_columns(file), file.stem) for file in files]
    notes = [f"{len(files)} tables", *dict.fromkeys(n for _, found in tables for n in found)]
    return pd.concat([table for table, _ in tables], ignore_index=True), notes


def as_ours(
    table: "pd.DataFrame", notes: list[str], name: str = ""
) -> tuple["pd.DataFrame", list[str]]:
    """A table under this package's names and signs.

    Args:
        notes: what was understood of it so far.
        name: of the file, which stands for the picture or video where the table names none.
    """
    plain = {str(column): str(column).strip() for column in table.columns}
    table = table.rename(columns=plain)
    if set(OPENFACE) <= set(table.columns):
        return _of_openface(table, name), [*notes, "OpenFace's angles, radians to degrees"]
    if set(PYFEAT) <= set(table.columns):
        return _of_pyfeat(table, notes)
    return _renamed(table, notes)


def _is_openface(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as stream:
        return OPENFACE[0] in stream.readline()


def _of_openface(table: "pd.DataFrame", name: str) -> "pd.DataFrame":
    pitch, yaw, roll = np.degrees(table[list(OPENFACE)].to_numpy(np.float64)).T
    found = np.ones(len(table), bool)
    if "success" in table:
        found = table["success"].to_numpy() == 1
    angles = {"yaw": -yaw, "pitch": -pitch, "roll": roll}
    table = table.assign(
        **{each: np.where(found, values, np.nan) for each, values in angles.items()}
    )
    table, _ = _renamed(table, [])
    return table if "path" in table else table.assign(path=name)


def _of_pyfeat(table: "pd.DataFrame", notes: list[str]) -> tuple["pd.DataFrame", list[str]]:
    angles = table[["Yaw", "Pitch", "Roll"]].to_numpy(np.float64)
    known = angles[np.isfinite(angles).all(axis=1)]
    in_radians = len(known) >= _ENOUGH and bool((np.abs(known) < _RADIANS).all())
    yaw, pitch, roll = (np.degrees(angles) if in_radians else angles).T
    table = table.drop(columns=["Yaw", "Pitch", "Roll"]).assign(yaw=-yaw, pitch=pitch, roll=roll)
    table, _ = _renamed(table, [])
    return table, [*notes, f"py-feat's angles{', radians to degrees' if in_radians else ''}"]


def _renamed(table: "pd.DataFrame", notes: list[str]) -> tuple["pd.DataFrame", list[str]]:
    """Columns by their names here, whatever the case; landmarks' coordinates likewise."""
    taken = {*table.columns}
    names: dict[str, str] = {}
    for column in table.columns:
        name = _NAMES.get(column.lower().replace(" ", "_"))
        if name is not None and name not in taken:
            names[column] = name
            taken.add(name)
    if "x_0" not in taken:
        names |= _coordinates(list(table.columns))
    said = [f"{new} from {old}" for old, new in names.items() if new not in COLUMNS[3:]]
    points = sum(new in COLUMNS[3:] for new in names.values())
    said += [f"{points} coordinates by other names"] if points else []
    return table.rename(columns=names), [*notes, *said]


def _coordinates(columns: list[str]) -> dict[str, str]:
    """Columns of landmarks to their names here; {} where they are not all there."""
    for pattern in _COORDINATES:
        matches = {column: pattern.fullmatch(column) for column in columns}
        named = {c: (m["a"].lower(), int(m["k"])) for c, m in matches.items() if m}
        numbers = [number for _, number in named.values()]
        first = min(numbers, default=0)  # some count from 1
        found = {column: f"{axis}_{number - first}" for column, (axis, number) in named.items()}
        if set(MESH_COLUMNS) <= set(found.values()):
            return found
    return {}
