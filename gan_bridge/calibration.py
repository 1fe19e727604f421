"""What pictures show against what was asked of the latent, and the way back from one to the other.

Probes say where a latent stands. A picture made from it shows less than that, or more, or something
else: the calibration is a surface, fitted to what a reader of faces saw in pictures, from (face,
move) to (valence, arousal), and a request is solved against it.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from faces.errors import CircumplexError
from faces.files import check_schema
from faces.tensors import read_artefact, write_artefact

SCHEMA, VERSION = "circumplex/calibration", 1
FILE = "calibration.safetensors"
#: A request counts as reached where the surface comes this near to it.
NEAR = 0.1
#: Exponents (i, j) of vⁱ aʲ; the first three also depend on the face.
POWERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))
BY_FACE = 3
_ARRAYS = ("coefficients", "centre", "components", "hull")
#: Weight of a move's square beside the square of what is missed: on a plateau the shorter move.
_EFFORT = 0.002
_COARSE, _FINE, _ROUNDS = 41, 7, 4


@dataclass(frozen=True, eq=False)
class Calibration:
    """A response surface, and its inverse.

    Attributes:
        coefficients: (10 + 3 K, 2) of the terms of `terms`, for valence and arousal.
        centre, components: (W,) and (K, W), float64: a face's latent, moved to neutral, becomes
            its K coordinates (w − centre) · components.
        reach: moves were measured within ± reach, in the probes' units; none goes beyond.
        hull: (M, 2) corners, counter-clockwise, of what most faces can be brought to show.
        evidence: `generator` and `directions` (digests), `layers`, `reader`, how it was measured
            and how well it holds, as plain JSON values.
    """

    coefficients: np.ndarray
    centre: np.ndarray
    components: np.ndarray
    reach: float
    hull: np.ndarray
    evidence: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers that decide an edit."""
        digest = hashlib.sha256()
        for held in (self.coefficients, self.centre, self.components, np.array(self.reach)):
            digest.update(np.ascontiguousarray(held, "<f8").tobytes())
        return digest.hexdigest()

    def check(self, generator: str, directions: str, where: object) -> None:
        """Refuse another generator or other directions, named by their digests.

        Raises:
            CircumplexError: naming what does not fit.
        """
        for kind, digest in (("generator", generator), ("directions", directions)):
            if self.evidence[kind] != digest:
                raise CircumplexError(
                    f"{where} calibrates {kind} {self.evidence[kind][:12]}, these are "
                    f"{digest[:12]}; run circumplex calibrate anew"
                )

    def read(self, w: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """What the surface says that pictures show: (N, 2).

        Args:
            w: (N, W) latents, moved to neutral.
            goals: (N, 2) valence and arousal that the probes are to read in the latent.
        """
        return np.einsum("ntk,nt->nk", self.of_face(w), powers(goals))

    def solve(self, w: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The moves that bring pictures nearest to what is wanted.

        Args:
            w: (N, W) latents, moved to neutral.
            wanted: (N, 2) valence and arousal that the pictures are to show.

        Returns:
            goals (N, 2) for the probes, within ± reach; and what the surface says they will show.
        """
        goals = np.stack(
            [self._solve(own, goal) for own, goal in zip(self.of_face(w), wanted, strict=True)]
        )
        return goals, self.read(w, goals)

    def of_face(self, w: np.ndarray) -> np.ndarray:
        """Each face's own coefficients of the powers, (N, 10, 2), of latents moved to neutral."""
        count = len(POWERS)
        z = (np.asarray(w, np.float64) - self.centre) @ self.components.T  # N, K
        by_face = self.coefficients[count:].reshape(BY_FACE, -1, 2)
        own = np.repeat(self.coefficients[None, :count], len(z), axis=0)
        own[:, :BY_FACE] += np.einsum("nk,pkt->npt", z, by_face)
        return own

    def _solve(self, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Search a grid, then ever smaller ones around the best: the surface may fold."""
        best, half, count = np.zeros(2), self.reach, _COARSE
        for _ in range(_ROUNDS):
            ticks = np.linspace(-half, half, count)
            points = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2) + best
            points = points.clip(-self.reach, self.reach)
            missed = ((powers(points) @ own - wanted) ** 2).sum(1)
            best = points[np.argmin(missed + _EFFORT * (points**2).sum(1))]
            half, count = 2 * half / (count - 1), _FINE
        return best

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "reach": repr(float(self.reach)),
            "evidence": json.dumps(self.evidence, sort_keys=True),
        }
        arrays = {name: np.asarray(getattr(self, name), np.float64) for name in _ARRAYS}
        write_artefact(path, arrays, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or not finite.
        """
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, Path(path))
        try:
            held = {name: arrays[name] for name in _ARRAYS}
            reach, evidence = float(header["reach"]), json.loads(header["evidence"])
            fits = _shapes_fit(held) and 0 < reach < 100
            fits = fits and all(np.isfinite(value).all() for value in held.values())
            fits = fits and all(isinstance(evidence[k], str) for k in ("generator", "directions"))
            fits = fits and all(type(k) is int for k in evidence["layers"])
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew") from error
        if not fits:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew")
        return cls(**held, reach=reach, evidence=evidence)


def powers(goals: np.ndarray) -> np.ndarray:
    """The terms of a cubic in (N, 2) valence and arousal: (N, 10), in the order of POWERS."""
    valence, arousal = np.asarray(goals, np.float64).T
    return np.stack([valence**i * arousal**j for i, j in POWERS], 1)


def terms(z: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """All terms of the surface for faces' coordinates (N, K) and goals (N, 2): (N, 10 + 3 K)."""
    shared = powers(goals)
    return np.concatenate([shared, *(shared[:, k : k + 1] * z for k in range(BY_FACE))], 1)


def _shapes_fit(held: Mapping[str, np.ndarray]) -> bool:
    count, width = held["components"].shape
    return (
        held["coefficients"].shape == (len(POWERS) + BY_FACE * count, 2)
        and held["centre"].shape == (width,)
        and held["hull"].ndim == 2
        and held["hull"].shape[1] == 2
    )
