"""The table of a probe's scores, which its own page and a bridge's share."""

from collections.abc import Mapping, Sequence
from typing import Any

from studio.reports.formatting import interval, number, small, with_interval
from studio.reports.page import Row
from vae.probing.evidence import TARGETS

_NAMES = {"r2": "R²", "ccc": "CCC", "rmse": "RMSE", "pearson": "Pearson r"}
_ALONE = {"r2_alone_before": "R² of the raw vector alone", "r2_alone": "R² of the direction alone"}


def score_rows(sides: Sequence[Mapping[str, Any]], shuffled: str) -> list[Row]:
    """A row a measure, a cell for valence and one for arousal of each side.

    Args:
        sides: evaluations that stand beside each other.
        shuffled: what was shuffled for the baseline: "labels" or "scores".
    """
    scores = [side[target] for side in sides for target in TARGETS]
    chance = [
        (small(score["shuffled_r2"]), interval(score["shuffled_r2_interval"], 3))
        for score in scores
    ]
    rows: list[Row] = [
        [name, *(with_interval(score, key, 3) for score in scores)] for key, name in _NAMES.items()
    ]
    rows.append([f"R², {shuffled} shuffled", *chance])
    for count in sides[0].get("components", {}):
        baseline = [side["components"][count][target] for side in sides for target in TARGETS]
        cells = [with_interval(score, "r2", 3) for score in baseline]
        rows.append([f"R², {count} principal components of the pixels", *cells])
    for key, name in _ALONE.items():
        rows.append([name, *((number(score[key], 3), "") for score in scores)])
    return rows
