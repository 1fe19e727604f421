"""Random changes to a batch of faces that leave valence and arousal as they are."""

import math

import torch
from torch import Tensor
from torch.nn import functional

ROTATION = math.radians(10.0)
SHIFT = 0.06  # of the image's side
ZOOM = 0.08
CONTRAST = 0.2
BRIGHTNESS = 0.1
ERASED_SIDE = (0.15, 0.4)  # of the image's side
ERASED_SHARE = 0.5  # of the faces


def augment(
    images: Tensor, generator: torch.Generator, strength: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Mirror, turn, shift, zoom, brighten; then hide a rectangle of some inputs.

    Args:
        images: N×C×S×S in [-1, 1].
        generator: CPU generator of every random number.
        strength: share of the usual changes, and of the inputs that lose a rectangle; half of the
            faces are mirrored in any case.

    Returns:
        (input, target), each N×C×S×S in [-1, 1]; the target is the input before the rectangle.
    """
    count = images.shape[0]
    uniform = torch.rand(count, 10, generator=generator).to(images.device)
    signed = (uniform * 2 - 1) * strength
    grid = functional.affine_grid(
        _affine(uniform[:, 0], signed[:, 1:5]), list(images.shape), align_corners=False
    )
    moved = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    contrast = 1 + CONTRAST * signed[:, 5].view(-1, 1, 1, 1)
    brightness = BRIGHTNESS * signed[:, 6].view(-1, 1, 1, 1)
    target = (moved * contrast + brightness).clamp(-1, 1)
    hidden = _rectangles(uniform[:, 7:10], images.shape[-1], ERASED_SHARE * strength)
    return torch.where(hidden, 0.0, target), target


def _affine(mirror: Tensor, signed: Tensor) -> Tensor:
    """N×2×3 maps from output to input coordinates in [-1, 1]."""
    turn, zoom = signed[:, 0] * ROTATION, 1 + ZOOM * signed[:, 1]
    side = torch.where(mirror < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(turn) * zoom, torch.sin(turn) * zoom
    shift = 2 * SHIFT * signed[:, 2:4]
    rows = [cosine * side, -sine, shift[:, 0], sine * side, cosine, shift[:, 1]]
    return torch.stack(rows, 1).view(-1, 2, 3)


def _rectangles(uniform: Tensor, size: int, erased: float) -> Tensor:
    """N×1×S×S masks of square holes; all but the share `erased` are empty."""
    low, high = ERASED_SIDE
    present = uniform[:, 0] < erased
    # the one number decides presence and, rescaled, the side: it is uniform given presence
    side = (low + (high - low) * uniform[:, 0] / max(erased, 1e-6)) * size * present
    along = torch.arange(size, device=uniform.device)
    x0, y0 = (uniform[:, 1] * (size - side))[:, None], (uniform[:, 2] * (size - side))[:, None]
    columns = (along >= x0) & (along < x0 + side[:, None])
    rows = (along >= y0) & (along < y0 + side[:, None])
    return (rows[:, :, None] & columns[:, None, :])[:, None]
