"""Sums over rows, from which ridge, lasso, R² and correlation are exact without keeping the rows.

Codes are read in chunks of rows and may be memory-mapped; memory does not grow with their number.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from faces.ground.memory import forget_pages

CHUNK = 8192  #: rows read at a time


@dataclass(frozen=True)
class Moments:
    """Sums over rows of x (D,) and y (K,), both measured from an origin.

    Attributes:
        count: number of rows.
        x, y: sums, (D,) and (K,).
        xx, xy: sums of products, (D, D) and (D, K).
        yy: sums of squares, (K,).
    """

    count: int
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> "Moments":
        """Moments of the rows of x (N, D) and y (N, K), float64."""
        return cls(len(x), x.sum(0), y.sum(0), x.T @ x, x.T @ y, (y * y).sum(0))

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            *(ours + theirs for ours, theirs in zip(self._sums(), other._sums(), strict=True))
        )

    def __sub__(self, other: "Moments") -> "Moments":
        return Moments(
            *(ours - theirs for ours, theirs in zip(self._sums(), other._sums(), strict=True))
        )

    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Means of x (D,) and y (K,), from the present origin."""
        return self.x / self.count, self.y / self.count

    def about(self, x: np.ndarray, y: np.ndarray) -> "Moments":
        """The same rows measured from the origin (x, y), itself given from the present origin."""
        n = self.count
        return Moments(
            n,
            self.x - n * x,
            self.y - n * y,
            self.xx - np.outer(x, self.x) - np.outer(self.x, x) + n * np.outer(x, x),
            self.xy - np.outer(x, self.y) - np.outer(self.x, y) + n * np.outer(x, y),
            self.yy - 2 * y * self.y + n * y * y,
        )

    def centred(self) -> "Moments":
        """The same rows measured from their own mean."""
        return self.about(*self.mean())

    def target(self, k: int) -> "Moments":
        """The same rows with y's column k alone."""
        return Moments(self.count, self.x, self.y[[k]], self.xx, self.xy[:, [k]], self.yy[[k]])

    def squared_error(self, weights: np.ndarray) -> np.ndarray:
        """Sum over rows of (y - x·w)², for weights (..., D, K) -> (..., K)."""
        cross = np.einsum("...dk,dk->...k", weights, self.xy)
        square = np.einsum("...dk,...dk->...k", weights, self.xx @ weights)
        return self.yy - 2 * cross + square

    def correlations(self) -> np.ndarray:
        """Pearson correlation of every x with every y, (D, K); 0 where either is constant."""
        centred = self.centred()
        scale = np.sqrt(np.outer(np.diag(centred.xx).clip(0), centred.yy.clip(0)))
        # below this a spread is only what rounding left of a constant column
        floor = 1e-12 * np.sqrt(np.outer(np.diag(self.xx), self.yy))
        return np.divide(centred.xy, scale, out=np.zeros_like(scale), where=scale > floor)

    def _sums(self) -> tuple:
        return self.count, self.x, self.y, self.xx, self.xy, self.yy


def chunks(codes: np.ndarray, size: int = CHUNK) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (rows, block) over an array (N, ...), letting go of memory-mapped pages behind it."""
    mapped = _mapping(codes)
    for start in range(0, len(codes), size):
        rows = slice(start, min(start + size, len(codes)))
        yield rows, codes[rows]
        if mapped is not None:
            forget_pages(mapped)


def gather_moments(
    codes: np.ndarray, targets: np.ndarray, folds: np.ndarray | None = None, count: int = 1
) -> tuple[np.ndarray, list[Moments]]:
    """Moments of (codes, targets) in each fold, in one pass over the rows.

    Args:
        codes: (N, D), any real dtype, may be memory-mapped.
        targets: (N, K).
        folds: (N,) fold of each row, 0 … count - 1; -1 leaves the row out. None: one fold of all.
        count: number of folds.

    Returns:
        The origin of the codes, (D,) float64 (targets keep theirs), and the moments of each fold.

    Raises:
        ValueError: the shapes differ, or a row that counts holds NaN or infinity.
    """
    if codes.ndim != 2 or targets.ndim != 2 or len(codes) != len(targets):
        raise ValueError(f"codes {codes.shape} and targets {targets.shape} are not (N, D), (N, K)")
    if folds is None:
        folds = np.zeros(len(codes), np.int64)
    width, outputs = codes.shape[1], targets.shape[1]
    # sums of squares lose digits far from zero: measure from about the mean
    origin = np.zeros(width)
    totals = [Moments.of(np.zeros((0, width)), np.zeros((0, outputs))) for _ in range(count)]
    for x, y, fold_of in _counting_rows(codes, targets, folds):
        if not any(part.count for part in totals):
            origin = x.mean(0)
        x -= origin
        for fold in range(count):
            member = fold_of == fold
            totals[fold] = totals[fold] + Moments.of(x[member], y[member])
    return origin, totals


def _counting_rows(
    codes: np.ndarray, targets: np.ndarray, folds: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Chunks of the rows that have a fold: codes and targets as float64, and the folds."""
    for rows, block in chunks(codes):
        counts = folds[rows] >= 0
        if not counts.any():
            continue
        x = np.asarray(block, np.float64)[counts]
        y = np.asarray(targets[rows], np.float64)[counts]
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("codes and targets must be finite: leave rows with NaN out")
        yield x, y, folds[rows][counts]


def total(parts: list[Moments]) -> Moments:
    """The moments of all folds together."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def _mapping(array: np.ndarray) -> mmap.mmap | None:
    """The mapped file under an array that only reads it; None where there is none to let go of."""
    if array.flags.writeable:
        return None  # a private mapping may hold changes that its pages alone know
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
