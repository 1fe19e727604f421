"""What pictures show against the target set in the latent, and the way back to that target.

Probes say where a latent stands. A picture made from it shows less than that, or more, or something
else: the calibration is a surface, fitted to what a reader of faces saw in pictures, from (face,
move) to (valence, arousal), and a target is solved against it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.digests import tensors_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.editing.owners import check_owners
from vae.probing.earlier import bare_digest

if TYPE_CHECKING:
    from vae.probing.directions import Directions

SCHEMA, VERSION = "circumplex/calibration", 1
FILE = "calibration.safetensors"
#: A target counts as reached where the surface comes this near to it.
NEAR = 0.1
_ARRAYS = ("centre", "components", "by_move", "by_face", "bias", "out", "level", "hull")
_COARSE, _FINE, _ROUNDS = 41, 7, 4


@dataclass(frozen=True, eq=False)
class Calibration:
    """A response surface, and its inverse.

    A picture of face z moved to g shows tanh(g · by_move + z · by_face + bias) · out + level: one
    hidden layer of H units, because readings rise steeply between plateaus, at another place in
    each face.

    Attributes:
        centre, components: (W,) and (K, W), float64: a face's latent, moved to neutral, becomes
            its K coordinates z = (w − centre) · componentsᵀ.
        by_move, by_face, bias: (2, H), (K, H), (H,).
        out, level: (H, 2), (2,): valence and arousal.
        reach: moves were measured up to this far from neutral, in the probes' units; none goes
            beyond.
        effort: weight of the square of how far a move strays from the target itself, beside the
            square of what is missed: where nothing is gained, the probes are believed.
        hull: (M, 2) corners, counter-clockwise, of what most faces can be brought to show.
        evidence: `generator` and `directions` (digests), `layers`, `reader`, how it was measured
            and how well it holds, as plain JSON values.
    """

    centre: np.ndarray
    components: np.ndarray
    by_move: np.ndarray
    by_face: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    level: np.ndarray
    reach: float
    effort: float
    hull: np.ndarray
    evidence: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers that decide an edit, as they are stored."""
        return tensors_digest(self._deciding)

    def matches(self, digest: str) -> bool:
        """Whether `digest` names this calibration; version 0.1.0 hashed the bare bytes."""
        return digest in (self.digest, bare_digest(self._deciding.values()))

    @property
    def _deciding(self) -> dict[str, np.ndarray]:
        arrays = {name: getattr(self, name) for name in _ARRAYS if name != "hull"}
        arrays |= {"reach and effort": np.array([self.reach, self.effort])}
        return {name: np.asarray(value, np.float64) for name, value in arrays.items()}

    def check(self, generator: str, directions: "Directions", where: object) -> None:
        """Refuse another generator, named by its digest, or other directions.

        Raises:
            CircumplexError: naming what does not fit.
        """
        check_owners(self.evidence, generator, directions, f"{where} calibrates")

    def predict(self, w: np.ndarray, latent_targets: np.ndarray) -> np.ndarray:
        """What the surface says that pictures show: (N, 2).

        Args:
            w: (N, W) latents, moved to neutral.
            latent_targets: (N, 2) valence and arousal that the probes are to read in the latent.
        """
        return self._respond(self._face_terms(w), np.asarray(latent_targets, np.float64))

    def solve(self, w: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The moves that bring pictures nearest to their targets.

        Args:
            w: (N, W) latents, moved to neutral.
            targets: (N, 2) valence and arousal that the pictures are to show.

        Returns:
            latent targets (N, 2), what the probes are to read in the latent, within reach; and
            what the surface says that the pictures will show.
        """
        pairs = zip(self._face_terms(w), np.asarray(targets, np.float64), strict=True)
        latent_targets = np.stack([self._search(terms, target) for terms, target in pairs])
        return latent_targets, self.predict(w, latent_targets)

    def moves(self, neutral: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, None]:
        """As `gan_bridge.editing.editor.Editor.moves`: latent targets, and nothing beside."""
        return self.solve(neutral, targets)[0], None

    def covers(self, targets: np.ndarray) -> np.ndarray:
        """Whether most faces can be brought to show targets (N, 2), (N,) bool."""
        from vae.probing.hull import inside

        corners = tuple((float(x), float(y)) for x, y in self.hull)
        targets = np.asarray(targets, np.float64)
        return inside(corners, targets) if corners else np.ones(len(targets), bool)

    def _face_terms(self, w: np.ndarray) -> np.ndarray:
        """What a face, a latent of (N, W) moved to neutral, gives to each hidden unit: (N, H)."""
        z = (np.asarray(w, np.float64) - self.centre) @ self.components.T
        return z @ self.by_face + self.bias

    def _respond(self, face_terms: np.ndarray, latent_targets: np.ndarray) -> np.ndarray:
        """Of (N, H) or (H,), and (N, 2): (N, 2)."""
        return np.tanh(latent_targets @ self.by_move + face_terms) @ self.out + self.level

    def _search(self, face_terms: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Search a grid, then ever smaller ones around the best: the surface may fold."""
        best, half, count = np.zeros(2), self.reach, _COARSE
        for _ in range(_ROUNDS):
            ticks = np.linspace(-half, half, count)
            points = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2) + best
            points = points[(points**2).sum(1) <= self.reach**2 + 1e-9]
            missed = ((self._respond(face_terms, points) - target) ** 2).sum(1)
            strayed = ((points - target) ** 2).sum(1)
            best = points[np.argmin(missed + self.effort * strayed)]
            half, count = 2 * half / (count - 1), _FINE
        return best

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "reach": repr(float(self.reach)),
            "effort": repr(float(self.effort)),
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
        stored, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, Path(path))
        try:
            arrays = {name: stored[name] for name in _ARRAYS}
            reach, effort = float(header["reach"]), float(header["effort"])
            evidence = json.loads(header["evidence"])
            fits = _shapes_fit(arrays) and 0 < reach < 100 and 0 <= effort < 100
            fits = fits and all(np.isfinite(value).all() for value in arrays.values())
            fits = fits and all(isinstance(evidence[k], str) for k in ("generator", "directions"))
            fits = fits and all(type(k) is int for k in evidence["layers"])
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew") from error
        if not fits:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew")
        return cls(**arrays, reach=reach, effort=effort, evidence=evidence)


def _shapes_fit(arrays: Mapping[str, np.ndarray]) -> bool:
    (count, width), hidden = arrays["components"].shape, len(arrays["bias"])
    shapes = {
        "centre": (width,),
        "by_move": (2, hidden),
        "by_face": (count, hidden),
        "bias": (hidden,),
        "out": (hidden, 2),
        "level": (2,),
    }
    fits = all(arrays[name].shape == shape for name, shape in shapes.items())
    return fits and arrays["hull"].ndim == 2 and arrays["hull"].shape[1] == 2
