"""A face moved about the circumplex: single edits, grids and paths through one protocol."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from faces.errors import CircumplexError

if TYPE_CHECKING:
    from gan_bridge.generator import Generator
    from vae.directions import Directions


class EmotionExplorer:
    """Moves latents of `generator` along `directions` to requested valence and arousal.

    Targets are absolute: after an edit the probes read the requested values in the latent, so the
    request (0, 0) is a neutral face whatever the face started with. What the probes read in the
    finished *picture* is another matter, and `read` says it.

    Raises:
        CircumplexError: the directions belong to another model.
    """

    def __init__(self, generator: "Generator", directions: "Directions") -> None:
        directions.check_model(generator.digest)
        self.generator = generator
        self.directions = directions

    def move(self, w: np.ndarray, valence: float, arousal: float) -> np.ndarray:
        """Latents (N, L, W) after the move to (valence, arousal), each in [-1, 1] or beyond.

        One latent at a time: a matrix product rounds by the shape of its batch, and the same
        request is to give the same bytes in any batch.
        """
        moved = np.empty(w.shape, np.float32)
        for row, layers in zip(moved, w, strict=True):
            z = layers.mean(axis=0, dtype=np.float64)[None]  # (1, W)
            row[:] = layers + (self.directions.move(z, valence, arousal) - z)
        return moved

    def edit(self, w: np.ndarray, valence: float, arousal: float) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) of the latents (N, L, W) moved to (valence, arousal)."""
        return self.generator.synthesize(self.move(w, valence, arousal))

    def path(
        self,
        seed_or_w: int | np.ndarray,
        points: Iterable[tuple[float, float]],
        truncation: float = 1.0,
    ) -> np.ndarray:
        """One face at each (valence, arousal) of `points`: uint8 (K, H, W, 3)."""
        w = self.latent(seed_or_w, truncation)
        return np.concatenate([self.edit(w, valence, arousal) for valence, arousal in points])

    def grid(
        self,
        seed_or_w: int | np.ndarray,
        n: int = 7,
        reach: float = 0.8,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """One face on n × n points: uint8 (n, n, H, W, 3), arousal falls with the row, valence
        rises with the column, the neutral face stands in the middle of an odd n."""
        images = self.path(seed_or_w, grid_points(n, reach), truncation)
        return images.reshape(n, n, *images.shape[1:])

    def latent(self, seed_or_w: int | np.ndarray, truncation: float = 1.0) -> np.ndarray:
        """(1, L, W) from a seed, or the given latent as it is."""
        if isinstance(seed_or_w, np.ndarray):
            return seed_or_w
        return self.generator.sample_w([seed_or_w], truncation)

    def predict(self, w: np.ndarray) -> np.ndarray:
        """What the probes read in latents (N, L, W): (N, 2) valence and arousal."""
        return np.concatenate(
            [self.directions.predict(row.mean(axis=0, dtype=np.float64)[None]) for row in w]
        )

    def read(self, images: np.ndarray) -> np.ndarray:
        """What the probes read in pictures uint8 (N, H, W, 3), encoded anew: (N, 2).

        Raises:
            CircumplexError: the generator has no encoder.
        """
        from gan_bridge.generator import Encoder

        if not isinstance(self.generator, Encoder):
            raise CircumplexError(
                f"{self.generator.name} cannot encode pictures; choose a generator that can"
            )
        return self.predict(self.generator.encode(images))


def grid_points(n: int = 7, reach: float = 0.8) -> Sequence[tuple[float, float]]:
    """The n² points (valence, arousal) of a grid over [-reach, reach]², by rows from the top left.

    Values are rounded to six places, so that file names, tables and ticks agree.
    """
    ticks = [round(float(tick), 6) + 0.0 for tick in np.linspace(-reach, reach, n)]
    return [(valence, arousal) for arousal in reversed(ticks) for valence in ticks]
