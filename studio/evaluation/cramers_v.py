"""Cramér's V of a table of counts, and an interval that covers it, by face or by whole group.

V² is φ² over the most that it can be, min(R, C) − 1, with φ² = χ² / N. The sample's φ̂² is the
squared length of the standardised departures d_ij = (p_ij − p_i p_j) / √(p_i p_j), so that

    E φ̂² ≈ (1 + b) φ² + tr Σ    Var φ̂² ≈ 2 tr Σ² + s + 4 v φ²    κ₃ φ̂² ≈ 8 tr Σ³ + 24 v² φ²

where Σ is the covariance of the estimated d, v its variance along d, b what the curvature of φ²
takes off again where there is an association, and s the spread of what single groups add to tr Σ,
which counts in sparse tables. With independent rows and no association tr Σ = (R − 1)(C − 1) / N,
and this is the noncentral χ² of Steiger and Fouladi (1997). All are estimated from whole groups
left out one by one (for Σ: Rao and Scott 1981, 1984). The distribution is the χ² with these three
moments (Pearson 1959), and the interval its inversion. A sample that shows less than chance leaves
would exclude every population, the likeliest too: its upper bound is that of a sample at the share
Φ(−1) of what chance leaves (power-constrained limits, Cowan et al. 2011), which only widens it.
"""

from dataclasses import dataclass, replace

import numpy as np

_LEVEL = 0.95
FEWEST = 20  #: faces, or groups, below which there is no interval (Cochran 1954)
_LITTLE = 0.158655  #: Φ(−1), the share of samples without association that show still less
_NOTHING = 1e-12  #: a φ² below it is rounding


@dataclass(frozen=True)
class DepartureSampling:
    """How φ̂² of a table is distributed over samples like this one; NaN where it cannot be said.

    Attributes:
        found: φ̂². most: min(R, C) − 1, over the rows and columns that hold anything.
        by_chance: mean, variance and third cumulant of φ̂² where nothing is associated.
        along: v. bent: b.
        effective: number of independent faces that would be as sure of no association.
        units: number of faces, or of groups, that stand for themselves.
    """

    found: float
    most: int
    units: int
    by_chance: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    along: float = np.nan
    bent: float = np.nan
    effective: float = np.nan

    @property
    def p(self) -> float:
        """Probability of as much as was found where nothing is associated."""
        from scipy.stats import chi2

        return float(chi2.sf(*self._place(0)))

    def _below(self, phi: float) -> float:
        """Probability of less than what was found, were the population's φ² `phi`."""
        from scipy.stats import chi2

        return float(chi2.cdf(*self._place(phi)))

    def _at_least_little(self) -> "DepartureSampling":
        """The same, with no less found than chance alone leaves in most samples."""
        from scipy.stats import chi2

        mean, variance, _ = self.by_chance
        _, dof = self._place(0)
        little = mean + (chi2.ppf(_LITTLE, dof) - dof) * np.sqrt(variance / (2 * dof))
        return replace(self, found=max(self.found, float(little)))

    def _place(self, phi: float) -> tuple[float, float]:
        """What was found, on the scale of a χ², and the degrees of freedom of that."""
        mean, variance, skewed = self.by_chance
        mean += (1 + self.bent) * phi
        variance += 4 * self.along * phi
        skewed += 24 * self.along**2 * phi
        dof = 8 * variance**3 / skewed**2
        return dof + (self.found - mean) * float(np.sqrt(2 * dof / variance)), dof

    def interval(self, level: float = _LEVEL) -> tuple[float, float]:
        """Bounds of V in [0, 1]: the populations of which neither so much nor so little would be
        seen with a probability of (1 − level) / 2, and never 0 alone; NaN where nothing can be
        said, as of fewer than `FEWEST` units."""
        if not np.isfinite(self.effective) or self.units < FEWEST:
            return np.nan, np.nan
        low = self._solve((1 + level) / 2)
        high = self._at_least_little()._solve((1 - level) / 2)
        return float(np.sqrt(low / self.most)), float(np.sqrt(high / self.most))

    def _solve(self, share: float) -> float:
        """The φ² of which that share of samples lies below this one; 0 where none has so many."""
        from scipy.optimize import brentq

        most = float(self.most)
        if self._below(0) <= share:
            return 0.0
        if self._below(most) >= share:
            return most
        return float(brentq(lambda phi: self._below(phi) - share, 0, most))


def chi_square(counts: np.ndarray) -> np.ndarray:
    """χ² of tables of counts (…, R, C); rows and columns of zeros add nothing."""
    counts = np.asarray(counts, np.float64)
    total = counts.sum((-2, -1), keepdims=True)
    expected = counts.sum(-1, keepdims=True) * counts.sum(-2, keepdims=True) / total
    terms = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(expected),
                      where=expected > 0)  # fmt: skip
    return terms.sum((-2, -1))


def cramers_v(
    counts: np.ndarray, corrected: bool = True, effective: float | None = None
) -> np.ndarray:
    """Cramér's V of tables of counts (…, R, C), in [0, 1]; NaN for a single row or column.

    Args:
        corrected: take off what chance alone would show (Bergsma 2013, eq. 5 and 6).
        effective: number of independent faces by which chance is reckoned; all that are counted
            if not given.
    """
    counts = np.asarray(counts, np.float64)
    total = counts.sum((-2, -1))
    height = (counts.sum(-1) > 0).sum(-1).astype(np.float64)
    width = (counts.sum(-2) > 0).sum(-1).astype(np.float64)
    phi = chi_square(counts) / total
    if corrected:
        free = (total if effective is None else effective) - 1
        phi = np.maximum(0, phi - (height - 1) * (width - 1) / free)
        height = height - (height - 1) ** 2 / free
        width = width - (width - 1) ** 2 / free
    least = np.minimum(height, width) - 1
    return np.sqrt(np.divide(phi, least, out=np.full_like(phi, np.nan), where=least > 1e-12))


def departure_sampling(counts: np.ndarray, by_group: np.ndarray | None = None) -> DepartureSampling:
    """How φ̂² of a table (R, C) is distributed, by what its faces or its groups vary.

    Args:
        by_group: (G, R, C) counts of each group, which add up to the table; None where every face
            stands for itself.
    """
    rows, columns = counts.sum(1) > 0, counts.sum(0) > 0
    counts = np.asarray(counts, np.float64)[rows][:, columns]
    if by_group is None:
        # faces of one cell are alike: one of each, and how many there are
        tables, times = np.eye(counts.size).reshape(-1, *counts.shape), counts.ravel()
        tables, times = tables[times > 0], times[times > 0]
    else:
        tables = np.asarray(by_group, np.float64)[:, rows][:, :, columns]
        times = np.ones(len(tables))
    found, most = float(chi_square(counts) / counts.sum()), min(counts.shape) - 1
    groups = float(times.sum())
    if groups < 2 or most < 1:
        return DepartureSampling(found, most, int(groups))
    shares, size = counts / counts.sum(), tables.sum((1, 2))[:, None, None]
    # how the shares change as one group is left out, as the jackknife has it
    change = (tables - size * shares) / (counts.sum() - size) * np.sqrt((groups - 1) / groups)
    sums, curved = _departures(shares, change), _curvature(shares, change)
    mean, squared, cubed = _traces(sums, times, groups)
    free = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    if mean <= _NOTHING:  # all groups are alike
        return DepartureSampling(found, most, int(groups))
    squared = max(squared, mean**2 / free)  # as of any matrix of that rank
    cubed = max(cubed, squared**2 / mean)
    spread = 2 * squared + float(times @ (curved - times @ curved / groups) ** 2)
    along, bent = squared / mean, 0.0
    if found > _NOTHING:
        slope = (change * _influence(shares)).sum((1, 2))
        along = float(times @ slope**2) / (4 * found)
        bent = (float(times @ curved) - mean) / found
    by_chance = (mean, spread, 8 * cubed)
    return DepartureSampling(found, most, int(groups), by_chance, along, bent, 1 + free / mean)


def _departures(shares: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Change of d with each change (G, R, C) of the shares, nothing being associated: (G, R C)."""
    down, across = shares.sum(1)[:, None], shares.sum(0)
    own = change - change.sum(2)[:, :, None] * across - change.sum(1)[:, None, :] * down
    return (own / np.sqrt(down * across)).reshape(len(change), -1)


def _curvature(shares: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Half the second derivative of φ² along each change (G, R, C) of the shares: (G,)."""
    down, across = shares.sum(1)[:, None], shares.sum(0)
    rows, columns = change.sum(2)[:, :, None] / down, change.sum(1)[:, None, :] / across
    own = change**2 - 2 * shares * change * (rows + columns)
    own += shares**2 * (rows**2 + columns**2 + rows * columns)
    return (own / (down * across)).sum((1, 2))


def _influence(shares: np.ndarray) -> np.ndarray:
    """First derivative of φ² by each share, (R, C)."""
    down, across = shares.sum(1)[:, None], shares.sum(0)
    ratio = shares / (down * across)
    return 2 * ratio - (ratio**2 * across).sum(1)[:, None] - (ratio**2 * down).sum(0)


def _traces(sums: np.ndarray, times: np.ndarray, groups: float) -> tuple[float, float, float]:
    """tr Σ, tr Σ² and tr Σ³ of Σ = Σ_g times_g s_g s_gᵀ for s (U, K), the last two over pairs and
    triples of distinct groups: the traces of few groups' own Σ are too large."""
    matrix = (sums * times[:, None]).T @ sums
    length = (sums**2).sum(1)
    through = np.einsum("gi,ij,gj->g", sums, matrix, sums)
    squared = (matrix**2).sum() - times @ length**2
    cubed = np.trace(matrix @ matrix @ matrix) + times @ (2 * length**3 - 3 * length * through)
    pairs = groups / (groups - 1)
    triples = pairs * groups / max(groups - 2, 1)
    return float(times @ length), float(squared * pairs), float(cubed * triples)
