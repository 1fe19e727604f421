"""Pictures of other colour spaces come out in sRGB."""

import io

import numpy as np
import pytest
from made_profiles import GAMMA, WIDE, wide_profile
from PIL import Image, ImageCms

from faces.sets.pictures import decode

#: XYZ of sRGB's red, green and blue under D50 (IEC 61966-2-1, adapted).
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
COLOURS = np.array([[200, 120, 100], [90, 60, 50], [120, 140, 90], [128, 128, 128]], np.uint8)


def in_wide(levels: np.ndarray) -> np.ndarray:
    """Levels of sRGB as those of Adobe RGB, by the definitions of both."""
    values = levels / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    there = light @ np.array(SRGB) @ np.linalg.inv(np.array(WIDE))
    return np.round(255 * there.clip(0, 1) ** (1 / GAMMA)).astype(np.uint8)


def stored(levels: np.ndarray, kind: str = "PNG", **settings: object) -> bytes:
    """A picture file of four areas."""
    image = Image.fromarray(levels.reshape(2, 2, 3).repeat(16, 0).repeat(16, 1))
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def middles(pixels: np.ndarray) -> np.ndarray:
    return pixels[8::16, 8::16].reshape(4, 3).astype(int)


@pytest.mark.parametrize(("kind", "settings"), [("PNG", {}), ("JPEG", {"quality": 100})])
def test_a_wider_space_is_brought_to_srgb(kind, settings):
    wide = in_wide(COLOURS)
    assert np.abs(wide.astype(int) - COLOURS).max() >= 20  # read as sRGB it would be paler
    data = stored(wide, kind, icc_profile=wide_profile(), **settings)
    assert np.abs(middles(decode(data, 512).pixels) - COLOURS).max() <= 3
    as_stored = middles(decode(data, 512, stored_colours=True).pixels)
    assert np.abs(as_stored - wide).max() <= 3


@pytest.mark.parametrize("profile", ["sRGB", "damaged", "of another space"])
def test_pixels_stay_where_there_is_nothing_to_bring(profile):
    data = {
        "sRGB": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "damaged": wide_profile()[:200],
        "of another space": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    }[profile]
    assert np.array_equal(middles(decode(stored(COLOURS, icc_profile=data), 512).pixels), COLOURS)
