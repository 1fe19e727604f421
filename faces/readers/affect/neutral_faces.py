"""Neutral faces of known groups: how a reader is fitted so that it reads them alike.

Faces at rest differ between groups: in FairFace women's brows stand higher and men's eyes are
narrower. A reader that took such differences for expression would always be wrong about the same
people. Neutral faces show which differences those are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from faces.ground.errors import CircumplexError

FEWEST = 20  #: neutral faces below which a group's mean says too little to be held to
_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class NeutralFaces:
    """Faces that show no expression, M of them.

    Attributes:
        scores: (M, P) of `shape_scores`, finite.
        groups: by attribute (sex, age, ...), the group of each face, (M,). Only for balance: no
            reader that is fitted sees a face's group.
    """

    scores: np.ndarray
    groups: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        for attribute, of in self.groups.items():
            if np.shape(of) != (len(self.scores),):
                raise ValueError(f"{attribute} has shape {np.shape(of)}; one group a face is due")
        if not np.isfinite(self.scores).all():
            raise ValueError("neutral faces without landmarks must be left out")

    def counts(self) -> dict[str, dict[str, int]]:
        """Faces in each group of each attribute."""
        return {
            attribute: {str(name): int((of == name).sum()) for name in np.unique(of)}
            for attribute, of in self.groups.items()
        }


def balanced_weights(groups: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """Weights of `count` faces, (M,), of sum 1, in which the groups of each attribute weigh alike.

    Raking (Deming & Stephan 1940): the attributes are evened out in turn until all are even.
    """
    weights = np.full(count, 1 / count)
    coded = [np.unique(of, return_inverse=True)[1] for of in groups.values()]
    for _ in range(_ROUNDS):
        for codes in coded:
            totals = np.bincount(codes, weights)
            weights = weights / (totals[codes] * len(totals))
    return weights


def group_directions(terms: np.ndarray, groups: Mapping[str, np.ndarray]) -> np.ndarray:
    """The directions in which the groups of an attribute differ in their means.

    What is projected on their complement has the same mean in every group: the demographic parity
    of a linear prediction, by removing what tells groups apart in the mean (as Bolukbasi et al.
    2016 do for a single direction).

    Args:
        terms: (M, T) of neutral faces.
        groups: by attribute, (M,); groups of fewer than FEWEST faces are left alone.

    Returns:
        (D, T) orthonormal rows.

    Raises:
        CircumplexError: an attribute without two groups that are large enough.
    """
    apart = []
    for attribute, of in groups.items():
        names, counts = np.unique(of, return_counts=True)
        large = names[counts >= FEWEST]
        if len(large) < 2:
            raise CircumplexError(
                f"{attribute}: {len(large)} groups have {FEWEST} neutral faces; two are needed"
            )
        means = np.stack([terms[of == name].mean(0) for name in large])
        apart.append(means[1:] - means[0])
    if not apart:
        return np.zeros((0, terms.shape[1]))
    _, lengths, rows = np.linalg.svd(np.concatenate(apart), full_matrices=False)
    return rows[lengths > 1e-9 * lengths[0]]


def project_out(terms: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Rows (N, T) without their part along orthonormal directions (D, T)."""
    return terms - (terms @ directions.T) @ directions
