"""Pivotal tuning: the network is bent around a latent until it shows the picture asked for.

Roich et al. 2021, "Pivotal Tuning for Latent-based Editing of Real Images". The latent, the pivot,
stays; a copy of the synthesis network is trained, held nearby to what it showed before.
"""

import os
from dataclasses import asdict

import torch
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from gan_bridge.generators.protocol import Generator, StyleBased
from gan_bridge.inversion.config import PivotConfig
from gan_bridge.inversion.encoder import samples
from gan_bridge.inversion.losses import PictureLoss, pyramid_error
from gan_bridge.inversion.space import DifferentiableRenderer, Space, training_seeds
from gan_bridge.networks.files import copy_network, save_networks


def tune(
    renderer: DifferentiableRenderer,
    space: Space,
    loss: PictureLoss,
    w: Tensor,
    config: PivotConfig,
    progress: Progress = silent,
) -> tuple[nn.Module, tuple[float, ...]]:
    """Train a copy of the network until it shows the picture at `w` (1, L, W).

    Args:
        renderer: of the network as it is; it stays so. loss: distance to the picture.

    Returns:
        The tuned network, frozen (on the CPU the same each time), and the loss at each step.

    Raises:
        CircumplexError: the generator is no StyleGAN.
    """
    generator = renderer.generator
    if not isinstance(generator, StyleBased):
        raise CircumplexError(f"{generator.name} is no StyleGAN; leave pivotal tuning out")
    network = copy_network(generator.network)
    network.synthesis.requires_grad_(True)
    optimizer = torch.optim.Adam(network.synthesis.parameters(), lr=config.learning_rate)
    history: list[float] = []
    for step in progress(range(config.steps), "tuning around the pivot", config.steps):
        value = loss(network.synthesis(w))[0]
        history.append(value.item())
        if history[-1] <= config.target:
            break
        if config.locality:
            near = _nearby(generator, space, w, step, config)
            bent = _difference(network.synthesis(near), renderer.without_gradients(near))
            value = value + config.locality * bent
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
    return network.eval().requires_grad_(False), tuple(history)


def save_tuned(path: str | os.PathLike[str], tuned: StyleBased, config: PivotConfig) -> None:
    """Write a tuned network as a native network file.

    Its provenance is the parent's, and names it as `pivot_of`: that lets the parent's directions
    in, and nothing else does.
    """
    provenance = {**tuned.provenance, "pivot": asdict(config)}
    save_networks(path, {"G_ema": tuned.network}, provenance)


def _difference(tuned: Tensor, original: Tensor) -> Tensor:
    """How differently two networks show one latent."""
    return (tuned - original).square().mean() + pyramid_error(tuned, original).mean()


def _nearby(
    generator: Generator, space: Space, pivot: Tensor, step: int, config: PivotConfig
) -> Tensor:
    """A latent `reach` standard deviations from the pivot, towards a sample (eq. 5)."""
    seed = training_seeds(config.seed) + step
    way = space.whiten(samples(generator, seed, 1, "w")) - space.whiten(pivot)
    length = way.square().mean((1, 2), keepdim=True).sqrt().clamp_min(1e-6)
    return space.colour(space.whiten(pivot) + way * (config.reach / length))
