"""Faces cut out of pictures, with gradients."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def cut_out(pictures: Tensor, crops: np.ndarray, side: int) -> Tensor:
    """What similarities cut out of pictures; differentiable in these.

    Args:
        pictures: (N, C, S, S).
        crops: (2, 3), or (N, 2, 3) of one scale or nearly: where a point of the cut-out, of the
            unit square, x right, y down, lies in the picture's unit square.
        side: of the cut-outs.

    Returns:
        (N, C, side, side); beyond the border its nearest pixel.
    """
    matrices = np.broadcast_to(crops, (len(pictures), 2, 3)).astype(np.float64)
    scale = float(np.hypot(matrices[:, 0, 0], matrices[:, 1, 0]).mean())
    reduced = round(side / scale)
    if reduced < pictures.shape[-1]:  # sampling alone would jump over pixels
        pictures = functional.interpolate(
            pictures, (reduced, reduced), mode="bilinear", align_corners=False, antialias=True
        )
    # affine_grid counts both pictures from -1 to 1: u = 2 x - 1
    shift = 2 * matrices[:, :, 2] + matrices[:, :, :2].sum(2) - 1
    theta = np.concatenate([matrices[:, :, :2], shift[:, :, None]], 2)
    grid = functional.affine_grid(
        torch.from_numpy(theta).float().to(pictures.device),
        [len(pictures), pictures.shape[1], side, side],
        align_corners=False,
    )
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
