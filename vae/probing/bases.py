"""From probes to directions: the two unit vectors along which a code moves.

orthogonal  Gram–Schmidt on the probes' weights, valence first: cosine 0.
dual        each moves one prediction and leaves the other (columns of the pseudo-inverse).
pattern     how the codes change with the labels, Cov(z, y) Cov(y)⁻¹ (after Haufe et al. 2014,
            eq. 6): it moves all that goes with a label, not the least that a probe needs.

A request is met by both steps together (`Directions.move`). The orthogonal and the dual pair span
the same plane, that of the probes' weights, in which only one point reads as requested: they move a
code identically, and differ in what a step along one vector alone does, in its length and in what
is read off one vector alone. The pattern basis spans another plane.
"""

import numpy as np

from faces.ground.errors import CircumplexError
from vae.probing.directions import Directions, Pair
from vae.probing.moments import gather_moments
from vae.probing.probes import Probes

#: Below this share of its length outside the other's line, a vector counts as parallel to it.
_PARALLEL = 1e-6


def make_directions(
    probes: Probes,
    basis: str = "orthogonal",
    *,
    model: str,
    faceset: str,
    patterns: np.ndarray | None = None,
    space: str = "vae/z",
    r2: Pair | None = None,
    r2_interval: tuple[Pair, Pair] | None = None,
    r2_alone: Pair | None = None,
) -> Directions:
    """Directions from the two probes of valence and arousal.

    Args:
        probes: fitted on (N, 2) labels.
        basis: one of BASES; "pattern" needs `patterns` (2, D) from `label_patterns`.

    Raises:
        CircumplexError: a probe's weights are all zero, or both point the same way.
    """
    valence, arousal = unit_vectors(probes.weights, basis, patterns)
    return Directions(
        space=space,
        model=model,
        basis=basis,
        faceset=faceset,
        centre=probes.mean,
        weights=probes.weights,
        intercept=probes.intercept,
        valence=valence,
        arousal=arousal,
        r2=r2,
        r2_interval=r2_interval,
        r2_alone=r2_alone,
    )


def unit_vectors(
    weights: np.ndarray, basis: str = "orthogonal", patterns: np.ndarray | None = None
) -> np.ndarray:
    """The two unit vectors (2, D) of a basis from the raw weights (2, D).

    Raises:
        CircumplexError: a vector is zero or both are parallel.
    """
    if basis == "pattern":
        if patterns is None:
            raise ValueError("the pattern basis needs the patterns")
        vectors = patterns
    else:
        vectors = weights
    valence, arousal = (_unit(vector) for vector in np.asarray(vectors, np.float64))
    if np.linalg.norm(arousal - (arousal @ valence) * valence) < _PARALLEL:
        raise CircumplexError(
            "valence and arousal point the same way in these codes; no basis tells them apart, "
            "train on labels in which they differ"
        )
    if basis == "orthogonal":
        for _ in range(2):  # the second pass takes out what rounding left in the first
            arousal = _unit(arousal - (arousal @ valence) * valence)
    elif basis == "dual":
        valence, arousal = (_unit(column) for column in np.linalg.pinv(weights).T)
    return np.stack([valence, arousal])


def label_patterns(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Change of the code with each label, the other fixed: Cov(y)⁻¹ Cov(y, z), (2, D).

    Rows with NaN labels are left out; codes may be memory-mapped.
    """
    labelled = np.isfinite(labels).all(1)
    _, (whole,) = gather_moments(codes, labels, np.where(labelled, 0, -1), 1)
    spread = np.cov(labels[labelled].T.astype(np.float64), bias=True)
    return np.linalg.pinv(spread) @ whole.centred().xy.T / whole.count


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    if not length > 0:
        raise CircumplexError(
            "a probe found nothing to hold on to (all its weights are zero); "
            "train longer, or give a face set whose labels vary"
        )
    return vector / length
