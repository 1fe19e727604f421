"""From a file of `torch.save` to networks: StyleGAN2 and StyleGAN3, whatever they lie beside."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from gan_bridge.checkpoints import official, rosinality
from gan_bridge.checkpoints.families import OPEN_HERE, family_of_tensors
from gan_bridge.checkpoints.loading import load_checkpoint, named_tensors
from gan_bridge.networks.files import NetworkFile, restore_network

#: The last part of a prefix under which trainings keep the generator that still learns.
_LEARNING = ("g", "G", "generator")
_MEAN = "latent_avg"


def read_checkpoint(
    path: str | os.PathLike[str],
    names: tuple[str, ...] = ("G_ema",),
    optional: tuple[str, ...] = (),
) -> NetworkFile:
    """Networks out of a checkpoint, as `load_networks` gives those of a native file.

    Args:
        path: of rosinality's StyleGAN2, of e4e, pSp and others that build on it, or a state dict of
            the official StyleGAN2-ADA or StyleGAN3, alone or within a training's or an encoder's.
        names: the networks wanted, of "G_ema" and "G"; optional: those wanted where they are there.

    Raises:
        CircumplexError: missing, damaged, refused, another kind of generator, or it lacks one of
            `names`.
    """
    path = Path(path)
    tensors = named_tensors(load_checkpoint(path))
    prefixes = _generators(tensors)
    if not prefixes:
        raise CircumplexError(f"{path} {_what_else(tensors)}; {OPEN_HERE}")
    if missing := [name for name in names if name not in prefixes]:
        raise CircumplexError(
            f"{path} holds {', '.join(prefixes)} but not {missing[0]}; give a network that "
            "`circumplex convert --all` wrote from a pickle"
        )
    names += tuple(name for name in optional if name in prefixes)
    try:
        networks = {name: _built(tensors, prefixes[name]) for name in names}
    except CircumplexError as error:
        raise CircumplexError(f"{path} is refused: {error}") from error
    return NetworkFile(networks, {"checkpoint": file_digest(path), "form": "torch"})


def _generators(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Prefixes of the names of generators, by "G_ema" and "G"."""
    if family_of_tensors(tensors) is not None:
        return {}
    found: list[str] = []
    for mark in (rosinality.MARK, *official.MARKS):
        found += (name.removesuffix(mark) for name in tensors if name.endswith(mark))
    whole = [prefix for prefix in found if not prefix or prefix.endswith(".")]
    learning = [prefix for prefix in whole if prefix.rstrip(".").split(".")[-1] in _LEARNING]
    averaged = [prefix for prefix in whole if prefix not in learning] or learning
    if not averaged:
        return {}
    chosen = {"G_ema": min(averaged, key=lambda prefix: ("ema" not in prefix.lower(), prefix))}
    return chosen | ({"G": learning[0]} if learning else {})


def _what_else(tensors: Mapping[str, Tensor]) -> str:
    """What a file holds in the place of a generator."""
    family = family_of_tensors(tensors)
    if family is not None:
        return f"holds {family}"
    return f"holds {len(tensors)} tensors, but no generator of a form that is known"


def _built(tensors: Mapping[str, Tensor], prefix: str) -> Any:
    own = {
        name.removeprefix(prefix): value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    if rosinality.MARK not in own:
        config: Any = official.official_config(own)
        if official.MARKS[0] in own:  # encoders set it anew for each picture, and may leave it out
            own.setdefault("synthesis.input.transform", torch.eye(3))
        return restore_network(config, own, "its generator")
    own = {name: value for name, value in own.items() if not _is_of_training(name)}
    config = rosinality.rosinality_config(own)
    mean = _stored_mean(tensors, config.w_dim)
    return restore_network(config, rosinality.from_rosinality(own, config, mean), "its generator")


def _is_of_training(name: str) -> bool:
    """Whether a tensor lies beside a generator without a prefix of its own, not in it."""
    first = name.partition(".")[0]
    return first in (_MEAN, "mean_latent", "d", "g_optim", "d_optim", "ada_aug_p", "iter")


def _stored_mean(tensors: Mapping[str, Tensor], width: int) -> Tensor | None:
    """The mean of w (W,) that a file holds, once or the same for each layer."""
    for name, value in tensors.items():
        if name.rpartition(".")[2] == _MEAN and value.shape[-1:] == (width,):
            rows = value.float().reshape(-1, width)
            if torch.allclose(rows, rows[:1].expand_as(rows), atol=1e-5):
                return rows[0].clone()
    return None
