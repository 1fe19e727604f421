"""Networks on disk: safetensors whose header says how to build them.

A file holds G_ema, the generator that pictures come from, and, where a training is to go on from
it, G and D. Its tensors are named NETWORK/tensor, as in the official state dicts.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from faces.ground.artefacts import check_tensors
from faces.ground.digests import text_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.networks.alias_free import StyleGAN3
from gan_bridge.networks.config import (
    DiscriminatorConfig,
    StyleGAN2Config,
    StyleGAN3Config,
    config_from_dict,
    kind_of,
)
from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.stylegan2 import StyleGAN2
from vae.checkpoint import read_tensors, tensors_digest, write_tensors

SCHEMA, VERSION = "circumplex/network", 1
NAMES = ("G_ema", "G", "D")

GeneratorNetwork = StyleGAN3 | StyleGAN2
_BUILDERS: dict[type, type[nn.Module]] = {
    StyleGAN3Config: StyleGAN3,
    StyleGAN2Config: StyleGAN2,
    DiscriminatorConfig: Discriminator,
}


@dataclass(frozen=True)
class NetworkFile:
    """What a network file or pickle holds, in evaluation mode, float32, on the CPU.

    Attributes:
        networks: by NAMES; "G_ema" is always there.
        provenance: where the weights come from, in plain JSON values.
    """

    networks: Mapping[str, Any]
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def generator(self) -> GeneratorNetwork:
        """G_ema."""
        return self.networks["G_ema"]

    @property
    def digest(self) -> str:
        """SHA-256 over G_ema's config and tensors: a pickle and what it was converted to agree."""
        return network_digest(self.generator)


def network_digest(network: Any) -> str:
    """SHA-256 over a network's config and its tensors as float32.

    What a file stores more narrowly is widened first, which is exact: a pickle, its conversion and
    a copy in float16 of numbers that float16 holds are one network.
    """
    return text_digest(network.config.to_json() + tensors_digest(network.state_dict()))


def build_network(config: Any) -> Any:
    """A network of random weights."""
    return _BUILDERS[type(config)](config)


def restore_network(config: Any, tensors: Mapping[str, Tensor], where: object) -> Any:
    """A network with these weights, every one of them accounted for.

    Raises:
        CircumplexError: a tensor is missing, extra, misshapen or not finite.
    """
    with torch.device("meta"):  # no memory is taken for what a config only claims
        network = build_network(config)
    check_tensors(dict(tensors), network.state_dict(), where)
    own = {name: value.float() for name, value in tensors.items()}
    network.load_state_dict(own, assign=True)
    return network.eval().requires_grad_(False)


def copy_network(network: Any, device: str | torch.device | None = None) -> Any:
    """The same weights in a network made anew, frozen, in evaluation mode.

    Args:
        network: of those that `build_network` makes; it stays as it is.
        device: of the copy; None for where the network lies.
    """
    target = next(network.parameters()).device if device is None else torch.device(device)
    tensors = {name: value.to(target, copy=True) for name, value in network.state_dict().items()}
    return restore_network(network.config, tensors, "the network")


def on_device(network: Any, device: str | torch.device) -> Any:
    """A network for a device: itself where it lies there, else a copy. A network that others may
    be working with is never moved."""
    own, target = next(network.parameters()).device, torch.empty(0, device=device).device
    return network if own == target else copy_network(network, target)


def save_networks(
    path: str | os.PathLike[str],
    networks: Mapping[str, Any],
    provenance: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write networks by NAMES, whole or not at all; `dtype` float16 halves a file for shipping."""
    tensors, configs = {}, {}
    for name, network in networks.items():
        config = network.config
        configs[name] = {"kind": kind_of(config), "config": json.loads(config.to_json())}
        for key, value in network.state_dict().items():
            tensors[f"{name}/{key}"] = value.to(dtype) if value.is_floating_point() else value
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "networks": json.dumps(configs, sort_keys=True),
        "provenance": json.dumps(dict(provenance or {}), sort_keys=True),
    }
    write_tensors(Path(path), tensors, header)


def load_networks(
    path: str | os.PathLike[str],
    names: tuple[str, ...] = ("G_ema",),
    optional: tuple[str, ...] = (),
) -> NetworkFile:
    """Read networks that `save_networks` wrote.

    Args:
        path: the file.
        names: the ones wanted, of NAMES; optional: those wanted where they are there.

    Raises:
        CircumplexError: the file is missing, damaged, of another kind or version, or lacks one.
    """
    path = Path(path)
    tensors, header = read_tensors(path)
    check_schema(header, SCHEMA, VERSION, path)
    try:
        stored = json.loads(header["networks"])
        provenance = json.loads(header["provenance"])
        kinds = {name: (each["kind"], dict(each["config"])) for name, each in stored.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CircumplexError(f"{path}: its header is damaged; copy or convert it anew") from error
    names += tuple(name for name in optional if name in kinds)
    if missing := [name for name in names if name not in kinds]:
        raise CircumplexError(
            f"{path} holds {', '.join(kinds)} but not {missing[0]}; give a checkpoint of a training"
        )
    if stray := sorted(key for key in tensors if key.partition("/")[0] not in kinds):
        raise CircumplexError(f"{path} has a tensor of no known use, {stray[0]}; make it anew")
    networks = {}
    for name in names:
        own = {
            key.partition("/")[2]: value
            for key, value in tensors.items()
            if key.startswith(f"{name}/")
        }
        networks[name] = restore_network(config_from_dict(*kinds[name]), own, f"{path}, {name}")
    return NetworkFile(networks, provenance)
