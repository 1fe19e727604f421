"""Pictures of other colour spaces come out in sRGB."""

import io

import numpy as np
import pytest
from made_profiles import in_wide, table_profile, wide_profile
from PIL import Image, ImageCms

from faces.sets.colours import from_srgb, holds_rgb, in_srgb
from faces.sets.pictures import decode

COLOURS = np.array([[200, 120, 100], [90, 60, 50], [120, 140, 90], [128, 128, 128]], np.uint8)


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


def test_what_is_in_srgb_is_brought_to_a_wider_space_and_nothing_else():
    picture = Image.fromarray(COLOURS[None])
    assert np.abs(np.asarray(from_srgb(picture, wide_profile()))[0] - in_wide(COLOURS)).max() <= 1
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (None, srgb):
        assert from_srgb(picture, profile) is picture
    assert holds_rgb(wide_profile()) and holds_rgb(srgb)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    # of another space, damaged, of the press, and of a scanner: its tables lead but one way
    for profile in (lab, wide_profile()[:200], table_profile("CMYK"), table_profile("RGB")):
        assert not holds_rgb(profile)


def test_tables_of_presses_and_scanners_are_followed():
    cyan = Image.new("CMYK", (1, 1), (255, 0, 0, 0))
    naive = np.asarray(cyan.convert("RGB"), int)
    read = np.asarray(in_srgb(cyan, table_profile("CMYK")), int)
    assert np.abs(read - naive).max() > 20
    scanned = Image.fromarray(COLOURS[None])
    assert np.abs(np.asarray(in_srgb(scanned, table_profile("RGB")), int) - COLOURS).max() > 10
