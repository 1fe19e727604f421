"""Refinement: the decoder learns to show what the codes say; the codes stay as they are.

A guided encoder reads affect more finely than its decoder draws it: a code that was moved to other
valence and arousal decodes to a face in which the same encoder reads little of the move. So the
encoder is frozen, and with it every code, probe and direction, and reads the decoder's pictures,
turned and shifted at random so that only what looks like an expression counts. (The idea of
Gonzalez-Garcia et al. 2018 and of InfoGAN, Chen et al. 2016, eq. 5: the code must be recoverable.)
"""

import torch
from torch import Tensor

from vae.config import TrainConfig
from vae.model import BetaVAE
from vae.training.augmentation import augment
from vae.training.losses import guidance_loss, reconstruction_loss


def freeze_encoder(model: BetaVAE) -> None:
    """Keep the encoder, its batch statistics and the affect head as they are."""
    model.encoder.eval().requires_grad_(False)
    model.affect_head.requires_grad_(False)


def moved_codes(model: BetaVAE, codes: Tensor, affect: Tensor) -> Tensor:
    """The nearest codes, N×D, in which the head reads `affect`, N×2 (minimum-norm step)."""
    inverse = torch.linalg.pinv(model.affect_head.weight)  # D×2
    return codes + (affect - model.affect(codes)) @ inverse.T


def refine_terms(
    model: BetaVAE,
    config: TrainConfig,
    inputs: Tensor,
    targets: Tensor,
    noise: Tensor,
    label_variance: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Loss, reconstruction, latent (always 0) and expression terms, (N,) each.

    The first half of the batch is reconstructed; the codes of the second are moved to valence and
    arousal between those of two other faces, so that nothing is asked for that no face shows: a
    decoder taught to please its reader beyond that draws masks. The encoder has to read either in
    the pictures.

    Args:
        inputs, targets: N×C×S×S in [-1, 1], as `augment` gives them.
        noise: N×D, standard normal.
        generator: CPU generator of the moves and of what is done to the pictures.
    """
    half = (len(inputs) + 1) // 2
    with torch.no_grad():
        mean, log_variance = (value.float() for value in model.encode(inputs))
        requested = model.affect(mean).float()
        requested[half:] = _between(requested, generator)[half:]
        codes = mean + torch.exp(0.5 * log_variance) * noise
        codes[half:] = moved_codes(model, mean[half:], requested[half:])
    pictures = model.decode(codes).float()
    reconstruction = torch.zeros_like(requested[:, 0])
    reconstruction[:half] = 2 * reconstruction_loss(pictures[:half], targets[:half], config.sigma)
    _, views = augment(pictures, generator)
    readings = model.affect(model.encode(views)[0])
    expression = config.express * guidance_loss(readings, requested, label_variance)
    return (
        reconstruction + expression,
        reconstruction,
        torch.zeros_like(reconstruction),
        expression,
    )


def _between(affect: Tensor, generator: torch.Generator) -> Tensor:
    """A random point on the line between two random rows of `affect`, N×2, for each row."""
    count = len(affect)
    one, other = (torch.randperm(count, generator=generator).to(affect.device) for _ in range(2))
    share = torch.rand(count, 1, generator=generator).to(affect.device)
    return torch.lerp(affect[one], affect[other], share)
