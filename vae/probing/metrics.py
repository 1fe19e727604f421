"""How well predictions meet labels, with intervals; of latents alone: `disentanglement`.

Conventions:
    truth and predicted are (N,) or (N, K); scores are float or (K,) float64. Variances and
    covariances divide by N. A score that is not defined (constant truth) is NaN, without a
    warning; NaN or infinity in the input is a ValueError. Rows may belong to groups (identities):
    (N,) of any dtype that numpy sorts, without missing values. Every random draw has its seed.
    r2, ccc and pearson: higher is better, at most 1. rmse: in units of the label, lower is better.
"""

from collections.abc import Callable

import numpy as np

from vae.probing.disentanglement import (
    DCI,
    dci,
    entropies,
    gap,
    mutual_information,
    mutual_information_gap,
    sap,
    top_units,
    unit_correlations,
)

__all__ = [
    "DCI",
    "METRICS",
    "above_chance",
    "bootstrap_interval",
    "ccc",
    "dci",
    "entropies",
    "gap",
    "intervals",
    "mutual_information",
    "mutual_information_gap",
    "pair_sums",
    "pearson",
    "r2",
    "rmse",
    "sap",
    "top_units",
    "unit_correlations",
]

DRAWS = 2000  #: bootstrap resamples
CELLS = 2_000_000  #: counts in memory at a time while resampling, whatever the number of rows


def pair_sums(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """What every score of pairs is made of: (…, 6) of 1, t, p, t², p², tp for each row and target.

    Both are measured from the truth's mean, which changes no score and keeps digits.
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if truth.shape != predicted.shape or truth.ndim not in (1, 2) or len(truth) == 0:
        raise ValueError(f"truth {truth.shape} and predicted {predicted.shape} do not pair up")
    if not (np.isfinite(truth).all() and np.isfinite(predicted).all()):
        raise ValueError("truth and predicted must be finite: leave rows with NaN out")
    t, p = truth - truth.mean(0), predicted - truth.mean(0)
    return np.stack([np.ones_like(t), t, p, t * t, p * p, t * p], axis=-1)


def _r2_of(sums: np.ndarray) -> np.ndarray:
    n, t, _, tt, pp, tp = np.moveaxis(sums, -1, 0)
    return 1 - _ratio(tt - 2 * tp + pp, _spread(n, t, tt))


def _rmse_of(sums: np.ndarray) -> np.ndarray:
    n, _, _, tt, pp, tp = np.moveaxis(sums, -1, 0)
    return np.sqrt(_ratio((tt - 2 * tp + pp).clip(0), n))


def _pearson_of(sums: np.ndarray) -> np.ndarray:
    n, t, p, tt, pp, tp = np.moveaxis(sums, -1, 0)
    return _ratio(tp - t * p / n, np.sqrt(_spread(n, t, tt) * _spread(n, p, pp)))


def _ccc_of(sums: np.ndarray) -> np.ndarray:
    n, t, p, tt, pp, tp = np.moveaxis(sums, -1, 0)
    apart = (t - p) ** 2 / n
    return _ratio(2 * (tp - t * p / n), _spread(n, t, tt) + _spread(n, p, pp) + apart)


def mean_of(sums: np.ndarray) -> np.ndarray:
    """Mean from the sums (…, 2) of 1 and the value."""
    return _ratio(sums[..., 1], sums[..., 0])


#: Scores of pairs, as functions of their summed `pair_sums` (…, 6) -> (…).
METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "r2": _r2_of,
    "ccc": _ccc_of,
    "rmse": _rmse_of,
    "pearson": _pearson_of,
}


def r2(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Coefficient of determination, 1 - Σ(t - p)² / Σ(t - mean t)²."""
    return _r2_of(pair_sums(truth, predicted).sum(0))


def ccc(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Concordance correlation coefficient (Lin 1989): 2 s_tp / (s_t² + s_p² + (t̄ - p̄)²)."""
    return _ccc_of(pair_sums(truth, predicted).sum(0))


def rmse(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Root of the mean squared error."""
    return _rmse_of(pair_sums(truth, predicted).sum(0))


def pearson(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Pearson's correlation coefficient."""
    return _pearson_of(pair_sums(truth, predicted).sum(0))


def above_chance(low: float | None, chance: float | None) -> bool:
    """Whether the low bound of an R² lies above 0 and above what shuffled labels give; no for None,
    which stands for undefined."""
    return low is not None and chance is not None and low > max(chance, 0.0)


def bootstrap_interval(
    rows: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> np.ndarray:
    """Percentile bootstrap interval (Efron & Tibshirani 1993, section 13.3), (2, ...) float64.

    Args:
        rows: (N, ..., S), such as `pair_sums`; rows are drawn with replacement and added up.
        statistic: (..., S) of sums -> (...), such as one of METRICS.
        groups: (N,); whole groups are drawn, as the rows of one person are not independent.
        draws: resamples. level: share of them inside the interval.

    Memory does not grow with N beyond the rows themselves. One row or group alone gives NaN.
    """
    if groups is not None:
        members = np.unique(groups, return_inverse=True)[1]
        summed = np.zeros((int(members.max()) + 1, *rows.shape[1:]))
        np.add.at(summed, members, rows)
        rows = summed
    count, shape = len(rows), rows.shape[1:]
    if count < 2:
        return np.full((2, *np.shape(statistic(rows.sum(0)))), np.nan)
    flat = rows.reshape(count, -1)
    rng = np.random.default_rng(seed)
    block = max(1, CELLS // count)
    values = []
    for start in range(0, draws, block):
        size = min(block, draws - start)
        drawn = rng.integers(0, count, (size, count))
        cells = (drawn + np.arange(size)[:, None] * count).ravel()
        times = np.bincount(cells, minlength=size * count).reshape(size, count)
        values.append(statistic((times @ flat).reshape(size, *shape)))
    tails = [(1 - level) / 2, (1 + level) / 2]
    return _percentiles(np.concatenate(values), tails)


def intervals(
    truth: np.ndarray,
    predicted: np.ndarray,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """95 % intervals of every score in METRICS on the same resamples: name -> (2,) or (2, K)."""
    names = list(METRICS)

    def every(sums: np.ndarray) -> np.ndarray:
        return np.stack([METRICS[name](sums) for name in names], axis=-1)

    bounds = bootstrap_interval(pair_sums(truth, predicted), every, groups, draws, seed)
    return {name: bounds[..., at] for at, name in enumerate(names)}


def _spread(n: np.ndarray, total: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Sum of squares about the mean; exactly 0 where only rounding is left of it."""
    spread = square - total * total / n
    return np.where(spread > 1e-12 * square, spread, 0.0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    result = np.full(np.broadcast(above, below).shape, np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result[()]


def _percentiles(values: np.ndarray, shares: list[float]) -> np.ndarray:
    """Percentiles over the first axis without the undefined draws; NaN where over half are."""
    defined = np.isfinite(values).mean(0) > 0.5
    return np.where(defined, np.nanquantile(np.where(defined, values, 0.0), shares, axis=0), np.nan)
