"""From a photo to a latent: the face is cut as the faces were that the model learned from."""

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.errors import CircumplexError
from faces.sets.config import PrepareConfig

if TYPE_CHECKING:
    from gan_bridge.generator import Generator

#: In a photo the face may be smaller than in a set of portraits.
_SMALLEST = 0.1


def crop_settings(generator: "Generator") -> PrepareConfig:
    """The settings of the face set that the generator was trained on, made fit for photos.

    Raises:
        CircumplexError: the generator cannot encode pictures.
    """
    from gan_bridge.generator import VAEGenerator

    if not isinstance(generator, VAEGenerator):
        raise CircumplexError(f"{generator.name} cannot encode photos; start from a seed")
    known = {field.name for field in fields(PrepareConfig)}
    saved = generator.run.provenance.get("faces_settings", {})
    settings = PrepareConfig(**{name: value for name, value in saved.items() if name in known})
    return replace(
        settings,
        size=generator.resolution,
        channels=generator.channels,
        detector="mtcnn",
        smallest=min(settings.smallest, _SMALLEST),
    )


def encode_photo(photo: Path, generator: "Generator") -> np.ndarray:
    """The latent (1, L, W) of the face in a photo.

    Raises:
        CircumplexError: the photo cannot be read, or no face is found in it.
    """
    from faces.sets import prepare_picture

    face = prepare_picture(photo, crop_settings(generator))  # C, S, S
    rgb = np.broadcast_to(face, (3, *face.shape[1:])).transpose(1, 2, 0)
    return generator.encode(np.ascontiguousarray(rgb)[None])
