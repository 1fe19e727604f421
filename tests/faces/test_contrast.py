"""CLAHE against OpenCV's, where that can be loaded, and by what it must do anywhere."""

import numpy as np
import pytest
from PIL import Image

from faces.sets.contrast import clahe, equalise


@pytest.mark.parametrize("size", [(64, 64), (128, 128), (128, 96), (100, 70), (33, 50)])
def test_it_is_opencvs(crops, size):
    cv2 = pytest.importorskip("cv2", exc_type=ImportError)
    for crop in crops[:5]:
        with Image.open(crop) as image:
            grey = np.asarray(image.convert("L").resize(size))
        theirs = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(grey)
        assert np.abs(equalise(grey).astype(int) - theirs).max() <= 1


def test_it_lifts_local_contrast_and_keeps_the_colours(portraits):
    with Image.open(portraits / "c.jpg") as image:
        dull = np.asarray(image.convert("RGB").resize((128, 128))) // 4 + 96
    lifted = clahe(dull)
    assert lifted.std() > 1.3 * dull.std()
    bands = [np.asarray(Image.fromarray(p).convert("YCbCr"), int)[..., 1:] for p in (dull, lifted)]
    assert np.abs(bands[0] - bands[1]).mean() < 2


def test_an_even_picture_stays_even():
    assert np.ptp(equalise(np.full((64, 64), 90, np.uint8))) == 0
