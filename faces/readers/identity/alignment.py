"""Where a face lies in the picture that the identity network takes."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.readers.identity.network import CHIP
from faces.sets.alignment import TEMPLATE, similarity, warp

#: The five points of a face in the unit square of dlib's aligned faces (68 points, padding 0.25),
#: x right, y down: where `faces.sets` finds them on average, over the London set and 58 drawn faces.
CHIP_TEMPLATE = np.array(
    [[0.311, 0.308], [0.678, 0.309], [0.494, 0.505], [0.334, 0.688], [0.654, 0.689]]
)


def chip_of_points(pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The face whose five points (5, 2), in pixels, are given, as the network takes it.

    Args:
        pixels: uint8 (H, W, 3).

    Returns:
        uint8 (150, 150, 3).
    """
    return warp(pixels, similarity(CHIP_TEMPLATE, points), CHIP)


def chips_of_crops(crops: Tensor, margin: float) -> Tensor:
    """What the network takes of faces that are cut already; differentiable in the pixels.

    Args:
        crops: (N, C, S, S) in [-1, 1], cut as `faces.sets` does with that margin.

    Returns:
        (N, 3, 150, 150).
    """
    points = 0.5 + (TEMPLATE - 0.5) / (1 + margin)
    # affine_grid counts both pictures from -1 to 1: u = 2 x - 1
    crop = similarity(CHIP_TEMPLATE, points)
    crop[:, 2] = 2 * crop[:, 2] + crop[:, :2].sum(1) - 1
    matrix = torch.from_numpy(crop).float().to(crops.device)
    grid = functional.affine_grid(
        matrix.expand(len(crops), 2, 3), [len(crops), 3, CHIP, CHIP], align_corners=False
    )
    coloured = crops.expand(-1, 3, -1, -1)
    return functional.grid_sample(coloured, grid, padding_mode="border", align_corners=False)
