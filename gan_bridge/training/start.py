"""What a training starts from: networks of a file, or random ones."""

import copy
import os
from dataclasses import dataclass, field
from typing import Any

import torch

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet
from gan_bridge.generators.opening import open_networks
from gan_bridge.networks.config import (
    DiscriminatorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
    kind_of,
)
from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.files import GeneratorNetwork, build_network, network_digest
from gan_bridge.training.plan import NetworkPlan
from gan_bridge.training.streams import stream_seed


@dataclass
class Start:
    """The networks of a training, in float32 on the CPU.

    Attributes:
        generator, average, discriminator: G, G_ema and D.
        new_generator, new_discriminator: their weights are random.
        origin: what they come from, in plain JSON values.
    """

    generator: GeneratorNetwork
    average: GeneratorNetwork
    discriminator: Discriminator
    new_generator: bool
    new_discriminator: bool
    origin: dict[str, Any] = field(default_factory=dict)


def random_start(plan: NetworkPlan, faces: FaceSet, seed: int) -> Start:
    """Networks of random weights for faces of this size."""
    _check_side(faces)
    generator = plan.generator(faces.size, faces.channels)
    return random_networks(generator, plan.discriminator(faces.size, faces.channels), seed)


def random_networks(
    generator: StyleGAN3Config | StyleGAN2Config, discriminator: DiscriminatorConfig, seed: int
) -> Start:
    """Networks of random weights."""
    network = _random(generator, seed, 0)
    origin = {"from": "random", "kind": kind_of(generator), "seed": seed}
    critic = _random(discriminator, seed, 1)
    return Start(network, copy.deepcopy(network), critic, True, True, origin)


def start_from(source: str | os.PathLike[str], faces: FaceSet, seed: int) -> Start:
    """The networks of a native file or an official pickle.

    Where it has no G, G_ema is trained; where it has no D, there is a new one of the generator's
    capacity.

    Raises:
        CircumplexError: unreadable, conditional, or of another size than the faces.
    """
    stored = open_networks(source, ("G_ema",), optional=("G", "D"))
    average, networks = stored.generator, stored.networks
    _check_fit(average.config, faces, source)
    generator = networks["G"] if "G" in networks else copy.deepcopy(average)
    if "D" in networks:
        discriminator = networks["D"]
        _check_fit(discriminator.config, faces, source)
    else:
        discriminator = _random(_partner(average.config), seed, 1)
    origin = {
        "from": os.fspath(source).rpartition("/")[2],
        "digest": network_digest(average),
        "provenance": stored.provenance,
    }
    return Start(generator, average, discriminator, False, "D" not in networks, origin)


def _random(config: Any, seed: int, number: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "weights", number))
        return build_network(config)


def _partner(config: StyleGAN3Config | StyleGAN2Config) -> DiscriminatorConfig:
    return DiscriminatorConfig(
        img_resolution=config.img_resolution,
        img_channels=config.img_channels,
        channel_base=config.channel_base,
        channel_max=config.channel_max,
    )


def _check_side(faces: FaceSet) -> None:
    side = faces.size
    if side & (side - 1) or side < 16:
        raise CircumplexError(
            f"{faces.folder} holds faces of {side} pixels; StyleGAN takes a power of two from 16 "
            "on: prepare it with --size 64, 128, 256 or 512"
        )


def _check_fit(config: Any, faces: FaceSet, source: object) -> None:
    if config.c_dim:
        raise CircumplexError(
            f"{source} is conditional ({config.c_dim} classes); fine-tuning takes networks "
            "without classes"
        )
    wanted = (config.img_channels, config.img_resolution)
    if (faces.channels, faces.size) != wanted:
        raise CircumplexError(
            f"{source} makes {wanted[0]}-channel pictures of {wanted[1]} pixels, {faces.folder} "
            f"holds {faces.channels}-channel faces of {faces.size}; prepare it with "
            f"--size {wanted[1]} --channels {wanted[0]}"
        )
