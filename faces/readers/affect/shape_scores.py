"""Scaled blendshapes: what the fitted reader of valence and arousal takes.

They were taken for action units when it was fitted, and bear their names. Some are none
(`action_units.units` says what is read as one); the reader keeps what it was fitted on.
"""

from functools import cache
from pathlib import Path

import numpy as np

from faces.ground.files import check_schema, read_json
from faces.readers.landmarks.table import BLENDSHAPES

_TABLE = Path(__file__).parents[1] / "tables" / "shape_scores.json"


def shape_scores(blendshapes: np.ndarray) -> np.ndarray:
    """Scores of blendshapes on the scale of FER+'s training faces.

    Args:
        blendshapes: (N, 52) in the order of `landmarks.BLENDSHAPES`; NaN where no face was found.

    Returns:
        (N, P) float32 in [0, 1], columns as in `score_names`; NaN rows stay NaN.
    """
    blendshapes = np.asarray(blendshapes, np.float64)
    if blendshapes.ndim != 2 or blendshapes.shape[1] != len(BLENDSHAPES):
        raise ValueError(f"blendshapes have shape {blendshapes.shape}; (N, 52) is needed")
    _, weights, start, full = _table()
    return np.clip((blendshapes @ weights - start) / (full - start), 0, 1).astype(np.float32)


def score_names() -> tuple[str, ...]:
    """The names of the P scores, in their order."""
    return _table()[0]


@cache
def _table() -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """Names, weights (52, P), and the sums of score 0 and 1, (P,)."""
    table = read_json(_TABLE)
    check_schema(table, "circumplex/shape-scores", 1, _TABLE)
    rows = table["scores"]
    weights = np.array([[row["terms"].get(name, 0.0) for row in rows] for name in BLENDSHAPES])
    start, full = (np.array([row[key] for row in rows], np.float64) for key in ("from", "full"))
    return tuple(row["score"] for row in rows), weights, start, full
