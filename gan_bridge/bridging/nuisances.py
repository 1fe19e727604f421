"""What an edit of expression is to leave alone: its directions in w, found and taken out.

A nuisance (a turn of the head, identity) is read in the same pictures as the affect and regressed
on w in the same way. The valence and arousal vectors are then projected onto what is orthogonal to
all nuisance vectors, so that a move leaves every nuisance's linear reading as it was.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from gan_bridge.generators.sampling import Reading
from vae.probing.metrics import METRICS, bootstrap_interval, pair_sums
from vae.probing.probes import FEWEST, fit_probes

if TYPE_CHECKING:
    from gan_bridge.bridging.scoring import DetectedFace

POSE = ("yaw", "pitch", "roll")
IDENTITY = "identity"
NUISANCES = (*POSE, IDENTITY)
#: What distances of identity are, for people.
BY_BUNDLED = "Euclidean distance of dlib's embeddings (up to 0.6 likely one person)"
BY_FACENET = "Euclidean distance of InceptionResnetV1 embeddings"
COMPONENTS = 8  #: principal components that stand for a reading of many columns
_LEFT = 1e-3  # share of its length below which a vector counts as used up


@dataclass(frozen=True, eq=False)
class Nuisance:
    """One nuisance variable in w.

    Attributes:
        name: such as "yaw", or "identity 3" for the third component of a reading of many columns.
        weights: (W,) of its ridge regression on w.
        r2, r2_interval: held out, 95 % bootstrap; count: pictures in which it was read.
    """

    name: str
    weights: np.ndarray
    r2: float
    r2_interval: tuple[float, float]
    count: int

    def describe(self, vectors: np.ndarray) -> dict[str, Any]:
        """Plain JSON values, with the cosine to the valence and arousal vectors (2, W)."""
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(self.weights)
        cosines = vectors @ self.weights / lengths
        return {
            "name": self.name,
            "n": self.count,
            "r2": plain(self.r2),
            "r2_interval": plain(self.r2_interval),
            "cosine": dict(zip(("valence", "arousal"), plain(cosines), strict=True)),
        }


def fit_nuisance(
    name: str,
    w: np.ndarray,
    values: np.ndarray,
    held_out: np.ndarray,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> list[Nuisance]:
    """Regress one reading on w, each of its columns or their first principal components.

    Args:
        w: (N, W); values: (N, K), NaN where there was nothing to read.
        held_out: (N,) bool, the rows to report on, which the fit does not see.
        groups: (N,) who it is, where that is known.

    Raises:
        CircumplexError: it was read in too few pictures, or is the same in all of them.
    """
    finite = np.isfinite(values).all(1)
    fit, test = finite & ~held_out, finite & held_out
    if fit.sum() < FEWEST or test.sum() < 2:
        raise CircumplexError(
            f"{name} could be read in only {finite.sum()} of {len(values)} pictures; leave it out "
            "of --without, or draw more --samples"
        )
    if values.shape[1] > COMPONENTS:
        mean = values[fit].mean(0)
        _, _, axes = np.linalg.svd(values[fit] - mean, full_matrices=False)
        values = (values - mean) @ axes[:COMPONENTS].T
    if (np.ptp(values[fit], axis=0) == 0).any():
        raise CircumplexError(f"{name} is the same in all pictures; leave it out of --without")
    known, own = (None if groups is None else groups[rows] for rows in (fit, test))
    probes = fit_probes(w[fit], values[fit], known, seed=seed)
    sums = pair_sums(values[test], probes.predict(w[test]))
    scores = METRICS["r2"](sums.sum(0))
    low, high = bootstrap_interval(sums, METRICS["r2"], own, seed=seed)
    many = values.shape[1] > 1
    return [
        Nuisance(
            name=f"{name} {k + 1}" if many else name,
            weights=probes.weights[k],
            r2=float(scores[k]),
            r2_interval=(float(low[k]), float(high[k])),
            count=int(finite.sum()),
        )
        for k in range(values.shape[1])
    ]


def project_out(vectors: np.ndarray, nuisances: Sequence[Nuisance]) -> np.ndarray:
    """The part of `vectors` (K, W) that is orthogonal to every nuisance's weights, (K, W).

    Raises:
        CircumplexError: hardly anything is left of a vector.
    """
    if not nuisances:
        return vectors
    weights = np.stack([nuisance.weights for nuisance in nuisances])
    weights = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    _, sizes, axes = np.linalg.svd(weights, full_matrices=False)
    basis = axes[sizes > 1e-9 * sizes.max()]  # (M, W), orthonormal
    left = vectors
    for _ in range(2):  # the second pass takes out what rounding left in the first
        left = left - (left @ basis.T) @ basis
    if (np.linalg.norm(left, axis=1) < _LEFT * np.linalg.norm(vectors, axis=1)).any():
        raise CircumplexError(
            "valence or arousal lies wholly among the nuisance directions, nothing is left to "
            "move; take fewer of them --without"
        )
    return left


def pose_readings(finder: "DetectedFace") -> dict[str, Reading]:
    """Yaw, pitch and roll in degrees from the five points of the detector."""

    def along(axis: int) -> Reading:
        return lambda images: finder.pose(images)[:, axis]

    return {name: along(axis) for axis, name in enumerate(POSE)}


def identity_reading(place: Callable[[np.ndarray], np.ndarray], device: str = "cpu") -> Reading:
    """Embeddings (N, 128) by the package's own network.

    Args:
        place: pictures uint8 (N, H, W, 3) to the five points (N, 5, 2) of their faces in pixels,
            NaN where there is none.

    Raises:
        CircumplexError: the network's file is missing or damaged.
    """
    from faces.readers.identity.reader import IdentityReader

    reader = IdentityReader(device=device)
    return lambda images: reader.read(list(images), place(images))


def facenet_reading(weights: str | os.PathLike[str], device: str = "cpu") -> Reading:
    """Embeddings (N, 512) of unit length by InceptionResnetV1, of the whole pictures.

    Args:
        weights: as `gan_bridge.inversion.features.load_facenet` takes them.

    Raises:
        CircumplexError: the file is missing, damaged, or not of this network.
    """
    import torch

    from gan_bridge.inversion.features import load_facenet
    from vae.codes import to_tensor

    network = load_facenet(weights).to(device)

    @torch.inference_mode()
    def read(images: np.ndarray) -> np.ndarray:
        bands = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return network(to_tensor(bands).to(device)).double().cpu().numpy()

    return read
