"""Two generators at the same requests: each one's scores, and their difference with intervals.

Where both were measured on the same seeds a face of one and the face of the other are drawn
together, else each by itself: a seed that stands for alike faces in both (a generator with and
without its calibration, or before and after tuning) makes the difference more exact.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.agreement import (
    SCORES,
    all_scores,
    mean_rows,
    pair_sums_by_face,
    sums_of_subsets,
)
from studio.evaluation.edits import EditReadings
from studio.evaluation.scores import requested_of
from studio.evaluation.side_effects import SIDE_EFFECTS, changes, slope_rows, slopes
from vae.probing.evidence import TARGETS
from vae.probing.metrics import DRAWS, mean_of

#: What two generators are compared by.
COMPARED = ("ccc", "rmse", "slope", "bias")


def compare(
    one: EditReadings, other: EditReadings, rows: Mapping[str, np.ndarray], seed: int = 0
) -> dict[str, Any]:
    """Two evaluations at the same points, as plain JSON values.

    Args:
        rows: subsets of the points that both are compared over.

    Returns:
        paired: whether faces were drawn together; readers: by name and subset, for each target and
        score of COMPARED the values of both and `difference` (the first minus the other) with its
        interval; side_effects: the same of the mean size and of both slopes.
    """
    shared = [name for name in one.affect if name in other.affect]
    return {
        "paired": one.seeds == other.seeds,
        "subsets": {name: int(each.sum()) for name, each in rows.items()},
        "readers": {name: _reader(one, other, name, rows, seed) for name in shared},
        "side_effects": _side_effects(one, other, seed),
    }


def _reader(
    one: EditReadings,
    other: EditReadings,
    name: str,
    rows: Mapping[str, np.ndarray],
    seed: int,
) -> dict[str, Any]:
    sums = [
        sums_of_subsets(pair_sums_by_face(requested_of(each), each.affect[name][:, 1:]), rows)
        for each in (one, other)
    ]
    values, difference, bounds = _differences(sums, all_scores, one.seeds == other.seeds, seed)
    at = {score: list(SCORES).index(score) for score in COMPARED}
    return {
        subset: {
            target: {
                score: {
                    "values": plain(values[:, g, k, column]),
                    "difference": plain(difference[g, k, column]),
                    "interval": plain(bounds[:, g, k, column]),
                }
                for score, column in at.items()
            }
            for k, target in enumerate(TARGETS)
        }
        for g, subset in enumerate(rows)
    }


def _side_effects(one: EditReadings, other: EditReadings, seed: int) -> dict[str, Any]:
    paired = one.seeds == other.seeds
    moved = changes(one), changes(other)
    found: dict[str, Any] = {}
    for name, effect in SIDE_EFFECTS.items():
        means = [mean_rows(np.abs(each[name])) for each in moved]
        planes = [slope_rows(each[name], one.points, effect.signed) for each in moved]
        mean = _differences(means, mean_of, paired, seed)
        per_unit = _differences(planes, slopes, paired, seed)
        found[name] = {"label": effect.label, "unit": effect.unit, "mean": _plain(*mean)}
        found[name]["per_unit"] = {
            target: _plain(per_unit[0][:, k], per_unit[1][k], per_unit[2][:, k])
            for k, target in enumerate(TARGETS)
        }
    return found


def _plain(values: np.ndarray, difference: np.ndarray, bounds: np.ndarray) -> dict[str, Any]:
    return {
        "values": plain(values),
        "difference": plain(difference),
        "interval": plain(bounds),
    }


def _differences(
    rows: list[np.ndarray],
    statistic: Callable[[np.ndarray], np.ndarray],
    paired: bool,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The statistic of both (2, …), their difference (…), and its 95 % bounds (2, …).

    Args:
        rows: of both, (S, …, C), one a face.
    """
    values = np.stack([np.asarray(statistic(each.sum(0))) for each in rows])
    difference = values[0] - values[1]
    if min(map(len, rows)) < 2:
        return values, difference, np.full((2, *difference.shape), np.nan)
    rng = np.random.default_rng(seed)
    drawn = [rng.multinomial(len(rows[0]), np.full(len(rows[0]), 1 / len(rows[0])), DRAWS)]
    count = len(rows[1])
    drawn.append(drawn[0] if paired else rng.multinomial(count, np.full(count, 1 / count), DRAWS))
    resampled = [
        statistic(np.tensordot(times.astype(float), each, 1))
        for times, each in zip(drawn, rows, strict=True)
    ]
    between = resampled[0] - resampled[1]
    defined = np.isfinite(between).mean(0) > 0.5
    bounds = np.nanquantile(np.where(defined, between, 0.0), (0.025, 0.975), axis=0)
    return values, difference, np.where(defined, bounds, np.nan)
