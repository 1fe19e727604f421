"""How far a picture is from another. Pictures are (N, C, S, S), about [-1, 1]."""

import math

import numpy as np
from torch import Tensor
from torch.nn import functional

from gan_bridge.inversion.config import InvertConfig
from gan_bridge.inversion.features import Features

_COARSEST = 8
#: What equal pictures are said to have; the squared error of one level in a whole picture of
#: 1024 × 1024 pixels would give more.
MOST_PSNR = 100.0


def bands(images: Tensor) -> list[Tensor]:
    """Laplacian pyramid (Burt & Adelson 1983): details from the finest on, then the rest."""
    pyramid = []
    while images.shape[-1] > _COARSEST:
        small = functional.avg_pool2d(images, 2)
        large = functional.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
        pyramid.append(images - large)
        images = small
    return [*pyramid, images]


def pyramid_error(images: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of each band, summed over the bands: (N,).

    The L1 of Laplacian pyramids with weights 2²ʲ (Bojanowski et al. 2018, eq. 4): a mean over a
    band's pixels weighs them so.
    """
    pairs = zip(bands(images), bands(target), strict=True)
    first, *rest = [(a - b).abs().mean((1, 2, 3)) for a, b in pairs]
    return sum(rest, start=first)


def psnr(image: np.ndarray, target: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of uint8 pictures, MOST_PSNR for equal ones."""
    error = np.square(image.astype(np.float64) - target.astype(np.float64)).mean()
    return min(10 * math.log10(255**2 / error), MOST_PSNR) if error else MOST_PSNR


class PictureLoss:
    """Weighted distance to one target (1, C, S, S); what depends on it alone is computed once."""

    def __init__(self, target: Tensor, config: InvertConfig, features: Features) -> None:
        self.target, self.config = target, config
        self._parts = [
            (weight, part, part(target))
            for weight, part in (
                (config.perceptual, features.perceptual),
                (config.identity, features.identity),
            )
            if part is not None and weight
        ]

    def __call__(self, images: Tensor) -> Tensor:
        """(N, C, S, S) to (N,)."""
        config = self.config
        loss = config.pixel * (images - self.target).square().mean((1, 2, 3))
        if config.pyramid:
            loss = loss + config.pyramid * pyramid_error(images, self.target)
        for weight, part, features in self._parts:
            loss = loss + weight * part.distance(part(images), features)
        return loss
