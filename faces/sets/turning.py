"""Pictures that stand on their side or head without saying so."""

import numpy as np


def turned_picture(picture: np.ndarray, degrees: int) -> np.ndarray:
    """A picture (H, W, ...) turned clockwise as seen by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(picture, -(degrees // 90))) if degrees else picture
