"""Splits, balanced subsets and class weights: who belongs where, by hash and never by order."""

import numpy as np
import pandas as pd

from faces.circumplex import EXPRESSIONS
from faces.ground.digests import text_digest


def share(seed: int, key: str) -> float:
    """A number in [0, 1) that depends on the seed and the key alone."""
    return int(text_digest(f"{seed}:{key}")[:16], 16) / 2**64


def split_for(
    given: str | None, identity: str | None, digest: str, val_fraction: float, seed: int
) -> str:
    """The split of a face: the source's, but a share of its training faces becomes "val".

    All faces of an identity go together, and so do all copies of a file.

    Args:
        given: the source's split, None where it has none.
        identity: who it is, None where unknown.
        digest: hash of the file's bytes.
        val_fraction: 0 where the source has its own "val".
    """
    if given in ("val", "test"):
        return given
    key = f"identity {identity}" if identity is not None else f"content {digest}"
    return "val" if share(seed, key) < val_fraction else "train"


def class_weights(counts: dict[str, int]) -> np.ndarray:
    """total / (classes x count) for each of EXPRESSIONS, float32 (8,).

    `classes` counts the expressions that occur; one that does not has weight 0.
    """
    count = np.array([counts.get(name, 0) for name in EXPRESSIONS], np.float64)
    present = count > 0
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    weights[present] = count.sum() / (present.sum() * count[present])
    return weights


def shuffled(faces: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows in an order that depends on seed and paths alone."""
    rank = faces["path"].fillna("").map(lambda path: share(seed, f"order {path}"))
    return faces.iloc[np.lexsort((faces["path"].fillna("").to_numpy(str), rank.to_numpy()))]
