"""How readings agree with what was requested: CCC, RMSE, slope and bias, over any of the points.

Conventions:
    S faces (seeds), P points; requested and read are (S, P, K) or broadcast to it, NaN where
    nothing was read. Everything is made of sums over a face's pictures, and every interval is a
    95 % bootstrap over faces: the edits of one face are not independent. A score that is not
    defined (no spread in what was requested, fewer than three pictures) is None.
    bias: mean of read − requested; slope: of the line of read on requested; both in the readings'
    units. rmse: root of the mean of (read − requested)².
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from faces.circumplex import QUADRANTS, quadrant
from faces.ground.json_values import plain
from vae.probing.evidence import TARGETS
from vae.probing.metrics import METRICS, bootstrap_interval, mean_of

_FEWEST = 3
_SECTOR = 45  # degrees
#: Sums (…, 6) to scores (…).
Statistic = Callable[[np.ndarray], np.ndarray]


def _ccc(sums: np.ndarray) -> np.ndarray:
    # Lin's coefficient is 0 where the truth does not vary, which says nothing of the readings
    return np.where(_spread(sums) > 0, METRICS["ccc"](sums), np.nan)


def _slope(sums: np.ndarray) -> np.ndarray:
    n, t, p, _, _, tp = np.moveaxis(sums, -1, 0)
    spread = _spread(sums)
    return np.divide(tp - t * p / n, spread, out=np.full(n.shape, np.nan), where=spread > 0)


def _bias(sums: np.ndarray) -> np.ndarray:
    return mean_of(np.stack([sums[..., 0], sums[..., 2] - sums[..., 1]], -1))


def _spread(sums: np.ndarray) -> np.ndarray:
    """Sum of squares of the truth about its mean; 0 where only rounding is left of it."""
    n, t, _, tt, _, _ = np.moveaxis(sums, -1, 0)
    spread = tt - t * t / n
    return np.where(spread > 1e-9 * tt, spread, 0.0)


#: The scores by name.
SCORES: Mapping[str, Statistic] = {
    "ccc": _ccc,
    "rmse": METRICS["rmse"],
    "slope": _slope,
    "bias": _bias,
    "pearson": METRICS["pearson"],
}


def subsets(
    points: np.ndarray, intensities: tuple[float, ...], covered: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Which of the points (P, 2) each score is of: (P,) bool by name; empty ones are left out.

    "all"; "reachable" and "unreachable", where it is known what faces show; each quadrant; each
    sector of 45°, by the angle in its middle; each intensity.

    Args:
        intensities: each with as many of the points, in their order.
        covered: (P,) bool, or None where no region is known.
    """
    found = {"all": np.ones(len(points), bool)}
    if covered is not None:
        found |= {"reachable": covered, "unreachable": ~covered}
    quarter = np.array([quadrant(*point) for point in points])
    found |= {name: quarter == code for code, name in enumerate(QUADRANTS)}
    degrees = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    sector = np.round(degrees / _SECTOR).astype(int) % (360 // _SECTOR)
    found |= {f"{_SECTOR * k}°": sector == k for k in range(360 // _SECTOR)}
    ring = np.repeat(np.arange(len(intensities)), len(points) // len(intensities))
    found |= {f"intensity {each:g}": ring == k for k, each in enumerate(intensities)}
    return {name: rows for name, rows in found.items() if rows.any()}


def pair_sums_by_face(requested: np.ndarray, read: np.ndarray) -> np.ndarray:
    """(S, P, K, 6) of 1, t, p, t², p², tp; zeros where either is missing in any of K columns."""
    requested, read = np.broadcast_arrays(requested, read)
    known = (np.isfinite(requested) & np.isfinite(read)).all(-1, keepdims=True)
    t, p = np.where(known, requested, 0.0), np.where(known, read, 0.0)
    ones = np.broadcast_to(known, t.shape).astype(float)
    return np.stack([ones, t, p, t * t, p * p, t * p], axis=-1)


def sums_of_subsets(sums: np.ndarray, rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sums (S, P, K, 6) added up over each subset of the points: (S, G, K, 6)."""
    return np.einsum("gp,spkc->sgkc", np.stack(list(rows.values())).astype(float), sums)


def agreement(
    requested: np.ndarray, read: np.ndarray, rows: Mapping[str, np.ndarray], seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Scores of valence and arousal over each subset of the points.

    Args:
        requested, read: (S, P, 2).
        rows: of `subsets`.

    Returns:
        By subset: `n` pictures that were read, `missing` ones that were not, and for each target
        every score of SCORES with its `…_interval`, or None of fewer than three pictures.
    """
    sums = sums_of_subsets(pair_sums_by_face(requested, read), rows)  # (S, G, 2, 6)
    values = all_scores(sums.sum(0))
    bounds = bootstrap_interval(sums, all_scores, seed=seed)
    counts = sums.sum(0)[:, 0, 0].astype(int)
    return {
        name: {
            "n": int(count),
            "missing": int(rows[name].sum() * len(sums) - count),
            **_targets(count, values[k], bounds[:, k]),
        }
        for k, (name, count) in enumerate(zip(rows, counts, strict=True))
    }


def all_scores(sums: np.ndarray) -> np.ndarray:
    """Every score of sums (…, 6), (…, len(SCORES)); NaN of no pictures."""
    none = sums[..., :1] == 0
    some = np.where(none, np.eye(sums.shape[-1])[0], sums)  # nothing is divided by 0
    return np.where(none, np.nan, np.stack([score(some) for score in SCORES.values()], axis=-1))


def _targets(count: int, values: np.ndarray, bounds: np.ndarray) -> dict[str, Any]:
    """Of values (2, scores) and their bounds (2, 2, scores)."""
    if count < _FEWEST:
        return dict.fromkeys(TARGETS)
    return {
        target: {
            key: found
            for at, name in enumerate(SCORES)
            for key, found in (
                (name, plain(values[k, at])),
                (f"{name}_interval", plain(bounds[:, k, at])),
            )
        }
        for k, target in enumerate(TARGETS)
    }


def figure(rows: np.ndarray, statistic: Statistic, seed: int = 0) -> dict[str, Any]:
    """A statistic of rows (S, …, C), one of each face, added up; `value` and `interval`."""
    rows = np.asarray(rows, float)
    bounds = bootstrap_interval(rows, statistic, seed=seed)
    return {"value": plain(statistic(rows.sum(0))), "interval": plain(bounds)}


def mean_rows(values: np.ndarray) -> np.ndarray:
    """Number and sum of what is known of each face's values (S, P): (S, 2), for `mean_of`."""
    known = np.isfinite(values)
    return np.stack([known.sum(1), np.where(known, values, 0).sum(1)], -1).astype(float)


def mean_figure(values: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """The mean of values (S, P) over what is known, with its interval."""
    return figure(mean_rows(values), mean_of, seed)
