"""A photo's face as a latent: one pass of an encoder, then a few steps, behind the gate."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.portrait import Portrait
from gan_bridge.generators.protocol import Encoder, Generator
from gan_bridge.inversion.config import InvertConfig
from gan_bridge.inversion.gate import Verdict
from gan_bridge.inversion.inverter import Inverter
from gan_bridge.inversion.photos import cut_photo, photo_notes

#: After the encoder's pass: seconds on two CPU cores. `circumplex invert` takes more.
QUICK = InvertConfig(steps=60, together=0.3, identity=0.5, patience=0, space_samples=1024)


@dataclass(frozen=True, eq=False)
class PhotoFace:
    """What was found of a photo.

    Attributes:
        portrait: the face as it was cut.
        w: (1, L, W) float32; image: uint8 (S, S, 3), what the generator shows there.
        identity_distance: of that from the photo's face, None where no network says it.
        verdict: whether it is near enough to be edited.
        notes: what the user should know, a line each.
    """

    portrait: Portrait
    w: np.ndarray
    image: np.ndarray
    identity_distance: float | None
    verdict: Verdict
    notes: tuple[str, ...]


def find_photo(
    photo: Path,
    generator: Generator,
    number: int | None = None,
    inverter: Inverter | None = None,
) -> PhotoFace:
    """The latent of a photo's face.

    Args:
        number: which of several faces, by size from 1; None for the largest.
        inverter: takes the steps that follow the encoder's pass; what it measured of the generator
            serves for every photo. None for `quick_inverter`.

    Raises:
        CircumplexError: the photo is missing or damaged, shows no such face or one too small; or
            the generator cannot encode pictures.
    """
    if not isinstance(generator, Encoder):
        raise CircumplexError(
            f"{generator.name} cannot encode photos; start from a seed, or find the photo's latent "
            "with `circumplex invert` and give it with --latent"
        )
    portrait = cut_photo(photo, generator, number)
    image = portrait.coloured
    found = (inverter or quick_inverter(generator))(image)
    return PhotoFace(
        portrait,
        found.w,
        found.image,
        found.figures.identity,
        found.verdict,
        photo_notes(portrait, number),
    )


def quick_inverter(generator: Generator, progress: Progress = silent) -> Inverter:
    """What takes QUICK steps."""
    return Inverter(generator, QUICK, progress=progress)
