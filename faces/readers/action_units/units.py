"""Facial action units (FACS): how they are read, and what tables say of them.

Three tables lie in `tables/`, each row with its source: blendshapes and distances between landmarks
to units, expressions to units, units to valence and arousal. A copy that was edited is given by its
path.

A unit that has sides is named for each (AU12L, AU12R: the subject's left and right) and, as the
mean of both, without one (AU12). AU stands for FACS' action units and eye positions, AD for its
action descriptors. Intensity runs from 0, absent, to 1, the most that is commonly seen; it is a
position on the scale of FER+'s faces, not a FACS coder's A to E. A unit that cannot be measured
here, as `scripts/report_action_units.py` shows, is missing: NaN, never a number.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json
from faces.readers.action_units.measures import SIGNALS

TABLES = Path(__file__).parents[1] / "tables"
_PARTS = """AU1 AU2L AU2R AU4L AU4R AU5L AU5R AU6L AU6R AU7L AU7R AU8 AU9L AU9R AU10L AU10R AU12L
    AU12R AU14L AU14R AU15L AU15R AU16L AU16R AU17 AU18 AU20L AU20R AU22 AU23 AU24L AU24R AU25 AU26
    AU27 AU28T AU28B AD29 AD30L AD30R AD34 AU43L AU43R AU61 AU62 AU63 AU64"""
#: The units that the table has a row for.
PARTS: tuple[str, ...] = tuple(_PARTS.split())
#: Every unit, in the order of all arrays of intensities: PARTS, and before each pair of sides its
#: mean. A jaw that moves sideways moves to one side only, so AD30 has none.
NAMES: tuple[str, ...] = tuple(
    name
    for part in PARTS
    for name in ((part[:-1], part) if part.endswith("L") and part != "AD30L" else (part,))
)
_UPPER = ("AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU43", "AU61", "AU62", "AU63", "AU64")
_LOWER_TOO = "AU6"  # read off lids and cheeks, which a mask covers


@dataclass(frozen=True, eq=False)
class UnitTable:
    """How units are read: clip((signals · weights - start) / (full - start)).

    Attributes:
        weights: (S, K) float64, rows as in SIGNALS and columns as in NAMES; zero for the means of
            two sides.
        start, full: (K,) sums of intensity 0 and 1.
        measurable: (K,) whether a unit is read at all.
    """

    weights: np.ndarray
    start: np.ndarray
    full: np.ndarray
    measurable: np.ndarray


@dataclass(frozen=True, eq=False)
class AffectTable:
    """Valence and arousal as intercept (2,) plus intensities · weights (K, 2)."""

    weights: np.ndarray
    intercept: np.ndarray


def load_units(path: str | os.PathLike[str] | None = None) -> UnitTable:
    """The table of signals to units at `path`, or the package's own.

    A table of one's own may change terms, weights and scales; its units keep the names and the
    order of NAMES, on which every reader of units relies.

    Raises:
        CircumplexError: missing, of another kind, or a row that makes no sense.
    """
    path = TABLES / "action_units.json" if path is None else Path(path)
    rows = _rows(path, "circumplex/action-units", "units")
    by_unit = {str(row.get("unit")): row for row in rows}
    for name in sorted({*PARTS} ^ {*by_unit}):
        what = "has no row for" if name in PARTS else "has a row for the unknown unit"
        raise CircumplexError(f"{path} {what} {name}; keep the units of the package's table")
    table = UnitTable(
        weights=np.zeros((len(SIGNALS), len(NAMES))),
        start=np.zeros(len(NAMES)),
        full=np.ones(len(NAMES)),
        measurable=np.ones(len(NAMES), bool),
    )
    for name, row in by_unit.items():
        _fill(table, name, row, path)
    for k, pair in _pairs().items():
        table.measurable[k] = table.measurable[list(pair)].all()
    return table


def _fill(table: UnitTable, name: str, row: dict[str, Any], path: Path) -> None:
    """Enter a row."""
    k = NAMES.index(name)
    if "unmeasurable" in row:
        table.measurable[k] = False
        return
    for signal, weight in row.get("terms", {}).items():
        if signal not in SIGNALS:
            raise CircumplexError(
                f"{path}: {name} names {signal!r}, which is no blendshape and no measure"
            )
        table.weights[SIGNALS.index(signal), k] = _number(weight, name, signal, path)
    table.start[k] = _number(row.get("from"), name, "from", path)
    table.full[k] = _number(row.get("full"), name, "full", path)
    if not table.full[k] > table.start[k]:
        raise CircumplexError(f"{path}: full of {name} must be above from")


def read_units(signals: np.ndarray, table: UnitTable | None = None) -> np.ndarray:
    """Intensity of each unit.

    Args:
        signals: (N, S) of `measures.unit_signals`; NaN where no face was found.
        table: of `load_units`; None for the package's own.

    Returns:
        (N, K) float32 in [0, 1], columns as in NAMES; NaN rows stay NaN, and a unit that cannot be
        measured is NaN in every row.
    """
    signals = np.asarray(signals, np.float64)
    if signals.ndim != 2 or signals.shape[1] != len(SIGNALS):
        raise ValueError(f"signals have shape {signals.shape}; (N, {len(SIGNALS)}) is needed")
    table = table or _own_units()
    raw = signals @ table.weights
    intensity = np.clip((raw - table.start) / (table.full - table.start), 0, 1)
    for k, pair in _pairs().items():
        intensity[:, k] = intensity[:, list(pair)].mean(1)
    intensity[:, ~table.measurable] = np.nan
    return intensity.astype(np.float32)


@cache
def _pairs() -> dict[int, tuple[int, int]]:
    """Of each unit that is the mean of two sides, where it stands in NAMES, and where they do."""
    return {
        NAMES.index(name): (NAMES.index(f"{name}L"), NAMES.index(f"{name}R"))
        for name in NAMES
        if name not in PARTS
    }


def without_hidden(intensities: np.ndarray, hidden: Sequence[Collection[str]]) -> np.ndarray:
    """Intensities (N, K), NaN where the part of the face is hidden that shows the unit.

    Args:
        hidden: of each face, those of `faces.sets.visibility.config.REGIONS` that are. Behind
            "eyes" are the units of brows and lids, behind "mouth" all others and AU6; behind "left"
            and "right" those of that side, and the mean of both.
    """
    read = intensities.copy()
    for row, regions in zip(read, hidden, strict=True):
        for region in regions:
            row[_units_of(region)] = np.nan
    return read


@cache
def _units_of(region: str) -> np.ndarray:
    """Positions in NAMES of the units that a part of the face shows."""
    whole = [name.rstrip("LR") for name in NAMES]
    sides = [name[-1] if name[-1] in "LR" else "" for name in NAMES]
    paired = {name for name, side in zip(whole, sides, strict=True) if side}
    shown = {
        "eyes": [name in _UPPER for name in whole],
        "mouth": [name not in _UPPER or name == _LOWER_TOO for name in whole],
        "left": [n in paired and side != "R" for n, side in zip(whole, sides, strict=True)],
        "right": [n in paired and side != "L" for n, side in zip(whole, sides, strict=True)],
    }
    return np.flatnonzero(shown[region])


@cache
def _own_units() -> UnitTable:
    return load_units()


def load_affect(path: str | os.PathLike[str] | None = None) -> AffectTable:
    """The table of units to valence and arousal at `path`, or the package's own.

    Raises:
        CircumplexError: missing, of another kind, or naming a unit that there is not.
    """
    path = TABLES / "affect.json" if path is None else Path(path)
    rows = _rows(path, "circumplex/action-units-to-affect", "units")
    weights = np.zeros((len(NAMES), 2))
    for row in rows:
        name = str(row.get("unit"))
        weights[_position(name, path)] = _pair(row, name, path)
    intercept = read_json(path).get("intercept", {})
    return AffectTable(weights, np.array(_pair(intercept, "intercept", path)))


@cache
def _own_affect() -> AffectTable:
    return load_affect()


def affect_by_table(
    intensities: np.ndarray, table: AffectTable | None = None, units: UnitTable | None = None
) -> np.ndarray:
    """Valence and arousal that the table gives: (N, K) intensities to (N, 2) float32 in [-1, 1].

    A unit that `units` (None: the package's own table) cannot measure counts as absent where it is
    missing. Any other that is missing is hidden: what it counts for is unknown, and stays NaN.
    """
    table, units = table or _own_affect(), units or _own_units()
    intensities = np.asarray(intensities, np.float64)
    missing = np.isnan(intensities)
    hidden = (missing & units.measurable) @ (table.weights != 0)
    nothing = missing.all(1, keepdims=True)
    read = np.where(missing, 0, intensities) @ table.weights + table.intercept
    return np.where(hidden | nothing, np.nan, np.clip(read, -1, 1)).astype(np.float32)


def prototypes(path: str | os.PathLike[str] | None = None) -> np.ndarray:
    """Which units show which expression.

    Args:
        path: of an edited table; None for the package's own.

    Returns:
        (8, K) weights in [0, 1], rows in the order of `faces.circumplex.EXPRESSIONS`: the share of
        people, or 1 where the source names a unit without a share. What shows on one side has its
        weight on the right, as in FACS' codes, and is meant for either.

    Raises:
        CircumplexError: missing, of another kind, or naming what there is not.
    """
    path = TABLES / "expressions.json" if path is None else Path(path)
    weights = np.zeros((len(EXPRESSIONS), len(NAMES)))
    for row in _rows(path, "circumplex/expressions-to-action-units", "expressions", 2):
        name = str(row.get("expression"))
        if name not in EXPRESSIONS:
            raise CircumplexError(f"{path}: {name!r} is none of {', '.join(EXPRESSIONS)}")
        for unit in row.get("units", []):
            at = _position(str(unit.get("unit")), path)
            weights[EXPRESSIONS.index(name), at] = _number(unit.get("weight"), name, "weight", path)
    return weights


def _rows(path: Path, schema: str, key: str, version: int = 1) -> list[dict[str, Any]]:
    table = read_json(path)
    if not isinstance(table, dict):
        raise CircumplexError(f"{path} is no table of {schema}; copy the package's and edit that")
    check_schema(table, schema, version, path)
    rows = table.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CircumplexError(f"{path} has no list {key!r} of rows; copy the package's table")
    return rows


def _position(name: str, path: Path) -> int:
    if name not in NAMES:
        raise CircumplexError(f"{path}: {name!r} is no action unit here; use {', '.join(NAMES)}")
    return NAMES.index(name)


def _pair(row: dict[str, Any], name: str, path: Path) -> tuple[float, float]:
    valence, arousal = (_number(row.get(k), name, k, path) for k in ("valence", "arousal"))
    return valence, arousal


def _number(value: object, name: str, key: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise CircumplexError(f"{path}: {key} of {name} is {value!r}; it must be a number")
    return float(value)
