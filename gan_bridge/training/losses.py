"""What generator and discriminator are trained on."""

import math

import torch
from torch import Tensor
from torch.nn import functional


def generator_loss(fake: Tensor) -> Tensor:
    """The non-saturating logistic loss −log σ(D(G(z))) of scores (N, 1), averaged.

    Goodfellow et al. 2014, section 3.
    """
    return functional.softplus(-fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−log σ(D(x)) − log(1 − σ(D(G(z)))) of scores (N, 1), averaged."""
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def r1_penalty(scores: Tensor, images: Tensor) -> Tensor:
    """E ‖∇ₓ D(x)‖² over real pictures, to be weighted by γ / 2 (Mescheder et al. 2018, eq. 9).

    Args:
        scores: (N, 1), of `images`.
        images: (N, C, S, S), which required gradients when they were scored.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def path_penalty(
    images: Tensor, ws: Tensor, noise: Tensor, mean: Tensor, decay: float = 0.99
) -> tuple[Tensor, Tensor]:
    """How unevenly a step in w changes the picture (Karras et al. 2020, eq. 4).

    Args:
        images: (N, C, S, S), synthesized from `ws` (N, L, W).
        noise: (N, C, S, S), normal: the direction in picture space that is looked along.
        mean: (), running mean length a of the gradients.
        decay: of that mean.

    Returns:
        E (‖Jᵀ y‖ − a)² and the new mean.
    """
    size = images.shape[2] * images.shape[3]
    projection = (images * noise).sum() / math.sqrt(size)
    (gradient,) = torch.autograd.grad(projection, ws, create_graph=True)
    lengths = gradient.square().sum(2).mean(1).sqrt()
    mean = lengths.detach().mean().lerp(mean, decay)
    return (lengths - mean).square().mean(), mean
