"""Association of two categories: χ², Cramér's V, and which cells hold too few or too many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from faces.ground.json_values import plain

_LEAST_EXPECTED = 5.0  #: below it the χ² distribution is a poor stand-in for a cell (Cochran 1954)
_LEVEL = 0.05  #: error over all cells together
_CELLS = 2_000_000


def cross(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Counts (R, C) int64 of pairs of codes (N,) and (N,)."""
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts


def chi_square(counts: np.ndarray) -> np.ndarray:
    """χ² of tables of counts (…, R, C); rows and columns of zeros add nothing."""
    counts = np.asarray(counts, np.float64)
    total = counts.sum((-2, -1), keepdims=True)
    expected = counts.sum(-1, keepdims=True) * counts.sum(-2, keepdims=True) / total
    terms = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(expected),
                      where=expected > 0)  # fmt: skip
    return terms.sum((-2, -1))


def cramers_v(counts: np.ndarray, corrected: bool = True) -> np.ndarray:
    """Cramér's V of tables of counts (…, R, C), in [0, 1]; NaN for a single row or column.

    Args:
        corrected: take off what chance alone would show (Bergsma 2013, eq. 5 and 6).
    """
    counts = np.asarray(counts, np.float64)
    total = counts.sum((-2, -1))
    height = (counts.sum(-1) > 0).sum(-1).astype(np.float64)
    width = (counts.sum(-2) > 0).sum(-1).astype(np.float64)
    phi = chi_square(counts) / total
    if corrected:
        phi = np.maximum(0, phi - (height - 1) * (width - 1) / (total - 1))
        height = height - (height - 1) ** 2 / (total - 1)
        width = width - (width - 1) ** 2 / (total - 1)
    least = np.minimum(height, width) - 1
    return np.sqrt(np.divide(phi, least, out=np.full_like(phi, np.nan), where=least > 1e-12))


def associate(
    rows: np.ndarray,
    columns: np.ndarray,
    names: tuple[Sequence[str], Sequence[str]],
    groups: np.ndarray | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> dict[str, Any]:
    """Everything about the association of two codes, as plain JSON values.

    Args:
        rows, columns: (N,) codes; names: of both codes.
        groups: (N,) video or person; whole ones are resampled.

    Returns:
        n; rows, columns (names); counts [row][column]; of_row (share of the row's faces in each
        column); of_all (share of all faces in each column); chi2, dof, p; sparse (share of cells
        whose expected count is below 5); v, v_interval (corrected; 95 % bootstrap), v_plain;
        residuals [row][column] (adjusted, standard normal where nothing is associated; None where
        not defined); critical (size of residual that none of the cells exceeds by chance with
        95 %, Bonferroni); departures [{row, column, n, share, of_all, ratio, residual}] beyond it,
        the strongest first.
    """
    from scipy.stats import norm

    counts = cross(rows, columns, (len(names[0]), len(names[1])))
    residuals = _residuals(counts)
    critical = float(norm.isf(_LEVEL / 2 / max(1, _used(counts).size)))
    return {
        "n": int(counts.sum()),
        "rows": list(names[0]),
        "columns": list(names[1]),
        "counts": counts.tolist(),
        "of_row": plain(_shares(counts)),
        "of_all": plain(counts.sum(0) / counts.sum()),
        **_independence_test(counts),
        "v": plain(cramers_v(counts)),
        "v_interval": plain(_interval(rows, columns, counts.shape, groups, draws, seed)),
        "v_plain": plain(cramers_v(counts, corrected=False)),
        "residuals": plain(residuals),
        "critical": critical,
        "departures": _departures(counts, residuals, critical, names),
    }


def _independence_test(counts: np.ndarray) -> dict[str, Any]:
    """Pearson's χ² of a table, with how far its approximation can be trusted."""
    from scipy.stats import chi2

    used = _used(counts)
    dof = (used.shape[0] - 1) * (used.shape[1] - 1)
    statistic = float(chi_square(counts))
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return {
        "chi2": plain(statistic),
        "dof": dof,
        "p": plain(chi2.sf(statistic, dof)) if dof else None,
        "sparse": plain((expected[expected > 0] < _LEAST_EXPECTED).mean()),
    }


def _used(counts: np.ndarray) -> np.ndarray:
    """The table without its empty rows and columns."""
    return counts[counts.sum(1) > 0][:, counts.sum(0) > 0]


def _residuals(counts: np.ndarray) -> np.ndarray:
    """Adjusted standardised residuals (Haberman 1973); NaN where nothing can depart."""
    total = counts.sum()
    down, across = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
    expected = down * across / total
    variance = expected * (1 - down / total) * (1 - across / total)
    return np.divide(counts - expected, np.sqrt(variance), out=np.full(counts.shape, np.nan),
                     where=variance > 0)  # fmt: skip


def _interval(
    rows: np.ndarray,
    columns: np.ndarray,
    shape: tuple[int, ...],
    groups: np.ndarray | None,
    draws: int,
    seed: int,
) -> np.ndarray:
    """95 % percentile interval of the corrected V over resampled faces or groups."""
    cells = shape[0] * shape[1]
    place = rows * shape[1] + columns
    rng = np.random.default_rng(seed)
    if groups is None:
        # faces drawn one by one make a multinomial table
        shares = np.bincount(place, minlength=cells) / len(place)
        tables = rng.multinomial(len(place), shares, draws).astype(np.float64)
    else:
        members = np.unique(groups, return_inverse=True)[1]
        of_group = np.zeros((int(members.max()) + 1, cells))
        np.add.at(of_group, (members, place), 1)
        count = len(of_group)
        if count < 2:
            return np.full(2, np.nan)
        block = max(1, _CELLS // count)
        parts = []
        for start in range(0, draws, block):
            size = min(block, draws - start)
            drawn = rng.multinomial(count, np.full(count, 1 / count), size)
            parts.append(drawn @ of_group)
        tables = np.concatenate(parts)
    values = cramers_v(tables.reshape(-1, *shape))
    return (
        np.nanquantile(values, [0.025, 0.975]) if np.isfinite(values).any() else np.full(2, np.nan)
    )


def _departures(
    counts: np.ndarray,
    residuals: np.ndarray,
    critical: float,
    names: tuple[Sequence[str], Sequence[str]],
) -> list[dict[str, Any]]:
    shares, overall = _shares(counts), counts.sum(0) / counts.sum()
    found = []
    for row, column in np.argwhere(np.nan_to_num(np.abs(residuals)) > critical).tolist():
        found.append(
            {
                "row": names[0][row],
                "column": names[1][column],
                "n": int(counts[row, column]),
                "share": plain(shares[row, column]),
                "of_all": plain(overall[column]),
                "ratio": plain(shares[row, column] / overall[column]),
                "residual": plain(residuals[row, column]),
            }
        )
    return sorted(found, key=lambda each: -abs(each["residual"]))


def _shares(counts: np.ndarray) -> np.ndarray:
    totals = counts.sum(1, keepdims=True)
    return np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
