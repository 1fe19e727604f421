"""Labelled faces as codes: what probes are fitted to and reported on."""

from dataclasses import dataclass

import numpy as np

TARGETS = ("valence", "arousal")


@dataclass(frozen=True, eq=False)
class CodedFaces:
    """Labelled faces as codes.

    Attributes:
        name, digest: of the face set; split: which of its rows ("all" for the whole set).
        codes: (N, D) float32, may be memory-mapped; labels: (N, 2) valence and arousal, no NaN.
        groups: (N,) identities, or None where the set has none.
        expression: (N,) names or None, or None where the set has none.
        unlabelled: rows of the split left out for want of labels.
        already_seen: rows left out because the same picture is among those fitted on.
    """

    name: str
    digest: str
    split: str
    codes: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None
    expression: np.ndarray | None = None
    unlabelled: int = 0
    already_seen: int = 0

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.labels.shape != (len(self.codes), 2):
            raise ValueError(f"codes {self.codes.shape} and labels {self.labels.shape} do not pair")
        if not np.isfinite(self.labels).all():
            raise ValueError("leave rows without labels out of the evidence")


def sample_rows(count: int, most: int, seed: int) -> np.ndarray:
    """At most so many of `count` rows, ascending, the same for a seed."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
