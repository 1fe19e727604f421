"""A picture made again from its recipe, held against the picture that carries the recipe."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_bridge.generators.backend import say_backend
from studio.stimuli.recipe import Recipe, picture_digest, read_pixels


@dataclass(frozen=True)
class Reproduction:
    """How near a picture that was made again comes to the first.

    Attributes:
        source: name of the file with the recipe.
        identical: pixel for pixel what the recipe was written for.
        changed: the file's pixels are not those that its recipe was written for: another program
            has saved it anew. None where the recipe, one of version 0.1.0 or of a finished picture,
            cannot tell.
        most, mean: largest and mean absolute difference from the file's pixels, in levels of 0–255;
            None where these were changed, or finished.
        finished: the file shows the face in another size, masked or matched; the recipe makes the
            face before that.
        backends: what made the first and the second, for people; None where that is unknown.
    """

    source: str
    identical: bool
    changed: bool | None
    most: int | None
    mean: float | None
    backends: tuple[str, str] | None
    finished: bool = False

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        names = ("identical", "changed", "most", "mean")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        with_what = " (made with {}; here {})".format(*self.backends) if self.backends else ""
        if self.finished:
            relation = "identical to" if self.identical else "not identical to"
            return f"{relation} the face in {self.source} before it was finished{with_what}"
        if self.changed:
            relation = "identical to" if self.identical else "not identical to"
            return f"{relation} the picture as it was made; {self.source} was changed since" + (
                "" if self.identical else f", so that by how much is not known{with_what}"
            )
        if self.identical:
            return f"identical to {self.source}"
        proviso = "" if self.changed is False else ", if nobody changed it since"
        return (
            f"differs from {self.source} by up to {self.most} of 255 levels, "
            f"{self.mean:.4f} in the mean{proviso}{with_what}"
        )


def compare_reproduction(
    source: str | os.PathLike[str], recipe: Recipe, image: np.ndarray, backend: dict[str, str]
) -> Reproduction:
    """Hold `image`, made from the recipe in `source`, against the first.

    Args:
        image: uint8 (H, W, 3); backend: what made it.

    Raises:
        CircumplexError: the file cannot be read.
    """
    backends = None
    if recipe.backend is not None and recipe.backend != backend:
        backends = say_backend(recipe.backend), say_backend(backend)
    if recipe.finish is not None:
        identical = recipe.picture == picture_digest(image)
        return Reproduction(Path(source).name, identical, None, None, None, backends, True)
    first = read_pixels(source)
    same_file = first.shape == image.shape and np.array_equal(first, image)
    changed = None if recipe.picture is None else recipe.picture != picture_digest(first)
    if recipe.picture is None and first.shape != image.shape:
        changed = True
    identical = same_file if recipe.picture is None else recipe.picture == picture_digest(image)
    most = mean = None
    if not changed:
        apart = np.abs(first.astype(np.int16) - image)
        most, mean = int(apart.max()), float(apart.mean())
    return Reproduction(Path(source).name, identical, changed, most, mean, backends)
