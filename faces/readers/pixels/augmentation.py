"""Random views of a batch of faces: one affine warp, tone, and a hidden patch."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def random_views(images: Tensor, size: int, generator: Generator, strength: float = 1.0) -> Tensor:
    """Another view of each face, (N, 1, size, size), about in [-1, 1].

    Args:
        images: (N, 1, H, W) in [-1, 1].
        size: side of the views.
        generator: decides everything.
        strength: factor of all that varies but the mirror; 0 leaves the faces as they are.
    """
    affine = _affine(len(images), generator, strength)
    grid = F.affine_grid(affine, [len(images), 1, size, size], align_corners=False)
    views = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return _hide(_tone(views, generator, strength), generator, strength)


def _uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _affine(count: int, generator: Generator, strength: float) -> Tensor:
    """Mirror, turn, zoom, stretch and shift, (count, 2, 3), in affine_grid's units.

    The zoom covers the tight crops of FER and the wider ones that alignment by eyes and mouth cuts.
    """
    turn = strength * math.radians(12.0) * torch.randn(count, generator=generator)
    zoom = torch.exp(strength * _uniform(count, math.log(0.78), math.log(1.22), generator))
    stretch = torch.exp(strength * 0.06 * torch.randn(count, generator=generator))
    mirror = 1.0 - 2.0 * (torch.rand(count, generator=generator) < 0.5)
    shift = strength * 0.09 * torch.randn(count, 2, generator=generator)
    cosine, sine = turn.cos() * zoom, turn.sin() * zoom
    rows = [
        torch.stack([cosine * stretch * mirror, -sine / stretch, shift[:, 0]], 1),
        torch.stack([sine * stretch * mirror, cosine / stretch, shift[:, 1]], 1),
    ]
    return torch.stack(rows, 1)


def _tone(views: Tensor, generator: Generator, strength: float) -> Tensor:
    """Gamma and a little noise; brightness and contrast are divided out by the network."""
    count = len(views)
    gamma = torch.exp(strength * 0.3 * torch.randn(count, 1, 1, 1, generator=generator))
    toned = 2.0 * ((views + 1.0) / 2.0).clamp(0.0, 1.0) ** gamma - 1.0
    noise = strength * _uniform(count, 0.0, 0.06, generator)[:, None, None, None]
    return toned + noise * torch.randn(views.shape, generator=generator)


def _hide(views: Tensor, generator: Generator, strength: float) -> Tensor:
    """Half of the faces lose a rectangle to their own mean grey (Zhong et al. 2020)."""
    count, size = len(views), views.shape[-1]
    sides = _uniform(2 * count, 0.1, 0.45, generator).view(2, count, 1) * size
    centres = torch.rand(2, count, 1, generator=generator) * size
    at = torch.arange(size) + 0.5
    inside = (at - centres).abs() < sides / 2  # (2, N, size)
    chosen = torch.rand(count, generator=generator) < 0.5 * strength
    hidden = inside[0, :, :, None] & inside[1, :, None, :] & chosen[:, None, None]
    return torch.where(hidden[:, None], views.mean((1, 2, 3), keepdim=True), views)
