"""Latents of real faces, for a bridge: random ones seldom show strong affect."""

from collections.abc import Sequence

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet
from gan_bridge.bridging.config import BridgeConfig
from gan_bridge.bridging.fitting import HELD_OUT
from gan_bridge.generators.protocol import Encoder, Generator

_CELL = 0.2  # of valence and arousal: faces are drawn evenly over the cells that hold any
_STREAM = 0xFACE


class EncodedFaces:
    """A set's faces as latents, in the place of random ones: row k stands for seed `seed` + k.

    They are drawn evenly over valence and arousal; the last fifth, which a bridge holds out, is of
    the `val` split.

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
        self._generator, self._faces, self._first = generator, faces, config.seed
        held_out = config.samples - round(config.samples * (1 - HELD_OUT))
        parts = {"train": config.samples - held_out, "val": held_out}
        rng = np.random.default_rng([_STREAM, config.seed])
        self.rows = np.concatenate(
            [_even_rows(faces, split, count, rng) for split, count in parts.items()]
        )

    def __call__(self, seeds: Sequence[int]) -> np.ndarray:
        """Latents (N, L, W) float32."""
        rows = self.rows[np.asarray(seeds) - self._first]
        pictures = self._faces.read(rows).transpose(0, 2, 3, 1)
        colours = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
        assert isinstance(self._generator, Encoder)
        return self._generator.encode(np.ascontiguousarray(colours))


def _even_rows(faces: FaceSet, split: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows (count,) of a split: of each cell of labels in turn, each row as seldom as it can be."""
    rows = rng.permutation(faces.rows(split))
    rows = rows[np.isfinite(faces.labels(rows)).all(1)]
    if not len(rows):
        raise CircumplexError(f"the face set has no labelled {split} faces; prepare one that has")
    cells = np.floor(faces.labels(rows) / _CELL).astype(int)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    # the how-manieth of its cell a row is: all firsts come before all seconds
    order = np.argsort(cell, kind="stable")
    rank = np.empty(len(rows), int)
    sizes = np.bincount(cell)
    rank[order] = np.concatenate([np.arange(size) for size in sizes])
    chosen = rows[np.argsort(rank, kind="stable")]
    return np.resize(chosen, count)
