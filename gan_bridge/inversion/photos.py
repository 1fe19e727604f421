"""The face of a photo, cut as the faces were that a generator learned from."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from faces.sets.config import PrepareConfig, cut_of, faces_settings

if TYPE_CHECKING:
    from faces.sets.portrait import Portrait
    from gan_bridge.generators.protocol import Generator

#: In a photo the face may be smaller than in a set of portraits.
_SMALLEST = 0.1
#: Pixels of the photo that a face's crop needs: below it there is nothing to go by.
_LEAST_WIDTH = 48
#: Degrees beyond which a generator of roughly frontal faces shows another face or a bent one.
_MOST_TURNED = 30.0


def crop_settings(generator: "Generator", margin: float | None = None) -> PrepareConfig:
    """The settings of the face set that the generator was trained on, made fit for photos.

    Args:
        generator: one that does not know them stands for those of `prepare`.
        margin: in place of theirs.
    """
    settings = cut_of(generator.provenance)
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
    return bool(faces_settings(generator.provenance))


def cut_photo(
    photo: Path, generator: "Generator", number: int | None = None, margin: float | None = None
) -> "Portrait":
    """A face of a photo.

    Args:
        number: which of several, by size from 1; None for the largest.
        margin: in place of that of the generator's faces.

    Raises:
        CircumplexError: the photo is missing or cannot be read, shows no such face, or one that is
            too small.
    """
    from faces.sets import cut_portrait

    require_path(photo, "give a picture file")
    portrait = cut_portrait(photo, crop_settings(generator, margin), number)
    if portrait.width < _LEAST_WIDTH:
        raise CircumplexError(
            f"{photo}: the face is only {portrait.width:.0f} pixels wide, {_LEAST_WIDTH} are the "
            "least; choose a picture that shows it larger"
        )
    return portrait


def photo_notes(portrait: "Portrait", chosen: int | None) -> tuple[str, ...]:
    """What the user should know of a face that was taken, a line each.

    Args:
        chosen: the number that was asked for, if any.
    """
    notes = []
    if portrait.found > 1:
        which = "the largest" if portrait.number == 1 else f"number {portrait.number} by size"
        advice = "" if chosen else "; choose another with --face N"
        notes.append(f"the photo shows {portrait.found} faces, taken was {which}{advice}")
    if portrait.moves:
        notes.append(
            "the photo moves: its first frame alone is taken; `circumplex measure` reads them all"
        )
    if portrait.turned:
        notes.append(f"the photo stood on its side or head; it was turned by {portrait.turned}°")
    side = portrait.face.shape[-1]
    if portrait.width < side:
        notes.append(
            f"the face is {portrait.width:.0f} pixels wide, less than the {side} of the generator: "
            "what is found is vague"
        )
    turned = {"yaw": portrait.yaw, "pitch": portrait.pitch}
    for name, degrees in turned.items():
        if abs(degrees) > _MOST_TURNED:
            notes.append(
                f"the head is turned ({name} {degrees:+.0f}°), further than the faces that the "
                "generator learned from: look twice at what is found"
            )
    return tuple(notes)
