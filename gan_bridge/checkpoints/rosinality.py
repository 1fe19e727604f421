"""StyleGAN2 by the names of rosinality's PyTorch code.

e4e, pSp, ReStyle, StyleCLIP, StyleGAN-NADA and many others build on that code and keep its names.
Its layers compute what ours do; a tensor of theirs differs by axes of length one alone.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.convolutions import binomial_kernel
from gan_bridge.networks.files import build_network
from gan_bridge.networks.layers import LEAKY_SLOPE

#: A tensor that every such generator has and no other network.
MARK = "conv1.conv.modulation.weight"
#: Samples of the mean of w where a file has none, and the grid that it is rounded to: other
#: machines add up in another order, and the digest of a network is over its numbers.
_SAMPLES, _GRID = 4096, 2.0**16


def rosinality_config(tensors: Mapping[str, Tensor]) -> StyleGAN2Config:
    """The config that tensors of a generator, by rosinality's names, are of.

    Raises:
        CircumplexError: its channels follow another rule than ours, or a tensor is missing.
    """
    try:
        levels = len({name.split(".")[1] for name in tensors if name.startswith("to_rgbs.")})
        side = 4 << levels
        widths = {4: tensors["conv1.conv.weight"].shape[1]}
        for level in range(levels):
            widths[8 << level] = tensors[f"convs.{2 * level + 1}.conv.weight"].shape[1]
        wide_out, wide_in = tensors["style.1.weight"].shape
        colours = tensors["to_rgb1.conv.weight"].shape[1]
    except KeyError as error:
        raise CircumplexError(f"it lacks the tensor {error.args[0]}; copy it anew") from error
    config = StyleGAN2Config(
        img_resolution=side,
        img_channels=colours,
        z_dim=wide_in,
        w_dim=wide_out,
        mapping_layers=sum(name.startswith("style.") for name in tensors) // 2,
        channel_base=side * widths[side],
        channel_max=max(widths.values()),
    )
    for resolution, width in widths.items():
        if config.channels(resolution) != width:
            raise CircumplexError(
                f"its layers of {resolution} pixels have {width} channels, not the "
                f"{config.channels(resolution)} of StyleGAN2; it is another network"
            )
    return config


def from_rosinality(
    tensors: Mapping[str, Tensor], config: StyleGAN2Config, mean: Tensor | None
) -> dict[str, Tensor]:
    """The same tensors under our names.

    Args:
        tensors: by rosinality's names.
        mean: (w_dim,) of w, where the file has it; else it is sampled.

    Raises:
        CircumplexError: a tensor is missing, or one has no known use.
    """
    used: set[str] = set()
    found: dict[str, Tensor] = {}
    for ours, theirs in _names(config):
        if theirs in tensors:
            used.add(theirs)
            found[ours] = tensors[theirs].float()
        elif not theirs.startswith("noises."):  # early versions drew noise anew each time
            raise CircumplexError(f"it lacks the tensor {theirs}; copy it anew")
    if stray := sorted(set(tensors) - used):
        raise CircumplexError(f"it has a tensor of no known use, {stray[0]}; it is another network")
    return _shaped(found, config) | {
        "mapping.w_avg": mean_w(tensors, config) if mean is None else mean.float()
    }


def _names(config: StyleGAN2Config) -> Iterator[tuple[str, str]]:
    """Our names and theirs."""
    for k in range(config.mapping_layers):
        for kind in ("weight", "bias"):
            yield f"mapping.fc{k}.{kind}", f"style.{k + 1}.{kind}"
    yield "synthesis.b4.const", "input.input"
    for level, side in enumerate(config.resolutions):
        block = f"synthesis.b{side}"
        if level == 0:
            yield from _styled(f"{block}.conv1", "conv1", 0)
        else:
            yield from _styled(f"{block}.conv0", f"convs.{2 * level - 2}", 2 * level - 1)
            yield from _styled(f"{block}.conv1", f"convs.{2 * level - 1}", 2 * level)
            yield f"{block}.conv0.resample_filter", f"convs.{2 * level - 2}.conv.blur.kernel"
            yield f"{block}.resample_filter", f"to_rgbs.{level - 1}.upsample.kernel"
        picture = f"to_rgbs.{level - 1}" if level else "to_rgb1"
        yield f"{block}.torgb.bias", f"{picture}.bias"
        yield from _modulated(f"{block}.torgb", picture)


def _styled(ours: str, theirs: str, noise: int) -> Iterator[tuple[str, str]]:
    yield f"{ours}.bias", f"{theirs}.activate.bias"
    yield f"{ours}.noise_strength", f"{theirs}.noise.weight"
    yield f"{ours}.noise_const", f"noises.noise_{noise}"
    yield from _modulated(ours, theirs)


def _modulated(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}.weight", f"{theirs}.conv.weight"
    yield f"{ours}.affine.weight", f"{theirs}.conv.modulation.weight"
    yield f"{ours}.affine.bias", f"{theirs}.conv.modulation.bias"


def _shaped(found: Mapping[str, Tensor], config: StyleGAN2Config) -> dict[str, Tensor]:
    """Tensors with our axes; what a file does not have of noise and of filters is added."""
    with torch.device("meta"):  # shapes alone; no memory is taken
        wanted = build_network(config).state_dict()
    shaped = {}
    for name, like in wanted.items():
        if name == "mapping.w_avg":
            continue
        is_filter = name.endswith("resample_filter")
        value = found.get(name)
        if value is None:  # filters of layers that keep their size are never used
            value = binomial_kernel() if is_filter else torch.zeros(like.shape)
        elif is_filter:
            value = value / 4  # theirs make up for the zeros that upsampling stuffs
        same = [n for n in value.shape if n > 1] == [n for n in like.shape if n > 1]
        shaped[name] = value.reshape(like.shape) if same else value
    return shaped


def mean_w(tensors: Mapping[str, Tensor], config: StyleGAN2Config) -> Tensor:
    """The mean of w over samples, (w_dim,) float32, the same on every machine."""
    rate = 0.01  # of the mapping's layers, as in `gan_bridge.networks.layers.Mapping`
    x = np.random.default_rng(0).standard_normal((_SAMPLES, config.z_dim))
    x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-8)
    for k in range(1, config.mapping_layers + 1):
        weight, bias = (
            tensors[f"style.{k}.{kind}"].double().numpy() * rate for kind in ("weight", "bias")
        )
        x = x @ (weight / np.sqrt(weight.shape[1])).T + bias
        x = np.where(x < 0, x * LEAKY_SLOPE, x) * np.sqrt(2)
    return torch.from_numpy(np.round(x.mean(axis=0) * _GRID) / _GRID).float()
