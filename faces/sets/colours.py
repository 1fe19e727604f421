"""Pictures whose numbers are of another colour space, brought to sRGB.

Phones write Display P3, cameras may write Adobe RGB, presses CMYK: the profile in the file says so.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

#: How profiles call the colours of Pillow's modes.
_SPACES = {"RGB": "RGB", "CMYK": "CMYK"}
#: A profile that moves no colour by more levels than this is sRGB, however it is called.
_LITTLE = 2
_PROFILES = 16  # that are kept


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as RGB in sRGB; itself where no profile of its colours says otherwise.

    Args:
        image: of any mode; profile: ICC, as the file holds it. A damaged one counts as none.
    """
    if not profile or image.mode not in _SPACES:
        return image
    transform = _transform(profile, image.mode)
    return image if transform is None else transform.apply(image)


def from_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture in sRGB, mode RGB, as the numbers of a profile that `holds_rgb`; None is sRGB."""
    if not profile or _transform(profile, "RGB") is None:
        return image
    transform = _built(profile, "RGB", back=True)
    return image if transform is None else transform.apply(image)


def holds_rgb(profile: bytes) -> bool:
    """Whether a profile is of RGB, and pictures can be brought from sRGB to it as well."""
    return _built(profile, "RGB", back=True) is not None


@lru_cache(_PROFILES)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None where there is nothing to do."""
    found = _built(profile, mode)
    return None if found is None or (mode == "RGB" and not _moves(found)) else found


@lru_cache(_PROFILES)
def _built(profile: bytes, mode: str, back: bool = False) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB, or back; None of a damaged one, and of one that cannot do that with
    a mode's colours."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(
            srgb if back else opened,
            opened if back else srgb,
            "RGB" if back else mode,
            mode if back else "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.NOCACHE,  # several threads use it at once
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _moves(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether colours come out otherwise than they went in."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    moved = np.asarray(transform.apply(Image.fromarray(colours)))
    return int(np.abs(moved.astype(int) - colours).max()) > _LITTLE
