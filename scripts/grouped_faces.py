"""Faces of known groups for `fit_affect.py`: manifests, groups, readings.

A manifest is a CSV or Parquet table with the columns path and, where it has them, split,
expression, identity and the groups. Pictures are read whole, as `circumplex measure` reads a
photograph: on the tight crops of a face set the same reader's valence is about 0.08 lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from faces.circumplex import EXPRESSIONS
from faces.readers.action_units.units import NAMES
from faces.readers.affect.registry import AFFECT_READERS
from faces.readers.affect.shape_scores import score_names, shape_scores
from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.reading import FaceReader
from studio.cli.terminal import show_progress
from studio.evaluation.listed_faces import age_band

GROUPS = ("gender", "age", "ethnicity")


@dataclass(frozen=True, eq=False)
class ReadFaces:
    """What readers say of N pictures; NaN where no face was found, or a part of it is hidden.

    Attributes:
        scores: (N, P) of `shape_scores`.
        units: (N, K) intensities of action units.
        affect: by reader, (N, 2) valence and arousal.
        neutral: (N,) probability of neutral by the pixel reader.
    """

    scores: np.ndarray
    units: np.ndarray
    affect: dict[str, np.ndarray]
    neutral: np.ndarray


def read_manifest(path: Path) -> pd.DataFrame:
    """The table with whole paths of pictures, and age in bands."""
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    table["path"] = [str(path.parent / name) for name in table["path"]]
    if "age" in table:
        table["age"] = [
            "unknown" if pd.isna(age) else age_band(age) or "unknown" for age in table["age"]
        ]
    return table


def read_faces(
    paths: Sequence[str], processes: int, label: str, *, pixel: bool = True
) -> ReadFaces:
    """Read the largest face of each picture with every reader that there is.

    Args:
        label: what the progress bar says.
        pixel: False leaves the pixel reader out, and with it the probability of neutral.
    """
    found = ReadFaces(
        np.full((len(paths), len(score_names())), np.nan, np.float32),
        np.full((len(paths), len(NAMES)), np.nan, np.float32),
        {name: np.full((len(paths), 2), np.nan, np.float32) for name in AFFECT_READERS},
        np.full(len(paths), np.nan, np.float32),
    )
    config = LandmarkerConfig(confidence=False)
    opened = FaceReader(config, pixel="bundled" if pixel else None, processes=processes)
    with opened as reader:
        readings = reader.read_files(paths)
        for row, reading in enumerate(show_progress(readings, label, len(paths))):
            face = reading.landmarks
            if face is not None and not (face.visibility and face.visibility.hidden):
                found.scores[row] = shape_scores(face.blendshapes[None])[0]
                found.units[row] = reading.action_units
            if reading.probabilities is not None:
                found.neutral[row] = reading.probabilities[EXPRESSIONS.index("neutral")]
            for name, pair in reading.affect.items():
                found.affect[name][row] = pair
    return found
