"""How well single latent units stand for single factors: MIG, DCI, SAP.

Conventions:
    codes (N, D) any real dtype, rows are samples, may be memory-mapped; factors (N, K).
    A factor of integer (or boolean) dtype is classes as they are; a factor of float dtype is
    binned like a code. Bins are those of `numpy.histogram`: equal widths from the smallest to
    the largest value, each open on the right, the last one closed.
    Information is in nats. A constant code tells 0. NaN or infinity is a ValueError everywhere:
    leave those rows out. A constant factor is a ValueError where a score divides by its entropy.
    Higher is better in every score.
"""

from dataclasses import dataclass

import numpy as np

from vae.probing.moments import Moments, chunks, gather_moments, total


def mutual_information(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """Mutual information of every binned unit with every factor, (D, K) float64 in nats."""
    codes, factors = _checked(codes, factors, bins)
    counts = _joint_counts(codes, [_classes(factor, bins) for factor in factors.T], bins)
    return np.stack([_information(joint) for joint in counts], axis=1)


def entropies(factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """Entropy of every factor (N, K), binned where it is of float dtype, (K,) float64 in nats."""
    factors = factors[:, None] if factors.ndim == 1 else factors
    counts = [np.bincount(_classes(factor, bins)) for factor in factors.T]
    return np.array([_information(np.diag(count)[None])[0] for count in counts])


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """Mutual information gap of each factor, in [0, 1] (Chen et al. 2018, eq. 6).

    The information that the best unit has on the factor less that of the second best, over the
    factor's entropy. 280,000 × 128 codes take seconds: rows are read twice, in chunks.

    Args:
        codes: (N, D), D ≥ 2.
        factors: (N, K) or (N,); integer dtype is classes, float dtype is binned.
        bins: bins of each unit and of each float factor.

    Returns:
        (K,) float64.

    Raises:
        ValueError: fewer than two rows or units, a constant factor, NaN or infinity.
    """
    factors = np.asarray(factors)
    return gap(mutual_information(codes, factors, bins), entropies(factors, bins))


def gap(information: np.ndarray, entropy: np.ndarray) -> np.ndarray:
    """MIG (K,) from the mutual information (D, K) and the factors' entropy (K,)."""
    if len(information) < 2:
        raise ValueError("a gap needs two units or more")
    if (entropy <= 0).any():
        raise ValueError(f"factor {int(np.argmin(entropy))} is constant: its MIG is not defined")
    second, best = np.sort(information, axis=0)[-2:]
    return (best - second) / entropy


def top_units(scores: np.ndarray, count: int = 5) -> np.ndarray:
    """The units with the highest score for each factor: (D, K) -> (K, min(count, D)) int64."""
    return np.argsort(-scores, axis=0, kind="stable")[:count].T


def unit_correlations(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Pearson correlation of every unit with every factor, (D, K); 0 for a constant unit."""
    return total(gather_moments(codes, factors)[1]).correlations()


def sap(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Separated attribute predictability of each continuous factor, (K,) in [0, 1].

    Kumar et al. 2018, section 3: the R² of the regression of the factor on the best single unit,
    Cov(z, y)² / (Var z · Var y), less that of the second best.
    """
    if codes.shape[1] < 2:
        raise ValueError("a gap needs two units or more")
    second, best = np.sort(unit_correlations(codes, factors) ** 2, axis=0)[-2:]
    return best - second


@dataclass(frozen=True)
class DCI:
    """Disentanglement, completeness and informativeness (Eastwood & Williams 2018, section 2).

    Attributes:
        disentanglement: mean over units of 1 - entropy of the factors a unit serves, weighted
            by the unit's importance.
        completeness: mean over factors of 1 - entropy of the units that serve a factor.
        informativeness: mean over factors of the held-out R², 1 - error².
        error: the paper's informativeness, (K,): held-out RMSE over the factor's deviation.
        importance: (D, K) absolute lasso weights of standardised codes and factors.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    error: np.ndarray
    importance: np.ndarray


def dci(
    codes: np.ndarray,
    factors: np.ndarray,
    test_codes: np.ndarray,
    test_factors: np.ndarray,
    folds: np.ndarray | None = None,
) -> DCI:
    """DCI with lasso as the regressor, its penalty chosen by cross-validation on `codes`.

    Args:
        codes, factors: (N, D) and (N, K) to fit on; factors are continuous.
        test_codes, test_factors: (M, D) and (M, K) to report on.
        folds: (N,) fold of each row, -1 leaves it out (`vae.probing.probes.assign_folds`); None
            takes rows in turn into five.
    """
    if folds is None:
        folds = np.arange(len(codes)) % 5
    origin, parts = gather_moments(codes, factors, folds, int(folds.max()) + 1)
    whole = total(parts)
    mean_x, mean_y = whole.mean()
    test_origin, (test,) = gather_moments(test_codes, test_factors)
    test = test.about(origin + mean_x - test_origin, mean_y)
    centred = whole.centred()
    spread = np.sqrt(test.centred().yy.clip(0) / test.count)
    if (centred.yy <= 0).any() or (spread <= 0).any():
        raise ValueError("a factor is constant: its DCI is not defined")
    weights = np.stack([_lasso(parts, k) for k in range(factors.shape[1])], axis=1)
    scale = np.sqrt(np.diag(centred.xx).clip(0))[:, None] / np.sqrt(centred.yy)
    importance = np.abs(weights) * scale
    error = np.sqrt(test.squared_error(weights).clip(0) / test.count) / spread
    return DCI(
        disentanglement=_disentanglement(importance),
        completeness=_completeness(importance),
        informativeness=float(np.mean(1 - error**2)),
        error=error,
        importance=importance,
    )


def _disentanglement(importance: np.ndarray) -> float:
    """Σ_i ρ_i (1 - H_K(P_i)), ρ_i the unit's share of all importance; 0 where none has any."""
    share = importance.sum(1)
    if share.sum() == 0 or importance.shape[1] < 2:
        return 0.0
    return float(_concentration(importance.T) @ share / share.sum())


def _completeness(importance: np.ndarray) -> float:
    """Mean over factors of 1 - H_D(P_j); a factor that no unit serves counts 0."""
    return float(_concentration(importance).mean()) if len(importance) > 1 else 0.0


def _concentration(weights: np.ndarray) -> np.ndarray:
    """1 - entropy of each column of weights (M, L), to base M: 1 all on one row, 0 even or none."""
    mass = weights.sum(0)
    share = np.divide(weights, mass, out=np.full_like(weights, 1 / len(weights)), where=mass > 0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return 1 + (share * logs).sum(0) / np.log(len(weights))


def _lasso(parts: list[Moments], k: int) -> np.ndarray:
    """Lasso weights (D,) of target k, with the penalty of least cross-validated squared error."""
    whole = total(parts)
    centred = whole.centred()
    strongest = np.abs(centred.xy[:, k] / _deviation(centred)).max() / centred.count
    penalties = max(strongest, 1e-12) * np.logspace(0, -3, 25)
    losses = np.zeros(len(penalties))
    for part in parts:
        rest = whole - part
        path = _lasso_path(rest.centred(), k, penalties)
        held_out = part.about(*rest.mean())
        losses += held_out.target(k).squared_error(path[:, :, None])[:, 0]
    return _lasso_path(centred, k, penalties)[int(losses.argmin())]


def _lasso_path(centred: Moments, k: int, penalties: np.ndarray) -> np.ndarray:
    """Weights (P, D) of min |y - Xw|² / 2n + penalty · |scaled w|₁ for falling penalties.

    The problem depends on X and y through their products alone, so D other rows that have the
    same products stand for all N.
    """
    from sklearn.linear_model import lasso_path

    deviation = _deviation(centred)
    gram = centred.xx / np.outer(deviation, deviation) / centred.count
    values, vectors = np.linalg.eigh(gram)
    root = np.sqrt(values.clip(1e-9 * values.max()))
    rows = root[:, None] * vectors.T
    target = (vectors.T @ (centred.xy[:, k] / deviation / centred.count)) / root
    scale = len(rows)  # scikit-learn divides by the number of rows it is shown
    _, weights, _ = lasso_path(rows, target, alphas=penalties / scale, max_iter=20_000, tol=1e-6)
    return weights.T / deviation


def _deviation(centred: Moments) -> np.ndarray:
    """Standard deviation of each unit (D,); 1 for a constant one, which then weighs nothing."""
    deviation = np.sqrt(np.diag(centred.xx).clip(0) / centred.count)
    return np.where(deviation > 1e-12 * max(deviation.max(), 1e-300), deviation, 1.0)


def _checked(codes: np.ndarray, factors: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    factors = np.asarray(factors)
    factors = factors[:, None] if factors.ndim == 1 else factors
    if not isinstance(codes, np.ndarray):
        codes = np.asarray(codes)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors):
        raise ValueError(f"codes {codes.shape} and factors {factors.shape} are not (N, D), (N, K)")
    if len(codes) < 2:
        raise ValueError(f"{len(codes)} rows are too few for mutual information")
    if bins < 2:
        raise ValueError(f"bins is {bins}, it must be at least 2")
    return codes, factors


def _edges(low: np.ndarray, high: np.ndarray, bins: int) -> np.ndarray:
    """Left edges of `numpy.histogram`'s bins for values from `low` to `high` (0-d arrays)."""
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("codes and factors must be finite: leave rows with NaN out")
    try:
        return np.histogram_bin_edges(np.stack([low, high]), bins)[:-1]
    except ValueError:  # a collapsed unit: its spread is rounding, too narrow for so many bins
        return np.stack([low])


def _classes(factor: np.ndarray, bins: int) -> np.ndarray:
    """Classes 0, 1, … of each row of a factor (N,)."""
    if factor.dtype.kind in "iub":
        return np.unique(factor, return_inverse=True)[1]
    if factor.dtype.kind != "f":
        raise ValueError(f"factors of dtype {factor.dtype} are neither classes nor numbers")
    return np.searchsorted(_edges(factor.min(), factor.max(), bins), factor, side="right") - 1


def _joint_counts(codes: np.ndarray, classes: list[np.ndarray], bins: int) -> list[np.ndarray]:
    """Joint histograms (D, bins, C_k) of every unit with every factor's classes."""
    bounds = [(block.min(0), block.max(0)) for _, block in chunks(codes)]
    low = np.min([least for least, _ in bounds], axis=0)
    high = np.max([most for _, most in bounds], axis=0)
    edges = [_edges(least, most, bins) for least, most in zip(low, high, strict=True)]
    widths = [int(classed.max()) + 1 for classed in classes]
    counts = [np.zeros(len(edges) * bins * width, np.int64) for width in widths]
    offset = np.arange(len(edges))[:, None] * bins
    for rows, block in chunks(codes):
        columns = np.ascontiguousarray(block.T)
        cells = offset + np.stack(
            [
                np.searchsorted(edge, column, side="right") - 1
                for edge, column in zip(edges, columns, strict=True)
            ]
        )
        for count, classed, width in zip(counts, classes, widths, strict=True):
            joint = cells * width + classed[rows]
            count += np.bincount(joint.ravel(), minlength=len(count))
    return [
        count.reshape(len(edges), bins, width) for count, width in zip(counts, widths, strict=True)
    ]


def _information(joint: np.ndarray) -> np.ndarray:
    """Mutual information (D,) in nats of joint counts (D, A, B)."""
    share = joint / joint.sum((1, 2), keepdims=True)
    expected = share.sum(2, keepdims=True) * share.sum(1, keepdims=True)
    ratio = np.divide(share, expected, out=np.ones_like(share), where=share > 0)
    return (share * np.log(ratio)).sum((1, 2)).clip(0)
