"""Random changes to what the discriminator sees, real and generated alike, so that it cannot learn
a small set by heart (Karras et al. 2020, "Training GANs with Limited Data", appendix B).

Each change happens with probability p to each picture of its own. All changes of place are one
affine map and all changes of colour another; both are differentiable in the pictures. Changes are
invertible on the level of distributions while p < 1, so that they do not show in what is generated.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

SHIFT_WHOLE = 0.125  # of the side; integer translation, uniform
SCALE = 0.2  # standard deviation of log₂ of the scale, and of the anisotropy
SHIFT = 0.125  # of the side; standard deviation of the fractional translation
BRIGHTNESS = 0.2  # standard deviation, on the range [-1, 1]
CONTRAST = 0.5  # standard deviation of log₂
SATURATION = 1.0  # standard deviation of log₂
#: Uniform numbers a picture: a choice and a value for each change.
_DRAWS = 32


class RandomNumbers:
    """Uniform numbers, (N, _DRAWS) from one generator, handed out in pairs of choice and value.

    Row i depends on the generator's seed and on i, not on how many rows there are.
    """

    def __init__(self, count: int, p: float, generator: torch.Generator) -> None:
        self._numbers = iter(torch.rand(count, _DRAWS, generator=generator).unbind(1))
        self.p = p

    def uniform(self, low: float, high: float, rest: float, p: float | None = None) -> Tensor:
        """(N,): a value in [low, high) where the change happens, `rest` where it does not."""
        happens = next(self._numbers) < (self.p if p is None else p)
        value = low + (high - low) * next(self._numbers)
        return torch.where(happens, value, rest)

    def normal(self, deviation: float) -> Tensor:
        """(N,): a normal value where the change happens, 0 where it does not."""
        value = self.uniform(1e-6, 1 - 1e-6, 0.5)
        return torch.special.ndtri(value.double()).float() * deviation


def augment(images: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, S, S) in [-1, 1], each changed at random; brightness may leave the range.

    Args:
        images: C is 1 (grey: brightness and contrast only) or 3.
        p: probability of each change, in [0, 1]; 0 returns the pictures as they are.
        generator: CPU generator of every random number.
    """
    if p <= 0:
        return images
    numbers = RandomNumbers(len(images), p, generator)
    return recolour(move(images, place_map(numbers, images.shape[3])), colour_map(numbers, images))


def place_map(numbers: RandomNumbers, side: int) -> Tensor:
    """(N, 3, 3): from places in the changed picture to places in the original, in [-1, 1]²."""
    flip = 1 - 2 * numbers.uniform(0, 2, 0).floor()
    place = _scaled(flip, torch.ones_like(flip))
    place = place @ _turned(numbers.uniform(0, 4, 0).floor() * (math.pi / 2))
    for_whole = [
        (numbers.uniform(-SHIFT_WHOLE, SHIFT_WHOLE, 0) * side).round() * (2 / side) for _ in "xy"
    ]
    place = place @ _shifted(*for_whole)
    zoom = 2 ** numbers.normal(SCALE)
    place = place @ _scaled(zoom, zoom)
    # two turns, before and after the anisotropic scale: together they happen with probability p
    p_turn = 1 - math.sqrt(1 - numbers.p)
    place = place @ _turned(numbers.uniform(-math.pi, math.pi, 0, p_turn))
    stretch = 2 ** numbers.normal(SCALE)
    place = place @ _scaled(stretch, 1 / stretch)
    place = place @ _turned(numbers.uniform(-math.pi, math.pi, 0, p_turn))
    return place @ _shifted(numbers.normal(2 * SHIFT), numbers.normal(2 * SHIFT))


def move(images: Tensor, place: Tensor) -> Tensor:
    """Resample (N, C, S, S) by maps (N, 3, 3); beyond its edge a picture is mirrored."""
    grid = functional.affine_grid(
        place[:, :2].to(images.device), list(images.shape), align_corners=False
    )
    return functional.grid_sample(
        images, grid, mode="bicubic", padding_mode="reflection", align_corners=False
    )


def colour_map(numbers: RandomNumbers, images: Tensor) -> Tensor:
    """(N, C + 1, C + 1): an affine map of each pixel's channels."""
    count, channels = len(images), images.shape[1]
    colour = torch.eye(4).repeat(count, 1, 1)
    colour[:, :3, 3] = numbers.normal(BRIGHTNESS)[:, None]
    contrast = 2 ** numbers.normal(CONTRAST)
    colour = torch.diag_embed(torch.stack([contrast] * 3 + [torch.ones(count)], 1)) @ colour
    if channels == 1:
        return colour[:, ::3, ::3]
    grey = torch.zeros(4)
    grey[:3] = 1 / math.sqrt(3)  # the axis of luma
    luma = torch.outer(grey, grey)
    invert = numbers.uniform(0, 2, 0).floor()
    colour = (torch.eye(4) - 2 * luma * invert[:, None, None]) @ colour
    colour = _hue_turned(numbers.uniform(-math.pi, math.pi, 0)) @ colour
    saturation = 2 ** numbers.normal(SATURATION)
    return (luma + (torch.eye(4) - luma) * saturation[:, None, None]) @ colour


def recolour(images: Tensor, colour: Tensor) -> Tensor:
    """(N, C, S, S) through affine maps (N, C + 1, C + 1) of the channels."""
    colour = colour.to(images.device)
    flat = images.flatten(2)
    return torch.baddbmm(colour[:, :-1, -1:], colour[:, :-1, :-1], flat).view_as(images)


def blur(images: Tensor, sigma: float) -> Tensor:
    """(N, C, S, S) under a Gaussian of `sigma` pixels; beyond its edge a picture is mirrored."""
    reach = min(math.ceil(3 * sigma), images.shape[3] - 1)
    if reach < 1:
        return images
    place = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = (-0.5 * (place / sigma).square()).exp()
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    for_each = images.flatten(0, 1)[:, None]  # N C, 1, S, S
    for_each = functional.pad(for_each, [reach] * 4, mode="reflect")
    return functional.conv2d(functional.conv2d(for_each, kernel), kernel.transpose(2, 3)).view_as(
        images
    )


def _scaled(x: Tensor, y: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))


def _turned(angle: Tensor) -> Tensor:
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = [cosine, -sine, zero, sine, cosine, zero, zero, zero, torch.ones_like(angle)]
    return torch.stack(rows, 1).view(-1, 3, 3)


def _shifted(x: Tensor, y: Tensor) -> Tensor:
    place = torch.eye(3).repeat(len(x), 1, 1)
    place[:, 0, 2], place[:, 1, 2] = x, y
    return place


def _hue_turned(angle: Tensor) -> Tensor:
    """(N, 4, 4): rotation of colours about the axis of luma (Rodrigues' formula)."""
    axis = torch.full((3,), 1 / math.sqrt(3))
    cross = torch.linalg.cross(torch.eye(3), axis.expand(3, 3))
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    turned = torch.eye(4).repeat(len(angle), 1, 1)
    turned[:, :3, :3] = (
        cosine * torch.eye(3) + sine * cross + (1 - cosine) * torch.outer(axis, axis)
    )
    return turned
