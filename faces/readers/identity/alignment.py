"""Where a face lies in the picture that the identity network takes."""

import numpy as np
from torch import Tensor

from faces.ground.cutting import cut_out
from faces.readers.identity.network import CHIP
from faces.sets.alignment import TEMPLATE, similarity, warp

#: The five points in the unit square of dlib's aligned faces (68 points, padding 0.25), x right, y
#: down: where `faces.sets` finds them on average, over the London set and 58 drawn faces.
CHIP_TEMPLATE = np.array(
    [[0.311, 0.308], [0.678, 0.309], [0.494, 0.505], [0.334, 0.688], [0.654, 0.689]]
)


def chip_of_points(pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The face whose five points (5, 2), in pixels, are given, as the network takes it.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        points: in the order of `faces.sets.detection.POINTS`.

    Returns:
        uint8 (150, 150, 3).
    """
    return warp(pixels, similarity(CHIP_TEMPLATE, points), CHIP)


def points_of_crops(margin: float, side: float = 1.0) -> np.ndarray:
    """Where the five points (5, 2) lie in faces that `faces.sets` cut by points with that margin.

    Args:
        side: of the crops, in pixels; the unit square without it.
    """
    return side * (0.5 + (TEMPLATE - 0.5) / (1 + margin))


def chips_of_crops(crops: Tensor, margin: float) -> Tensor:
    """What the network takes of faces that are cut already; differentiable in the pixels.

    Args:
        crops: (N, 1 or 3, S, S) in [-1, 1], cut as `faces.sets` does by points with that margin.

    Returns:
        (N, 3, 150, 150).
    """
    crop = similarity(CHIP_TEMPLATE, points_of_crops(margin))
    return cut_out(crops, crop, CHIP).expand(-1, 3, -1, -1)
