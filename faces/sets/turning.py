"""Pictures that stand on their side or head without saying so."""

import numpy as np

#: Pixels of the longer side up to which a picture is taken for one that was cut to its face: it
#: stands as it should, and holds no smaller face.
CROPPED = 160


def turned_picture(picture: np.ndarray, degrees: int) -> np.ndarray:
    """A picture (H, W, ...) turned clockwise as seen by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(picture, -(degrees // 90))) if degrees else picture
