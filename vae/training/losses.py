"""The terms of the β-VAE's loss, each a value a face (N,), in nats where it is a log-likelihood."""

import math

import torch
from torch import Tensor

from vae.config import TrainConfig


def reconstruction_loss(output: Tensor, target: Tensor, sigma: float) -> Tensor:
    """−log N(target; output, σ²) a face, less its constant: ‖target − output‖² / 2σ², (N,)."""
    return (output.float() - target.float()).square().flatten(1).sum(1) / (2 * sigma**2)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q(z|x) ‖ N(0, 1)) a face and unit, N×D (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance)


def guidance_loss(predicted: Tensor, labels: Tensor, label_variance: Tensor) -> Tensor:
    """Squared error in units of each label's variance, summed over valence and arousal, (N,).

    A missing label (NaN) adds nothing.
    """
    known = ~labels.isnan()
    error = torch.where(known, predicted.float() - labels.nan_to_num(), 0.0)
    return (error.square() / label_variance).sum(1)


def decomposed_kl(
    codes: Tensor, mean: Tensor, log_variance: Tensor, faces: int
) -> tuple[Tensor, Tensor, Tensor]:
    """KL split into index-code mutual information, total correlation, dimension-wise KL, (N,) each.

    Estimated on the batch by minibatch-weighted sampling (Chen et al. 2018, eq. 2 and S6).

    Args:
        codes, mean, log_variance: N×D, one sample of q(z|x) a face and its parameters.
        faces: number of faces that the batch was drawn from.
    """
    batch = codes.shape[0]
    log_qz_given_x = _log_normal(codes, mean, log_variance).sum(1)
    log_pz = _log_normal(codes, torch.zeros_like(codes), torch.zeros_like(codes)).sum(1)
    pairs = _log_normal(codes[:, None], mean[None], log_variance[None])  # N×N×D
    log_count = math.log(batch * faces)
    log_qz = torch.logsumexp(pairs.sum(2), dim=1) - log_count
    log_qz_units = (torch.logsumexp(pairs, dim=1) - log_count).sum(1)
    return log_qz_given_x - log_qz, log_qz - log_qz_units, log_qz_units - log_pz


def latent_loss(
    config: TrainConfig,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    warmup_share: float,
    faces: int,
) -> Tensor:
    """The weighted latent term of the chosen schedule, (N,).

    Args:
        warmup_share: how far β, or the capacity, has warmup_share, from 0 to 1.
        faces: size of the training split, for the schedule "tc".
    """
    if config.schedule == "tc":
        codes = mean + torch.exp(0.5 * log_variance) * noise
        information, correlation, units = decomposed_kl(codes, mean, log_variance, faces)
        return information + config.beta * warmup_share * correlation + units
    kl = kl_divergence(mean, log_variance).sum(1)
    if config.schedule == "capacity":
        return config.beta * (kl - config.capacity * warmup_share).abs()
    return config.beta * warmup_share * kl


def _log_normal(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    squared = (x - mean).square() * torch.exp(-log_variance)
    return -0.5 * (squared + log_variance + math.log(2 * math.pi))
