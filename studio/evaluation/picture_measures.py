"""What a picture's light and sharpness are, whatever it shows."""

import numpy as np

from studio.stimuli.luminance import luma_statistics, sharpness

#: Columns of `picture_measures`.
PICTURE = ("light", "contrast", "sharpness")


def picture_measures(images: np.ndarray) -> np.ndarray:
    """Of pictures uint8 (N, H, W, 3), (N, 3) float64.

    light: mean of the luma, levels of 255. contrast: its standard deviation, levels of 255 (RMS
    contrast, Peli, J. Opt. Soc. Am. A 7, 1990, not divided by the range). sharpness: see
    `studio.stimuli.luminance`; it depends on the picture's size, so compare it within one size
    alone.
    """
    rows = [(*luma_statistics(image), sharpness(image)) for image in images]
    return np.array(rows, np.float64).reshape(-1, len(PICTURE))
