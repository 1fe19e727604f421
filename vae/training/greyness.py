"""Grey pictures in a set of colour: they say what a face does, and nothing of its colour.

FER's faces are grey and 48 pixels wide, but show expressions that colour sets lack. An output in
colour is therefore compared with them as they would show it, and an encoder that sees colour faces
greyed now and then gives both kinds the same codes.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.sets.alignment import LUMINANCE

#: Difference of a pixel's channels, on [-1, 1], below which a picture counts as grey.
_LEAST_COLOUR = 0.02
#: Side in pixels of FER's faces.
SIDE = 48


def luminance(images: Tensor) -> Tensor:
    """N×3×S×S as N×1×S×S (ITU-R BT.601); what has one channel stays."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMINANCE, device=images.device, dtype=images.dtype)
    return (images * weights[:, None, None]).sum(1, keepdim=True)


def is_grey(images: Tensor) -> Tensor:
    """Which of N×3×S×S in [-1, 1] hold no colour, bool (N,)."""
    return (images.amax(1) - images.amin(1)).amax((1, 2)) < _LEAST_COLOUR


def grey_rows(images: np.ndarray) -> np.ndarray:
    """Which of uint8 N×3×S×S hold no colour, bool (N,)."""
    least = _LEAST_COLOUR * 255 / 2
    return np.ptp(images, axis=1).max((1, 2)) < least


def greyed(images: Tensor) -> Tensor:
    """N×3×S×S as FER would show it: in luminance and 48 pixels wide, at its old size."""
    side = list(images.shape[2:])
    grey = luminance(images.float())  # antialiasing is not made for bf16
    small = functional.interpolate(
        grey, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )
    large = functional.interpolate(small, side, mode="bicubic", align_corners=False)
    return large.clamp(-1, 1).expand(-1, 3, -1, -1).to(images.dtype)


def shown_like(output: Tensor, target: Tensor) -> Tensor:
    """The output N×C×S×S as its target shows faces: greyed where that is grey.

    Differentiable in the output.
    """
    if target.shape[1] != 3:
        return output
    grey = is_grey(target)
    if not grey.any():
        return output
    return torch.where(grey[:, None, None, None], greyed(output), output)


def some_greyed(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Colour pictures N×3×S×S, a share of them greyed."""
    if not share or images.shape[1] != 3:
        return images
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator).to(images.device) < share
    return torch.where(chosen, greyed(images), images)
