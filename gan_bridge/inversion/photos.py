"""From a photo to a latent: the face is cut as the faces were that the model learned from."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets.config import PrepareConfig

if TYPE_CHECKING:
    from gan_bridge.generators.protocol import Generator

#: In a photo the face may be smaller than in a set of portraits.
_SMALLEST = 0.1


def crop_settings(generator: "Generator", margin: float | None = None) -> PrepareConfig:
    """The settings of the face set that the generator was trained on, made fit for photos.

    Args:
        generator: one that does not know them stands for those of `prepare`.
        margin: in place of theirs.
    """
    settings = PrepareConfig(**_faces_settings(generator))
    return replace(
        settings,
        size=generator.resolution,
        channels=generator.channels,
        detector="mtcnn",
        smallest=min(settings.smallest, _SMALLEST),
        margin=settings.margin if margin is None else margin,
    )


def knows_crop(generator: "Generator") -> bool:
    """Whether the generator's file says how its faces were cut."""
    return bool(_faces_settings(generator))


def _faces_settings(generator: "Generator") -> dict[str, Any]:
    from faces.sets.config import faces_settings

    return faces_settings(generator.provenance)


def encode_photo(photo: Path, generator: "Generator") -> np.ndarray:
    """The latent (1, L, W) of the face in a photo.

    Raises:
        CircumplexError: the photo cannot be read, no face is found in it, or the generator cannot
            encode pictures.
    """
    from faces.sets import prepare_picture
    from gan_bridge.generators.protocol import Encoder

    if not isinstance(generator, Encoder):
        raise CircumplexError(
            f"{generator.name} cannot encode photos; start from a seed, or find the photo's latent "
            "with `circumplex invert` and give it with --latent"
        )
    face = prepare_picture(photo, crop_settings(generator))  # C, S, S
    rgb = np.broadcast_to(face, (3, *face.shape[1:])).transpose(1, 2, 0)
    return generator.encode(np.ascontiguousarray(rgb)[None])
