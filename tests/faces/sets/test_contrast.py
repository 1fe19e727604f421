"""CLAHE against what OpenCV 5.0.0 makes of the same pictures, and by what it must do anywhere."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.sets.contrast import clahe, equalise

#: of cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)), by the name HxW
GOLDEN = Path(__file__).with_name("golden_clahe.npz")


def scene(height: int, width: int) -> np.ndarray:
    """Slopes, waves and noise, uint8."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(height * 1000 + width).normal(0, 6, (height, width))
    return (
        (110 + x - 0.5 * y + 40 * np.sin(x / 7) * np.cos(y / 5) + noise)
        .clip(0, 255)
        .astype(np.uint8)
    )


@pytest.mark.parametrize("size", [(64, 64), (128, 128), (96, 128), (70, 100), (50, 33)])
def test_it_is_opencvs(size):
    with np.load(GOLDEN) as golden:
        theirs = golden[f"{size[0]}x{size[1]}"]
    assert np.abs(equalise(scene(*size)).astype(int) - theirs).max() <= 1


def test_it_lifts_local_contrast_and_keeps_the_colours(portraits):
    with Image.open(portraits / "c.jpg") as image:
        dull = np.asarray(image.convert("RGB").resize((128, 128))) // 4 + 96
    lifted = clahe(dull)
    assert lifted.std() > 1.3 * dull.std()
    bands = [np.asarray(Image.fromarray(p).convert("YCbCr"), int)[..., 1:] for p in (dull, lifted)]
    assert np.abs(bands[0] - bands[1]).mean() < 2


def test_an_even_picture_stays_even():
    assert np.ptp(equalise(np.full((64, 64), 90, np.uint8))) == 0
