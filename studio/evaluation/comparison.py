"""Two generators at the same requests: each one's scores, and their difference with intervals.

Where both were measured on the same seeds a face of one and the face of the other are drawn
together, else each by itself: a seed that stands for alike faces in both (a generator with and
without its calibration, or before and after tuning) makes the difference more exact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
        score of COMPARED the values of both with their intervals, and `difference` (the first minus
        the other) with its own; side_effects: the same of the mean size and of both slopes.
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
    found = _compared(sums, all_scores, one.seeds == other.seeds, seed)
    at = {score: list(SCORES).index(score) for score in COMPARED}
    return {
        subset: {
            target: {score: found.plain(g, k, column) for score, column in at.items()}
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
        planes = [
            slope_rows(each[name], of.expected_change, effect.signed)
            for of, each in zip((one, other), moved, strict=True)
        ]
        per_unit = _compared(planes, slopes, paired, seed)
        found[name] = {
            "label": effect.label,
            "unit": effect.unit,
            "mean": _compared(means, mean_of, paired, seed).plain(),
            "per_unit": {target: per_unit.plain(k) for k, target in enumerate(TARGETS)},
        }
    return found


@dataclass(frozen=True, eq=False)
class _Compared:
    """A statistic (…) of two generators.

    Attributes:
        values, bounds: of both, (2, …) and (2, 2, …), the bounds second.
        difference, between: the first minus the other, (…), and its bounds, (2, …).
    """

    values: np.ndarray
    bounds: np.ndarray
    difference: np.ndarray
    between: np.ndarray

    def plain(self, *at: int) -> dict[str, Any]:
        """One entry of it, as plain JSON values."""
        return {
            "values": plain([each[at] for each in self.values]),
            "intervals": plain([[bound[at] for bound in both] for both in self.bounds]),
            "difference": plain(self.difference[at]),
            "interval": plain([bound[at] for bound in self.between]),
        }


def _compared(
    rows: list[np.ndarray],
    statistic: Callable[[np.ndarray], np.ndarray],
    paired: bool,
    seed: int,
) -> _Compared:
    """The statistic of both, and of their difference, with 95 % bounds.

    Args:
        rows: of both, (S, …, C), one a face.
    """
    values = np.stack([np.asarray(statistic(each.sum(0))) for each in rows])
    difference = values[0] - values[1]
    if min(map(len, rows)) < 2:
        none = np.full((2, *difference.shape), np.nan)
        return _Compared(values, np.stack([none, none]), difference, none)
    rng = np.random.default_rng(seed)
    times = [_draws(rng, len(rows[0]))]
    times.append(times[0] if paired else _draws(rng, len(rows[1])))
    drawn = [statistic(np.tensordot(each, part, 1)) for each, part in zip(times, rows, strict=True)]
    bounds = np.stack([_bounds(each) for each in drawn])
    return _Compared(values, bounds, difference, _bounds(drawn[0] - drawn[1]))


def _draws(rng: np.random.Generator, count: int) -> np.ndarray:
    """How often each of so many faces is drawn, (DRAWS, count)."""
    return rng.multinomial(count, np.full(count, 1 / count), DRAWS).astype(float)


def _bounds(drawn: np.ndarray) -> np.ndarray:
    """The middle 95 % of draws (DRAWS, …), (2, …); NaN where more than half are not defined."""
    defined = np.isfinite(drawn).mean(0) > 0.5
    bounds = np.nanquantile(np.where(defined, drawn, 0.0), (0.025, 0.975), axis=0)
    return np.where(defined, bounds, np.nan)
