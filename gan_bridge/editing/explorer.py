"""A face moved about the circumplex: single edits, grids and paths through one protocol."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from faces.ground.errors import CircumplexError
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.grid_points import grid_points
from gan_bridge.editing.latent_mover import LatentMover
from gan_bridge.editing.layer_strengths import Layers
from gan_bridge.editing.layered_directions import LayeredDirections
from gan_bridge.generators.protocol import BatchRenderer, Encoder, Generator
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    from gan_bridge.editing.calibration import Calibration
    from vae.probing.directions import Directions

T = TypeVar("T")


class EmotionExplorer(LatentMover):
    """Pictures of the latents that a mover moves, and what is read in them.

    Args:
        generator, directions, layers, calibration: as of `LatentMover`.
        reader: reads valence and arousal (N, 2) in pictures, for a generator that cannot encode.
        aimed_reader: reads as `reader` does, in the terms of the calibration's requests: with what
            trained an editor; NaN where that is not at hand.

    Raises:
        CircumplexError: the directions or the calibration belong to another model.
    """

    def __init__(
        self,
        generator: Generator,
        directions: "Directions | LayeredDirections",
        layers: Layers = None,
        reader: Callable[[np.ndarray], np.ndarray] | None = None,
        calibration: "Calibration | Editor | None" = None,
        aimed_reader: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        super().__init__(generator, directions, layers, calibration)
        self.reader, self.aimed_reader = reader, aimed_reader

    def edit(
        self,
        w: np.ndarray,
        valence: float | np.ndarray,
        arousal: float | np.ndarray,
        layers: Layers = None,
    ) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) of the latents (N, L, W) moved to (valence, arousal)."""
        return self.generator.synthesize(self.move(w, valence, arousal, layers))

    def path(
        self,
        seed_or_w: int | np.ndarray,
        targets: Iterable[tuple[float, float]],
        truncation: float = DEFAULT_TRUNCATION,
        layers: Layers = None,
        batch: int = 1,
    ) -> np.ndarray:
        """One face at each (valence, arousal) of `targets`: uint8 (K, H, W, 3).

        Args:
            batch: pictures synthesized at once where the generator can; the last bits of a picture
                then depend on its batch.
        """
        w = self.latent(seed_or_w, truncation)
        pictures = []
        for group in _groups(targets, batch):
            moved = np.concatenate([self.move(w, *target, layers) for target in group])
            if batch > 1 and isinstance(self.generator, BatchRenderer):
                pictures.append(self.generator.render(moved, len(moved)))
            else:
                pictures.append(self.generator.synthesize(moved))
        return np.concatenate(pictures)

    def grid(
        self,
        seed_or_w: int | np.ndarray,
        n: int = 7,
        reach: float | None = None,
        truncation: float = DEFAULT_TRUNCATION,
        layers: Layers = None,
        batch: int = 1,
    ) -> np.ndarray:
        """One face on the n × n points of `grid_points`: uint8 (n, n, H, W, 3), arousal falls with
        the row, valence rises with the column, the neutral face is in the middle of an odd n:
        neutral as people see it, where an editor knows that they see it at all."""
        points = grid_points(n, reach, self.region)
        images = self.path(seed_or_w, points, truncation, layers, batch)
        return images.reshape(n, n, *images.shape[1:])

    def latent(
        self, seed_or_w: int | np.ndarray, truncation: float = DEFAULT_TRUNCATION
    ) -> np.ndarray:
        """(1, L, W) from a seed, or the given latent as it is."""
        if isinstance(seed_or_w, np.ndarray):
            return seed_or_w
        return self.generator.sample_w([seed_or_w], truncation)

    def shown(self, w: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Valence and arousal (2,) of one face as it is, in the terms of a request: as read in its
        picture uint8 (H, W, 3) where edits are aimed at pictures and something reads them, else in
        its latent (1, L, W)."""
        if self.is_calibrated():
            if self.aimed_reader is not None:
                found = self.aimed_reader(image[None])[0]
                if np.isfinite(found).all():
                    return found
            if self.can_read:
                found = self.in_request_terms(self.read(image[None]))[0]
                if np.isfinite(found).all():
                    return found
        return self.predict(w)[0]

    @property
    def can_read(self) -> bool:
        """Whether `read` has something to read with."""
        return self.reader is not None or isinstance(self.generator, Encoder)

    def read(self, images: np.ndarray) -> np.ndarray:
        """What the probes read in pictures uint8 (N, H, W, 3), encoded anew: (N, 2).

        Raises:
            CircumplexError: the generator has no encoder, and there is no reader.
        """
        if self.reader is not None:
            return self.reader(images)
        if not isinstance(self.generator, Encoder):
            raise CircumplexError(
                f"{self.generator.name} cannot encode pictures; choose a generator that can"
            )
        return self.predict(self.generator.encode(images))


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` items."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
