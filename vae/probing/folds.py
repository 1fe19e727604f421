"""Who is held out with whom: cross-validation folds that never split a group."""

import heapq

import numpy as np

from faces.ground.errors import CircumplexError


def assign_folds(
    count: int, folds: int = 5, groups: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """Fold of each row, (count,) int64 in 0 … folds - 1, of nearly equal size, the same for a seed.

    Args:
        count: number of rows.
        folds: folds wanted; fewer are made where there are fewer rows or groups.
        groups: (count,) identity of each row; the rows of one group share their fold.
        seed: of the order in which rows, or groups of one size, are dealt out.

    Raises:
        CircumplexError: fewer than two rows or groups.
    """
    rng = np.random.default_rng(seed)
    members = np.arange(count) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(members)
    folds = min(folds, len(sizes))
    if folds < 2:
        kind = "faces" if groups is None else "identities"
        raise CircumplexError(
            f"{len(sizes)} labelled {kind} are too few to cross-validate; give at least two"
        )
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of = np.empty(len(sizes), np.int64)
    fullness = [(0, fold) for fold in range(folds)]
    for group in order:  # the largest first, each into the emptiest fold
        filled, fold = heapq.heappop(fullness)
        fold_of[group] = fold
        heapq.heappush(fullness, (filled + int(sizes[group]), fold))
    return fold_of[members]
