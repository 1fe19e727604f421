"""Fit what is computed in the tables of action units, on FER+'s `train`.

    python scripts/fit_action_units.py FERPLUS [--processes N] [--cache FOLDER]

FERPLUS is FER+'s manifest.csv. Up to 300 faces of each expression and 600 neutral ones are read.

Some actions move the same points as others do: a smile lifts the upper lip and widens the mouth.
Each unit in UNITS is a sum of signals less what others of them predict of it by least squares.
Intensity is 0 at the median of neutral faces, so that half of them read a little above, and 1 at
the 99th percentile of all. The intercept of the table of valence and arousal is set so that
neutral faces read (0, 0) on average.
"""

from faces.ground.process import configure

configure()  # before anything below loads torch

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from expressive_faces import ExpressiveFaces, read_expressive

from faces.ground.files import read_json, write_bytes
from faces.readers.action_units import units as action_units
from faces.readers.action_units.units import TABLES, load_affect, read_units

#: Faces of an expression that are read.
MOST = 300
#: Sides as units and as signals name them.
SIDES = {"L": "Left", "R": "Right"}


@dataclass(frozen=True)
class Definition:
    """How a unit is read; `*` in a signal's name stands for the side.

    Attributes:
        terms: weights of signals; "sd" divides a signal by its deviation among neutral faces.
        less: signals whose linear part is taken out.
        among: expressions of the faces on which that part is estimated; none for all faces.
        source: what the definition rests on.
        times: how much of that part is taken out; more than all of it, set by hand, where smiles
            of `train` read higher than neutral faces without.
    """

    terms: dict[str, float | str]
    less: tuple[str, ...]
    among: tuple[str, ...]
    source: str
    times: float = 1.0


_SMILES = ("happiness", "neutral")
UNITS = {
    "AU6": Definition(
        {"lowerLid*": "-sd", "cheekEye*": "-sd"},
        ("browDown*",),
        (),
        "orbicularis oculi, outer part: the lower lid stands higher and the cheek nearer to the "
        "eye's outer corner; less what a lowered brow has of it. Lids that AU7 raises, and a cheek "
        "that a strong AU12 lifts, read alike",
    ),
    "AU10": Definition(
        {"mouthUpperUp*": 1.0, "lipNose": -2.0},
        ("mouthSmile*",),
        _SMILES,
        "levator labii superioris: the upper lip rises (mouthUpperUp) and comes nearer to the "
        "nose; less one and a half times what a smile has of it",
        times=1.5,
    ),
    "AU14": Definition(
        {"mouthDimple*": 1.0},
        ("mouthSmile*", "mouthLowerDown*"),
        _SMILES,
        "buccinator: the corner of the mouth is drawn in (mouthDimple); less what a smile and a "
        "lowered lip have of it",
    ),
    "AU20": Definition(
        {"mouthStretch*": "sd", "mouthWidth": "sd"},
        ("mouthSmile*", "jawOpen"),
        (),
        "risorius: the corners are drawn apart (mouthStretch) and the mouth is wide; less 1.2 "
        "times what a smile and an open jaw have of it",
        times=1.2,
    ),
}


def fitted_terms(faces: ExpressiveFaces, definition: Definition, side: str) -> dict[str, float]:
    """Weights of signals for one side."""
    neutral = faces.shows("neutral")
    terms = {}
    for name, weight in definition.terms.items():
        name = name.replace("*", side)
        if isinstance(weight, str):
            sign = -1 if weight.startswith("-") else 1
            weight = sign / float(faces.signal(name)[neutral].std())
        terms[name] = weight
    among = faces.shows(*definition.among) if definition.among else slice(None)
    less = [name.replace("*", side) for name in definition.less]
    inputs = np.stack([np.ones(len(faces.signals)), *map(faces.signal, less)], axis=1)[among]
    predicted = np.linalg.lstsq(inputs, weighted(faces, terms)[among], rcond=None)[0]
    parts = -definition.times * predicted[1:]
    terms |= {name: float(part) for name, part in zip(less, parts, strict=True)}
    return {name: round(weight, 4) for name, weight in terms.items()}


def weighted(faces: ExpressiveFaces, terms: dict[str, float]) -> np.ndarray:
    """The weighted sum of signals, (N,)."""
    return np.sum([weight * faces.signal(name) for name, weight in terms.items()], axis=0)


def scaled(faces: ExpressiveFaces, *sides: dict[str, float]) -> tuple[float, float]:
    """The sums of intensity 0 and 1, the mean of the sides' own."""
    sums = np.stack([weighted(faces, terms) for terms in sides])
    start = np.median(sums[:, faces.shows("neutral")], axis=1).mean()
    return float(start), float(np.percentile(sums, 99, axis=1).mean())


def fit_rows(faces: ExpressiveFaces, rows: list[dict[str, Any]]) -> None:
    """Enter terms and scales of the units of UNITS; both sides share their mean scale."""
    by_unit = {row["unit"]: row for row in rows}
    for unit, definition in UNITS.items():
        terms = {side: fitted_terms(faces, definition, word) for side, word in SIDES.items()}
        start, full = scaled(faces, *terms.values())
        for side in SIDES:
            by_unit[unit + side] |= {
                "terms": terms[side],
                "from": round(start, 4),
                "full": round(full, 4),
                "source": definition.source + "; fitted by scripts/fit_action_units.py",
            }


def write_table(path: Path, table: dict[str, Any], key: str) -> None:
    """JSON with a row a line, so that a difference shows which rows changed."""
    head = json.dumps({k: v for k, v in table.items() if k != key}, indent=1, ensure_ascii=False)
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in table[key])
    write_bytes(path, f'{head[:-2]},\n "{key}": [\n{rows}\n ]\n}}\n'.encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    faces = read_expressive(given.ferplus, "train", MOST, given.processes, given.cache)
    units, affect = TABLES / "action_units.json", TABLES / "affect.json"
    table = read_json(units)
    fit_rows(faces, table["units"])
    write_table(units, table, "units")
    read = read_units(faces.signals[faces.shows("neutral")], action_units.load_units(units))
    middle = -np.nan_to_num(read).mean(0) @ load_affect(affect).weights
    table = read_json(affect)
    table["intercept"] |= {
        "valence": round(float(middle[0]), 2),
        "arousal": round(float(middle[1]), 2),
    }
    write_table(affect, table, "units")
    print(f"{len(faces.signals)} faces; intercept {middle.round(3)}")


if __name__ == "__main__":
    main()
