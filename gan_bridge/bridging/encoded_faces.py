"""Latents of real faces, for a bridge: random ones seldom show strong affect."""

from collections.abc import Sequence

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet
from faces.sets.config import faces_settings
from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.bridging.fitting import HELD_OUT
from gan_bridge.bridging.scoring import ALIGNMENT
from gan_bridge.generators.protocol import Encoder, Generator
from vae.probing.encoding import identities

_CELL = 0.2  # of valence and arousal: faces are drawn evenly over the cells that hold any
_STREAM = 0xFACE


class EncodedFaces:
    """A set's faces as latents, in the place of random ones: row k stands for seed `seed` + k.

    They are drawn evenly over valence and arousal, no face twice; the last fifth, which a bridge
    holds out, is of the `val` split.

    Attributes:
        rows: of the set, as many as the config wants samples, or fewer where there are not as many.
        groups: identity of each, or None where the set has none.

    Raises:
        CircumplexError: the generator has no encoder, or the faces are not of its form.
    """

    def __init__(self, generator: Generator, faces: FaceSet, config: BridgeConfig) -> None:
        if not isinstance(generator, Encoder):
            raise CircumplexError(
                f"{generator.name} cannot encode pictures; leave the face set out"
            )
        if (faces.size, faces.channels) != (generator.resolution, generator.channels):
            raise CircumplexError(
                f"the faces have {faces.size} pixels and {faces.channels} channels, "
                f"{generator.name} {generator.resolution} and {generator.channels}; "
                "prepare them in its form"
            )
        _check_cut(generator, faces)
        self._generator, self._faces, self._first = generator, faces, config.seed
        rng = np.random.default_rng([_STREAM, config.seed])
        train, val = (_even_rows(faces, split, rng) for split in ("train", "val"))
        shares = {1 - HELD_OUT: train, HELD_OUT: val}
        count = min(config.samples, *(int(len(rows) / share) for share, rows in shares.items()))
        fitted = round(count * (1 - HELD_OUT))
        self.rows = np.concatenate([train[:fitted], val[: count - fitted]])
        self.groups = identities(faces, self.rows)

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        """Latents (N, L, W) float32."""
        rows = self.rows[np.asarray(seeds) - self._first]
        pictures = self._faces.read(rows).transpose(0, 2, 3, 1)
        colours = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
        assert isinstance(self._generator, Encoder)
        return self._generator.encode(np.ascontiguousarray(colours))


def _check_cut(generator: Generator, faces: FaceSet) -> None:
    """Refuse faces that were cut otherwise than those that the generator learned from."""
    known = faces_settings(generator.provenance)
    found = faces.info.get("settings", {})
    for name in ALIGNMENT:
        if known and found.get(name) != known.get(name):
            raise CircumplexError(
                f"the faces' {name} is {found.get(name)}, that of {generator.name}'s own faces "
                f"{known.get(name)}; prepare them alike"
            )


def _even_rows(faces: FaceSet, split: str, rng: np.random.Generator) -> np.ndarray:
    """The labelled rows of a split, each once: of each cell of labels in turn, so that any number
    of the first ones is as even as can be."""
    rows = rng.permutation(faces.rows(split))
    rows = rows[np.isfinite(faces.labels(rows)).all(1)]
    if not len(rows):
        raise CircumplexError(f"the face set has no labelled {split} faces; prepare one that has")
    cells = np.floor(faces.labels(rows) / _CELL).astype(int)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    # the how-manieth of its cell a row is: all firsts come before all seconds
    order = np.argsort(cell, kind="stable")
    rank = np.empty(len(rows), int)
    rank[order] = np.concatenate([np.arange(size) for size in np.bincount(cell)])
    return rows[np.argsort(rank, kind="stable")]
