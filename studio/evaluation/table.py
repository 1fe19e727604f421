"""readings.parquet: a row a picture, with what was requested of it and what every reader found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.tables import write_parquet
from studio.evaluation.edits import EditReadings
from studio.evaluation.picture_measures import PICTURE
from studio.evaluation.side_effects import POSE, identity_distance
from vae.probing.evidence import TARGETS


def write_table(
    path: Path, readings: EditReadings, covered: np.ndarray | None, reliability: Mapping[str, Any]
) -> None:
    """Write it, the neutral face of each seed before its edits; beside the request what readers are
    to find (`expected_…`).

    Args:
        covered: (P,) bool, whether the points are reachable; None where that is not known.
        reliability: of all readers (`studio.evaluation.reliability`): each reading stands with the
            bounds of its 95 % interval, as `…_low` and `…_high`.
    """
    targets = np.concatenate([[(0.0, 0.0)], readings.points])
    count = len(readings.seeds)
    columns: dict[str, np.ndarray] = {
        "seed": np.repeat(readings.seeds, len(targets)),
        "valence": np.tile(targets[:, 0], count),
        "arousal": np.tile(targets[:, 1], count),
        "expected_valence": np.tile(readings.expected[:, 0], count),
        "expected_arousal": np.tile(readings.expected[:, 1], count),
    }
    if covered is not None:
        columns["reachable"] = np.tile(np.concatenate([[True], covered]), count)
    columns["found"] = readings.found.ravel()
    for name, values in readings.affect.items():
        for k, target in enumerate(TARGETS):
            read, half = values[..., k].ravel(), _half_width(reliability[target])
            columns[f"{name}_{target}"] = read
            columns[f"{name}_{target}_low"] = read - half
            columns[f"{name}_{target}_high"] = read + half
    for axis, name in enumerate(POSE):
        columns[name] = readings.pose[..., axis].ravel()
    neutral = np.where(np.isfinite(readings.identity[:, :1, 0]), 0.0, np.nan)
    distance = np.concatenate([neutral, identity_distance(readings)], axis=1)
    columns["identity_distance"] = distance.ravel()
    for k, name in enumerate(("female", "age")):
        columns[name] = readings.appearance[..., k].ravel()
    for k, name in enumerate(PICTURE):
        columns[name] = readings.picture[..., k].ravel()
    write_parquet(path, columns)


def _half_width(target: Mapping[str, Any] | None) -> float:
    """Of the interval of a single reading; NaN where it is not known."""
    half = None if target is None else target["half_width"]
    return float("nan") if half is None else float(half)
