"""Grey pictures of more than 8 bits, whose white the file may leave open."""

import os
import struct

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

#: Whites of 8, 10 and 12 bits, which cameras store in words of 16 without a word about it.
_WHITES = (255.0, 1023.0, 4095.0)
_WHITE_16 = 65535.0
_WHITES_OF_BITS = {float(2**bits - 1) for bits in range(8, 17)}
#: How far above white floating point may go: resampling and sharpening do.
_OVERSHOOT = 1.25
#: Pillow's readers of these bring all depths to 16 bits themselves.
_SCALED = ("PPM", "JPEG2000")
_BITS, _MOST, _MOST_SIGNED_OR_FLOAT = 258, 281, 341  # tags of TIFF 6.0
_PNG_HEADER = 8


def is_deep(image: Image.Image) -> bool:
    """Whether a picture is grey of more than 8 bits, or of floating point."""
    return image.mode.startswith(("I", "F"))


def stated_white(image: Image.Image) -> float | None:
    """The level that is white in a deep picture, where its file says it; before it is loaded.

    A TIFF says it by fewer than 16 bits a sample, or by a largest sample value that is the white of
    some number of bits (any other is what the picture happens to reach). The samples of a PNG with
    sBIT fill its 16 bits, as the standard asks for (PNG, 11.3.2.8). That a TIFF or PNG has words
    of 16 bits says nothing: cameras of fewer use these too.
    """
    if not is_deep(image):
        return None
    if image.format in _SCALED:
        return _WHITE_16
    if isinstance(image, PngImagePlugin.PngImageFile):
        return _WHITE_16 if _has_chunk(image, b"sBIT") else None
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = _first(image.tag_v2.get(_BITS)) or 1
        white = 2**bits - 1 if 8 < bits < 16 else None
        for tag in (_MOST_SIGNED_OR_FLOAT, _MOST):
            white = white or _first(image.tag_v2.get(tag))
        return float(white) if white in _WHITES_OF_BITS else None
    return None


def deep_as_grey(image: Image.Image, white: float | None) -> Image.Image:
    """A deep picture with 8 bits, mode L; what is no number is black.

    Args:
        white: what `stated_white` found. Where that is None, or less than the picture reaches, the
            white is guessed: the smallest of 8, 10, 12 and 16 bits that holds the largest value; in
            floating point of 1 too, and a quarter above white is still that white. So a picture of
            16 bits whose brightest point is less than a 16th of white is taken for 12 bits, and
            one of 14 bits in words of 16 comes out dark.
    """
    values = np.nan_to_num(np.asarray(image, np.float64), posinf=0.0, neginf=0.0)
    most = values.max()
    if white is None or most > white:
        is_float = image.mode.startswith("F")
        whites, above = ((1.0, *_WHITES), _OVERSHOOT) if is_float else (_WHITES, 1.0)
        white = next((each for each in whites if most <= above * each), _WHITE_16)
    return Image.fromarray(np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8))


def _first(value: object) -> int | float | None:
    """A tag's value of the first sample."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int | float) else None


def _has_chunk(image: PngImagePlugin.PngImageFile, name: bytes) -> bool:
    """Whether a chunk comes before the pixels of a PNG, whose file stays where it was."""
    file = image.fp
    if file is None:
        return False
    place = file.tell()
    try:
        file.seek(_PNG_HEADER)
        while len(head := file.read(8)) == 8:
            length, found = struct.unpack(">I4s", head)
            if found in (name, b"IDAT"):
                return found == name
            file.seek(length + 4, os.SEEK_CUR)  # its checksum too
        return False
    finally:
        file.seek(place)
