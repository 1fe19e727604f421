"""What an inversion needs of a generator: pictures with gradients, and the shape of its w."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.alignment import luminance
from gan_bridge.generators.protocol import Differentiable, Generator, Render
from gan_bridge.inversion.config import MOST_TRAININGS
from vae.codes import to_tensor

#: Where the seeds of each purpose begin. People's seeds, and those of evaluations, lie below 2³².
SHAPE_SEEDS, _TRAINING_SEEDS, HELD_OUT_SEEDS = (k << 60 for k in (1, 2, 3))
_PER_TRAINING = (1 << 60) // MOST_TRAININGS
#: Variance of the narrowest axis as a share of the widest one's: w lies near a curved sheet, and
#: across it a distance would say more about rounding than about faces.
_FLATTEST = 1e-4
_BLOCK = 64


def training_seeds(seed: int) -> int:
    """Where the samples of the training with that seed begin, far from those of any other."""
    return _TRAINING_SEEDS + seed * _PER_TRAINING


class DifferentiableRenderer:
    """Pictures (N, C, S, S), about [-1, 1], of latents (N, L, W), differentiable in the latents.

    Raises:
        CircumplexError: the generator shows no gradients.
    """

    def __init__(self, generator: Generator) -> None:
        if not isinstance(generator, Differentiable):
            raise CircumplexError(
                f"{generator.name} shows no gradients; invert with a StyleGAN or a VAE"
            )
        self.generator = generator
        self._with_gradients = generator.differentiable_renderer()
        self._without: Render = generator.render_tensor

    def __call__(self, w: Tensor) -> Tensor:
        return self._with_gradients(w)

    def without_gradients(self, w: Tensor) -> Tensor:
        """The same pictures, the quicker way."""
        with torch.inference_mode():
            images = self._without(w)
        return images.clone()  # outside the mode: an ordinary tensor, fit to learn from


@dataclass(frozen=True, eq=False)
class Space:
    """The Gaussian that a generator's w follow: w = mean + axes · v, with v about N(0, I).

    Attributes:
        mean: (W,) float32; axes: (W, W) float32, principal axes as columns, each as long as the
            standard deviation along it; inverse: (W, W), of axes.
    """

    mean: Tensor
    axes: Tensor
    inverse: Tensor

    def whiten(self, w: Tensor) -> Tensor:
        """Latents (..., W) in standard deviations."""
        return (w - self.mean) @ self.inverse.T

    def colour(self, v: Tensor) -> Tensor:
        """The inverse of `whiten`."""
        return self.mean + v @ self.axes.T

    def distance(self, w: Tensor) -> Tensor:
        """Mahalanobis distance to the mean of latents (N, L, W), over the root of W: (N,).

        About 1 for the generator's own; layers are averaged before.
        """
        return self.whiten(w.mean(1)).square().mean(1).sqrt()

    def spread(self, w: Tensor) -> Tensor:
        """How far the layers of (N, L, W) lie from their mean, in the same unit: (N,)."""
        v = self.whiten(w)
        return (v - v.mean(1, keepdim=True)).square().mean((1, 2)).sqrt()

    def to(self, device: str) -> "Space":
        return Space(*(part.to(device) for part in (self.mean, self.axes, self.inverse)))


def measure_space(generator: Generator, samples: int, progress: Progress = silent) -> Space:
    """Mean and covariance of a generator's w, at full spread, in its class where it has some."""
    w = sample_layers(generator, range(SHAPE_SEEDS, SHAPE_SEEDS + samples), progress)
    w = w[:, 0].astype(np.float64)
    mean = w.mean(0)
    values, vectors = np.linalg.eigh(np.cov(w.T).reshape(w.shape[1], -1))
    lengths = np.sqrt(np.maximum(values, max(values[-1], 1e-12) * _FLATTEST))
    # the sign of an axis is the library's whim
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(len(values))])
    parts = mean, vectors * lengths, vectors.T / lengths[:, None]
    return Space(*(torch.from_numpy(np.ascontiguousarray(part, np.float32)) for part in parts))


def sample_layers(
    generator: Generator, seeds: Sequence[int], progress: Progress = silent
) -> np.ndarray:
    """`sample_w` of many seeds, (N, L, W), with a progress bar."""
    starts = range(0, len(seeds), _BLOCK)
    blocks = progress(starts, "sampling w", len(starts))
    return np.concatenate(
        [generator.sample_w(seeds[start : start + _BLOCK], 1.0) for start in blocks]
    )


def mix_styles(w: np.ndarray, seed: int) -> np.ndarray:
    """Latents (2N, L, W) in pairs, each second one's last layers put on the first: (N, L, W).

    Style mixing (Karras et al. 2019, section 3.1): where the layers of a pair are exchanged is
    drawn from `seed`.
    """
    first, second = w[0::2], w[1::2]
    cuts = np.random.default_rng(seed).integers(1, max(w.shape[1], 2), len(first))
    late = np.arange(w.shape[1])[None] >= cuts[:, None]
    return np.where(late[..., None], second, first)


def to_picture(images: np.ndarray, generator: Generator) -> Tensor:
    """Pictures uint8 (N, S, S, 3) as the generator's (N, C, S, S) in [-1, 1].

    Raises:
        CircumplexError: another size or kind.
    """
    side = generator.resolution
    if images.dtype != np.uint8 or images.shape[1:] != (side, side, 3):
        raise CircumplexError(
            f"{generator.name} makes uint8 pictures of {side} × {side} × 3, "
            f"these are {images.dtype} {images.shape[1:]}; prepare them at its size"
        )
    if generator.channels == 1:  # as the faces were made grey
        bands = np.stack([luminance(image)[None] for image in images])
    else:
        bands = images.transpose(0, 3, 1, 2)
    return to_tensor(np.array(bands, order="C"))
