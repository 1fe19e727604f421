"""FER+ faces of clear expression for `fit_action_units.py` and `report_action_units.py`.

A manifest is FER+'s: path, split, expression and votes_* of each expression. Faces with a tie among
the votes are left out, for nobody knows what they show.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from faces.circumplex import EXPRESSIONS
from faces.readers.action_units.measures import SIGNALS, unit_signals
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from studio.cli.terminal import show_progress

_OF_A_GROUP, _AGES = 90, ("20-29", "30-39", "40-49")
_VOTES = [f"votes_{name}" for name in EXPRESSIONS]


@dataclass(frozen=True, eq=False)
class ExpressiveFaces:
    """What action units are read off, of N faces in which the landmarker found landmarks.

    Attributes:
        signals: (N, S) of `measures.unit_signals`.
        expression: (N,) the majority's; of `read_by_group`, the group.
    """

    signals: np.ndarray
    expression: np.ndarray

    def shows(self, *names: str) -> np.ndarray:
        """(N,) which faces show one of these expressions."""
        return np.isin(self.expression, names)

    def signal(self, name: str) -> np.ndarray:
        """(N,) one signal."""
        return self.signals[:, SIGNALS.index(name)]


def read_expressive(
    manifest: Path, split: str, most: int, processes: int, cache: Path | None
) -> ExpressiveFaces:
    """Up to `most` faces of each expression of a split, and twice as many neutral ones.

    Args:
        cache: folder that keeps what was read, or None.
    """
    file = cache and cache / f"expressive-{split}-{most}.npz"
    table = _drawn(pd.read_csv(manifest), split, most)
    return _read(table, "expression", manifest.parent, processes, file)


def read_by_group(manifest: Path, processes: int, cache: Path | None) -> ExpressiveFaces:
    """Adults of FairFace's manifest that look neutral to the pixel reader, by ethnicity."""
    file = cache and cache / "expressive-groups.npz"
    table = pd.read_csv(manifest)
    table = table[table["age"].isin(_AGES)]
    parts = [
        of.sample(min(_OF_A_GROUP, len(of)), random_state=1) for _, of in table.groupby("ethnicity")
    ]
    return _read(pd.concat(parts), "ethnicity", manifest.parent, processes, file, neutral=True)


def _read(
    table: pd.DataFrame,
    column: str,
    folder: Path,
    processes: int,
    cache: Path | None,
    *,
    neutral: bool = False,
) -> ExpressiveFaces:
    """Read the table's pictures, or what `cache` holds of them.

    Args:
        column: what is told of a face as its expression.
        neutral: whether only faces are taken that look neutral to the pixel reader.
    """
    if cache and cache.is_file():
        with np.load(cache) as stored:
            return ExpressiveFaces(stored["signals"], stored["expression"])
    paths = [str(folder / name) for name in table["path"]]
    signals, names = [], []
    config, pixel = LandmarkerConfig(confidence=False), "bundled" if neutral else None
    with FaceReader(config, pixel=pixel, affect=None, processes=processes) as reader:
        readings = show_progress(reader.read_files(paths), f"faces by {column}", len(paths))
        for reading, name in zip(readings, table[column], strict=True):
            if reading.landmarks is None:
                continue
            if neutral and (reading.probabilities is None or reading.probabilities[0] < 0.5):
                continue
            signals.append(unit_signals([reading.landmarks])[0])
            names.append(name)
    found = ExpressiveFaces(np.array(signals), np.array(names, str))
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, signals=found.signals, expression=found.expression)
    return found


def _drawn(table: pd.DataFrame, split: str, most: int) -> pd.DataFrame:
    """The faces of clear expression that are looked at."""
    votes = np.sort(table[_VOTES].to_numpy(), axis=1)
    clear = table[(table["split"] == split) & (votes[:, -1] > votes[:, -2])]
    parts = []
    for name in EXPRESSIONS:
        of = clear[clear["expression"] == name]
        count = most * (2 if name == "neutral" else 1)
        parts.append(of.sample(min(count, len(of)), random_state=0))
    return pd.concat(parts)
