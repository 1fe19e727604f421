"""Association of two categories: χ², Cramér's V, and which cells hold too few or too many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.cramers_v import (
    DepartureSampling,
    chi_square,
    cramers_v,
    departure_sampling,
)

_LEAST_EXPECTED = 5.0  #: below it the χ² distribution is a poor stand-in for a cell (Cochran 1954)
_LEVEL = 0.05  #: error over all cells together


def cross(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Counts (R, C) int64 of pairs of codes (N,) and (N,)."""
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts


def associate(
    rows: np.ndarray,
    columns: np.ndarray,
    names: tuple[Sequence[str], Sequence[str]],
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """Everything about the association of two codes, as plain JSON values.

    Args:
        rows, columns: (N,) codes; names: of both codes.
        groups: (N,) video or person: faces of one are not independent, and nothing here takes
            them for it.

    Returns:
        n; groups (how many, or None); rows, columns (names); counts [row][column]; of_row (share
        of the row's faces in each column); of_all (share of all faces in each column); chi2, dof,
        p; sparse (share of cells whose expected count is below 5); design_effect (how many times
        as much chi2 is by chance as with independent faces); v, v_interval (corrected; 95 %),
        v_plain; residuals [row][column] (adjusted, standard normal where nothing is associated;
        None where not defined); critical (size of residual that none of the cells exceeds by
        chance with 95 %, Bonferroni); departures [{row, column, n, share, of_all, ratio,
        residual}] beyond it, the strongest first. v_interval is [None, None] of fewer faces, or
        groups, than `cramers_v.FEWEST`.
    """
    from scipy.stats import norm

    shape = len(names[0]), len(names[1])
    counts = cross(rows, columns, shape)
    by_group = None if groups is None else _cross_groups(rows, columns, shape, groups)
    sampling = departure_sampling(counts, by_group)
    residuals = _residuals(counts, by_group)
    critical = float(norm.isf(_LEVEL / 2 / max(1, _used(counts).size)))
    effective = None if groups is None else sampling.effective
    return {
        "n": int(counts.sum()),
        "groups": None if by_group is None else len(by_group),
        "rows": list(names[0]),
        "columns": list(names[1]),
        "counts": counts.tolist(),
        "of_row": plain(_shares(counts)),
        "of_all": plain(counts.sum(0) / counts.sum()),
        **_independence_test(counts, None if groups is None else sampling),
        "v": plain(cramers_v(counts, effective=effective)),
        "v_interval": plain(sampling.interval()),
        "v_plain": plain(cramers_v(counts, corrected=False)),
        "residuals": plain(residuals),
        "critical": critical,
        "departures": _departures(counts, residuals, critical, names),
    }


def _cross_groups(
    rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int], groups: np.ndarray
) -> np.ndarray:
    """Counts (G, R, C) int64 of each group's pairs."""
    members = np.unique(groups, return_inverse=True)[1]
    counts = np.zeros((int(members.max()) + 1, *shape), np.int64)
    np.add.at(counts, (members, rows, columns), 1)
    return counts


def _independence_test(counts: np.ndarray, grouped: DepartureSampling | None) -> dict[str, Any]:
    """Pearson's χ² of a table, with how far its approximation can be trusted; its p of `grouped`
    faces is that of the distribution that groups give it."""
    from scipy.stats import chi2

    used = _used(counts)
    dof = (used.shape[0] - 1) * (used.shape[1] - 1)
    statistic = float(chi_square(counts))
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    p = chi2.sf(statistic, dof) if grouped is None else grouped.p
    effect = 1.0 if grouped is None else (counts.sum() - 1) / (grouped.effective - 1)
    return {
        "chi2": plain(statistic),
        "dof": dof,
        "p": plain(p) if dof else None,
        "sparse": plain((expected[expected > 0] < _LEAST_EXPECTED).mean()),
        "design_effect": plain(effect) if dof else None,
    }


def _used(counts: np.ndarray) -> np.ndarray:
    """The table without its empty rows and columns."""
    return counts[counts.sum(1) > 0][:, counts.sum(0) > 0]


def _residuals(counts: np.ndarray, by_group: np.ndarray | None = None) -> np.ndarray:
    """Adjusted standardised residuals (Haberman 1973); NaN where nothing can depart.

    Where groups make a cell vary more than independent faces would, by how they vary.
    """
    total = counts.sum()
    down, across = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
    expected = down * across / total
    variance = expected * (1 - down / total) * (1 - across / total)
    if by_group is not None and len(by_group) > 1:
        size = by_group.sum((1, 2))[:, None, None]
        own = by_group - by_group.sum(2)[:, :, None] * across / total
        own = own - by_group.sum(1)[:, None, :] * down / total + size * expected / total
        scale = len(by_group) / (len(by_group) - 1)
        variance = np.maximum(variance, scale * (own**2).sum(0))
    return np.divide(counts - expected, np.sqrt(variance), out=np.full(counts.shape, np.nan),
                     where=variance > 0)  # fmt: skip


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
