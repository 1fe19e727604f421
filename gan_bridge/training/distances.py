"""Distances between two sets of faces in a space of features, beside `score`'s kernel distance."""

import numpy as np


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) of features (M, D) and (N, D).

    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", eq. 6. It falls with the
    number of samples, so compare sets of one size.
    """
    between = real.mean(0) - generated.mean(0)
    ours, theirs = np.cov(real.T), np.cov(generated.T)
    root = np.sqrt(np.maximum(np.linalg.eigvals(ours @ theirs).real, 0)).sum()
    return float(between @ between + np.trace(ours) + np.trace(theirs) - 2 * root)


def precision_recall(
    real: np.ndarray, generated: np.ndarray, neighbours: int = 3
) -> tuple[float, float]:
    """Share of generated faces in the real ones' manifold, and of real ones in the generated ones'.

    Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric", eq. 2: a point lies in a
    manifold if it is nearer to some point of it than that point's k-th neighbour is.

    Args:
        real, generated: features (M, D) and (N, D), each of more than `neighbours` rows.
    """
    across = _distances(generated, real)  # N, M
    within_real = across <= _reach(real, neighbours)
    within_generated = across <= _reach(generated, neighbours)[:, None]
    precision, recall = within_real.any(1).mean(), within_generated.any(0).mean()
    return float(precision), float(recall)


def spread(features: np.ndarray) -> float:
    """Mean distance between two rows of (N, D)."""
    distances = _distances(features, features)
    count = len(features)
    return float(distances.sum() / (count * (count - 1)))


def _reach(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Distance of each row to its k-th neighbour."""
    return np.partition(_distances(points, points), neighbours, axis=1)[:, neighbours]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))
