"""Between the levels of pictures and the values of networks: the one place that converts ranges."""

import numpy as np
import torch
from torch import Tensor


def to_tensor(levels: np.ndarray) -> Tensor:
    """uint8 in [0, 255], of any shape, as float32 in [-1, 1]."""
    return torch.from_numpy(levels).to(torch.float32).div_(127.5).sub_(1.0)


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1], of any shape, as uint8 in [0, 255]: rounded, clipped, without gradient."""
    levels = images.detach().float().add(1.0).mul_(127.5).round_().clamp_(0, 255)
    return levels.to(torch.uint8)
