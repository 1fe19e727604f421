"""Differences between groups: estimate, interval, tests of difference and of equivalence.

Conventions: a unit is what is independent of all others, a person or a face; a cell is the units of
one group (in one state), with a statistic of theirs, a mean or a slope. A contrast is a weighted
sum of cells. Standard errors are the jackknife's over units (of a mean exactly s / √n), degrees of
freedom Welch's and Satterthwaite's, so that groups may differ in size and spread. What is not
defined is NaN.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

#: (…, S) sums over units to the statistic, (…); the first sum counts.
Statistic = Callable[[np.ndarray], np.ndarray]
_COUNTS_AT_ONCE = 4_000_000


def mean_of(sums: np.ndarray) -> np.ndarray:
    """Mean of sums (…, 2) of 1 and y."""
    return sums[..., 1] / sums[..., 0]


def slope_of(sums: np.ndarray) -> np.ndarray:
    """Least squares slope of y on x, of sums (…, 5) of 1, x, y, x², xy; NaN where x is constant."""
    n, x, y, xx, xy = np.moveaxis(sums, -1, 0)
    spread = n * xx - x * x
    defined = spread > 1e-9 * n * xx
    return np.divide(n * xy - x * y, spread, out=np.full(np.shape(n), np.nan), where=defined)


@dataclass(frozen=True, eq=False)
class Cell:
    """The statistic of one group's units.

    Attributes:
        n: units; value: the statistic; error: its standard error.
        freedom: degrees of freedom of the error.
        deviation: standard deviation of the units, (n - 1) in its denominator; NaN of a slope.
        draws: (D,) the statistic of resampled units.
    """

    n: int
    value: float
    error: float
    freedom: int
    deviation: float
    draws: np.ndarray


def mean_cell(values: np.ndarray, draws: int, rng: np.random.Generator) -> Cell:
    """The mean of units (n,), n at least 2."""
    values = np.asarray(values, np.float64)
    sums = np.stack([np.ones_like(values), values], axis=1)
    return _cell(sums, mean_of, len(values) - 1, float(values.std(ddof=1)), draws, rng)


def slope_cell(sums: np.ndarray, draws: int, rng: np.random.Generator) -> Cell:
    """The slope in units whose `slope_of` sums are (n, 5), n at least 3."""
    return _cell(sums, slope_of, len(sums) - 2, float("nan"), draws, rng)


def _cell(
    sums: np.ndarray,
    statistic: Statistic,
    freedom: int,
    deviation: float,
    draws: int,
    rng: np.random.Generator,
) -> Cell:
    n, total = len(sums), sums.sum(0)
    without = statistic(total - sums)
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    resampled = statistic(_resample(sums, draws, rng))
    return Cell(n, float(statistic(total)), float(error), freedom, deviation, resampled)


def _resample(sums: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sums (D, S) of n - 1 of n units, drawn with replacement.

    Their mean has the variance s² / n, as the mean itself has; of n units it would be too small.
    """
    n = len(sums)
    shares, block = np.full(n, 1 / n), max(1, _COUNTS_AT_ONCE // n)
    sizes = [min(block, draws - start) for start in range(0, draws, block)]
    return np.concatenate([rng.multinomial(n - 1, shares, size) @ sums for size in sizes])


@dataclass(frozen=True)
class Comparison:
    """A contrast of cells with its tests.

    Attributes:
        difference: the contrast; error: its standard error; freedom: Satterthwaite's.
        interval: expanded percentiles of the bootstrap (Hesterberg 2015).
        p: two-sided, of no difference (Welch 1947).
        p_equivalence: of a difference as large as the bound or larger, the larger of two one-sided
            tests (Schuirmann 1987; Lakens 2017).
        within: the smallest bound within which this contrast alone tests as equivalent.
        effect: the difference in standard deviations within cells, small samples corrected
            (Hedges' g, 1981).
    """

    difference: float
    interval: tuple[float, float]
    error: float
    freedom: float
    p: float
    p_equivalence: float
    within: float
    effect: float


def compare(
    cells: Sequence[Cell], weights: Sequence[float], bound: float, level: float
) -> Comparison:
    """Test the contrast of cells with weights against 0 and against ±`bound`.

    Args:
        level: error of either test; the interval covers 1 - `level`.
    """
    from scipy.stats import t

    used = [(cell, weight) for cell, weight in zip(cells, weights, strict=True) if weight]
    difference = sum(weight * cell.value for cell, weight in used)
    parts = np.array([(weight * cell.error) ** 2 for cell, weight in used])
    error = float(np.sqrt(parts.sum()))
    if not error > 0:  # constant readings, or a slope that is not defined
        bounds = (float("nan"),) * 2
        return Comparison(difference, bounds, error, *(float("nan"),) * 5)
    freedom = float(parts.sum() ** 2 / sum(part**2 / cell.freedom for part, (cell, _) in
                                           zip(parts, used, strict=True)))  # fmt: skip
    farthest = abs(difference)
    return Comparison(
        difference,
        _interval(np.sum([weight * cell.draws for cell, weight in used], 0), freedom, level),
        error,
        freedom,
        float(2 * t.sf(farthest / error, freedom)),
        # the nearer bound's test has the larger p of the two
        float(t.sf((bound - farthest) / error, freedom)),
        float(farthest + t.isf(level, freedom) * error),
        _hedges_g(difference, [cell for cell, _ in used]),
    )


def _interval(draws: np.ndarray, freedom: float, level: float) -> tuple[float, float]:
    """Percentiles as far out as Student's t is at the normal's: plain ones are too narrow where
    units are few."""
    from scipy.stats import norm, t

    tail = norm.cdf(t.ppf(level / 2, freedom))
    if np.isfinite(draws).mean() < 0.5:
        return float("nan"), float("nan")
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _hedges_g(difference: float, cells: Sequence[Cell]) -> float:
    freedom = np.array([cell.n - 1 for cell in cells])
    variances = np.array([cell.deviation**2 for cell in cells])
    pooled = np.sqrt((freedom * variances).sum() / freedom.sum())
    return float(difference / pooled * (1 - 3 / (4 * freedom.sum() - 1)))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p values adjusted so that all tests together err at most as often as one (Holm 1979).

    NaN stays NaN and counts as no test.
    """
    p = np.asarray(p_values, np.float64)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    left = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * p[order]), 1)
    return adjusted


def spread_of_means(
    values: Sequence[np.ndarray], cells: Sequence[Cell], shuffles: int, rng: np.random.Generator
) -> dict[str, float]:
    """The largest mean minus the smallest, and what chance alone leaves between groups.

    Args:
        values: units of each group; cells: their means.

    Returns:
        value; low, high (95 % percentiles of the bootstrap: resampling itself widens a spread);
        chance (its mean when units change groups at random) and p (share of such shuffles that
        reach the value, a permutation test of all groups at once).
    """
    means = np.array([cell.value for cell in cells])
    resampled = np.stack([cell.draws for cell in cells])
    low, high = np.quantile(np.ptp(resampled, axis=0), [0.025, 0.975])
    pooled, ends = np.concatenate(values), np.cumsum([len(each) for each in values])[:-1]
    chance = np.empty(shuffles)
    for k in range(shuffles):
        parts = np.split(rng.permutation(pooled), ends)
        chance[k] = np.ptp([part.mean() for part in parts])
    value = float(np.ptp(means))
    p = (1 + int((chance >= value - 1e-12).sum())) / (1 + shuffles)
    return {
        "value": value,
        "low": float(low),
        "high": float(high),
        "chance": float(chance.mean()),
        "p": p,
    }
