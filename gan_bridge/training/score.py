"""How near generated faces are to real ones, while a training goes on.

KID (Bińkowski et al. 2018): the squared maximum mean discrepancy between two sets of features,
here those of a small encoder and not of Inception, so that figures compare within one kind of
features only. Its estimate is unbiased: 0 on average for equal distributions, so it can be
slightly negative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.ground.errors import CircumplexError
from vae.checkpoint import Run, load_run, on_device
from vae.packaged import PACKAGED

_BLOCKS = 10
_FEATURE_BATCH = 256


@dataclass(frozen=True)
class Features:
    """A map from pictures to vectors.

    Attributes:
        name: says which it is, for tables and headers.
        extract: pictures (N, C, S, S) in [-1, 1], on `device`, to (N, D) float32.
        device: where it works.
    """

    name: str
    extract: Callable[[Tensor], Tensor]
    device: str = "cpu"

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> np.ndarray:
        """Pictures (N, C, S, S), float in [-1, 1], to (N, D) float64, in parts."""
        parts = (part.to(self.device) for part in images.split(_FEATURE_BATCH))
        return np.concatenate([self.extract(part).double().cpu().numpy() for part in parts])


@dataclass(frozen=True)
class Kid:
    """A score: mean over disjoint subsets, its standard error, and whose features it is in."""

    value: float
    error: float
    features: str


def run_features(run: Run, device: str = "cpu") -> Features:
    """The mean code of a β-VAE."""
    model = on_device(run, device).model
    name = f"mean code of β-VAE {run.digest[:8]}"
    return Features(name, lambda images: model.encode(images)[0].float(), device)


def random_features(channels: int, seed: int = 0, device: str = "cpu") -> Features:
    """Mean and spread of the maps of fixed random convolutions.

    They see texture and contrast, and little of what makes a face: better than nothing where no
    encoder of the right size is at hand.
    """
    generator = torch.Generator().manual_seed(seed)
    widths = (channels, 32, 64, 128)
    weights = [
        (torch.randn(out, wide, 3, 3, generator=generator) * (2 / (9 * wide)) ** 0.5).to(device)
        for wide, out in pairwise(widths)
    ]

    def extract(x: Tensor) -> Tensor:
        pooled = []
        for weight in weights:
            x = functional.leaky_relu(functional.conv2d(x, weight, stride=2, padding=1), 0.2)
            pooled += [x.mean((2, 3)), x.std((2, 3), correction=0)]
        return torch.cat(pooled, 1)

    return Features(f"random convolutions, seed {seed}", extract, device)


def choose_features(encoder: str, channels: int, resolution: int, device: str = "cpu") -> Features:
    """The features of `encoder`.

    Args:
        encoder: "auto" (a β-VAE of the package where its size fits, else random convolutions),
            "random", the name of one of these β-VAEs, or the folder of a run.

    Raises:
        CircumplexError: no such run, or one of another size or channel count.
    """
    if encoder == "random":
        return random_features(channels, device=device)
    for run in map(load_run, PACKAGED if encoder == "auto" else [encoder]):
        if (run.config.channels, run.config.image_size) == (channels, resolution):
            return run_features(run, device)
    if encoder == "auto":
        return random_features(channels, device=device)
    raise CircumplexError(
        f"{encoder} encodes {run.config.channels}-channel faces of {run.config.image_size} pixels, "
        f"these are {channels}-channel of {resolution}; use --encoder auto"
    )


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Unbiased squared MMD of features (M, D) and (N, D), both above one row (eq. 4).

    The kernel is (x·y / D + 1)³.
    """
    width = real.shape[1]

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / width + 1) ** 3

    def within(x: np.ndarray) -> float:
        gram = kernel(x, x)
        return float((gram.sum() - np.trace(gram)) / (len(x) * (len(x) - 1)))

    return within(real) + within(fake) - 2 * float(kernel(real, fake).mean())


def kid(real: np.ndarray, fake: np.ndarray, features: str = "", seed: int = 0) -> Kid:
    """KID over ten disjoint subsets of features (M, D) and (N, D), fewer where faces are few.

    Disjoint, so that the standard error is one. At least 4 rows of each.
    """
    blocks = max(2, min(_BLOCKS, len(real) // 20, len(fake) // 20))
    rng = np.random.default_rng(seed)
    parts = zip(
        np.array_split(rng.permutation(len(real)), blocks),
        np.array_split(rng.permutation(len(fake)), blocks),
        strict=True,
    )
    values = [kernel_distance(real[of_real], fake[of_fake]) for of_real, of_fake in parts]
    return Kid(float(np.mean(values)), float(np.std(values, ddof=1) / blocks**0.5), features)
