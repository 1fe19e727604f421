"""A learned map from a face and a request to a move: what pictures show is what was asked for.

Probes say where a latent stands; a picture made from it shows less, or more, or something else, and
other things change with it. An editor adds to the linear move along the directions a small learned
residual, trained through the generator, so that readers find the request in the picture and the
person stays (EmoStyle, Azari and Lim 2024, learned the whole move).

It is a smooth function: a network of smooth units over the face's coordinates and the point aimed
at, which is the request or, where no face shows that, the nearest that faces show
(`gan_bridge.editing.reachable`).
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
from gan_bridge.editing.reachable import ANGLES, ReachableRegion

if TYPE_CHECKING:
    from vae.probing.directions import Directions

SCHEMA, VERSION = "circumplex/editor", 1
#: What evidence says of generators whose faces lie where the crops of face sets have them.
FILLING = "fill the picture"
#: Arrays of the network, in the order of their use.
ARRAYS = (
    *("centre", "components", "gain", "offset"),
    *("first", "first_bias", "second", "second_bias", "out", "basis", "radii"),
)


@dataclass(frozen=True, eq=False)
class Editor:
    """The map, for one generator and its directions.

    A face w, moved to neutral along the directions, has K coordinates z = (w − centre) componentsᵀ.
    For the point p that is aimed at, the probes are to read p · gain + offset in the latent, and
    each layer moves by what the network of two hidden layers of H units makes of (z, p) beside.

    Attributes:
        centre, components: (W,) and (K, W).
        gain, offset: (2, 2) and (2,).
        first, first_bias, second, second_bias: (K + 2, H), (H,), (H, H), (H,).
        out: (H, L B); basis: (B, W): each layer moves in the space of B directions.
        radii: of the region that faces show.
        evidence: `generator` and `directions` (digests), `layers`, how it was trained and how well
            it holds on fresh faces, as plain JSON values.
    """

    centre: np.ndarray
    components: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    first: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    second_bias: np.ndarray
    out: np.ndarray
    basis: np.ndarray
    radii: np.ndarray
    evidence: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers that decide an edit, as they are stored."""
        return tensors_digest({name: getattr(self, name) for name in ARRAYS})

    @property
    def region(self) -> ReachableRegion:
        """What faces show."""
        return ReachableRegion(self.radii.astype(np.float64))

    def matches(self, digest: str) -> bool:
        """Whether `digest` names this editor."""
        return digest == self.digest

    def check(self, generator: str, directions: "Directions", where: object) -> None:
        """Refuse another generator, named by its digest, or other directions.

        Raises:
            CircumplexError: naming what does not fit.
        """
        check_owners(self.evidence, generator, directions, f"{where} edits with")

    def moves(self, neutral: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is to be done to faces for their targets.

        Args:
            neutral: (N, W) latents, moved to neutral along the directions.
            targets: (N, 2) valence and arousal that the pictures are to show.

        Returns:
            latent targets (N, 2), what the probes are to read in the latent; and what each layer
            moves by beside, (N, L, W) float64.
        """
        aimed = self.aimed_points(targets)
        pairs = zip(np.asarray(neutral, np.float64), aimed, strict=True)
        residuals = np.stack([self._residual(face, point) for face, point in pairs])
        return aimed @ self.gain + self.offset, residuals

    def aimed_points(self, targets: np.ndarray) -> np.ndarray:
        """The points (N, 2) that moves aim at, in terms of the readers that trained the editor."""
        return self.in_reader_terms(self.region.aim(targets))

    def in_request_terms(self, read: np.ndarray) -> np.ndarray:
        """What those readers find in pictures, (N, 2), as a request would say it."""
        return read

    def in_reader_terms(self, requested: np.ndarray) -> np.ndarray:
        """What those readers are to find, (N, 2), where that is requested."""
        return requested

    def covers(self, targets: np.ndarray) -> np.ndarray:
        """Whether faces show targets (N, 2), (N,) bool."""
        return self.region.covers(targets)

    def _residual(self, face: np.ndarray, point: np.ndarray) -> np.ndarray:
        """(L, W) of one face (W,) and one point (2,); alone, as a product rounds by its shape."""
        x = np.concatenate([(face - self.centre) @ self.components.T, point])
        for weight, bias in ((self.first, self.first_bias), (self.second, self.second_bias)):
            x = np.tanh(x @ weight + bias)
        return (x @ self.out).reshape(-1, len(self.basis)) @ self.basis

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "evidence": json.dumps(self.evidence, sort_keys=True),
        }
        write_artefact(path, {name: getattr(self, name) for name in ARRAYS}, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or not finite.
        """
        stored, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, Path(path))
        return cls(**cls.checked_fields(stored, header, path))

    @staticmethod
    def checked_fields(
        stored: Mapping[str, np.ndarray], header: Mapping[str, str], path: str | os.PathLike[str]
    ) -> dict[str, Any]:
        """Arrays and evidence of a file, as the fields of an editor.

        Raises:
            CircumplexError: damaged, or not finite.
        """
        try:
            arrays = {name: stored[name] for name in ARRAYS}
            evidence = json.loads(header["evidence"])
            fits = _shapes_fit(arrays)
            fits = fits and all(np.isfinite(value).all() for value in arrays.values())
            fits = fits and all(isinstance(evidence[k], str) for k in ("generator", "directions"))
            fits = fits and all(type(k) is int for k in evidence["layers"])
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew") from error
        if not fits:
            raise CircumplexError(f"{path} is damaged; run circumplex calibrate anew")
        return {**arrays, "evidence": evidence}


def _shapes_fit(arrays: Mapping[str, np.ndarray]) -> bool:
    (count, width), hidden = arrays["components"].shape, len(arrays["first_bias"])
    known = {
        "centre": (width,),
        "gain": (2, 2),
        "offset": (2,),
        "first": (count + 2, hidden),
        "second": (hidden, hidden),
        "second_bias": (hidden,),
        "radii": (ANGLES,),
    }
    fits = all(arrays[name].shape == shape for name, shape in known.items())
    moved, columns = arrays["basis"], arrays["out"]
    return fits and moved.shape[1] == width and columns.shape[1] % len(moved) == 0
