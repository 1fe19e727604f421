"""Bare state dicts of the official code: tensors under our names, without the settings.

Shapes tell all that decides over the architecture; what no shape tells is as the official training
sets it (StyleGAN2-ADA: activations bounded at 256, four resolutions at half precision).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from gan_bridge.networks.config import GeneratorConfig, StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.signals import plan_signals

#: A tensor that every generator of the kind has.
MARKS = ("synthesis.input.freqs", "synthesis.b4.const")
_LAYER = re.compile(r"synthesis\.(L(\d+)_(\d+)_(\d+))\.weight")
_ANOTHER = "it is no StyleGAN of the official settings; give the network pickle (.pkl)"


def official_config(tensors: Mapping[str, Tensor]) -> GeneratorConfig:
    """The config of a generator's state dict.

    Raises:
        CircumplexError: a tensor is missing, or no official settings give its layers.
    """
    try:
        if MARKS[0] in tensors:
            return _alias_free(tensors)
        return _stylegan2(tensors)
    except (KeyError, IndexError, ValueError) as error:
        raise CircumplexError(f"it lacks tensors ({error}); {_ANOTHER}") from error


def _shared(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    w_dim = len(tensors["mapping.fc0.bias"])
    c_dim = tensors["mapping.embed.weight"].shape[1] if "mapping.embed.weight" in tensors else 0
    return {
        "w_dim": w_dim,
        "c_dim": c_dim,
        "z_dim": tensors["mapping.fc0.weight"].shape[1] - (w_dim if c_dim else 0),
        "mapping_layers": sum(
            re.fullmatch(r"mapping\.fc\d+\.bias", name) is not None for name in tensors
        ),
    }


def _stylegan2(tensors: Mapping[str, Tensor]) -> StyleGAN2Config:
    widths = {
        int(found[1]): len(tensor)
        for name, tensor in tensors.items()
        if (found := re.fullmatch(r"synthesis\.b(\d+)\.conv1\.bias", name))
    }
    side = max(widths)
    architecture = "skip" if "synthesis.b4.torgb.bias" in tensors else "orig"
    config = StyleGAN2Config(
        img_resolution=side,
        img_channels=len(tensors[f"synthesis.b{side}.torgb.bias"]),
        channel_base=side * widths[side],
        channel_max=max(widths.values()),
        architecture="resnet" if "synthesis.b8.skip.weight" in tensors else architecture,
        num_fp16_res=4,
        conv_clamp=256.0,
        **_shared(tensors),
    )
    if any(config.channels(resolution) != width for resolution, width in widths.items()):
        raise CircumplexError(_ANOTHER)
    return config


def _alias_free(tensors: Mapping[str, Tensor]) -> StyleGAN3Config:
    layers = sorted(
        (int(found[2]), found[1], int(found[3]), int(found[4]))
        for name in tensors
        if (found := _LAYER.fullmatch(name))
    )
    sizes = [(size, channels) for _, _, size, channels in layers]
    first = f"synthesis.{layers[0][1]}"
    config = StyleGAN3Config(
        img_resolution=sizes[-1][0],
        img_channels=sizes[-1][1],
        num_layers=len(layers) - 1,
        conv_kernel=tensors[f"{first}.weight"].shape[-1],
        use_radial_filters=tensors[f"{first}.down_filter"].ndim == 2,
        **_shared(tensors),
    )
    for candidate in _candidates(config, tensors["synthesis.input.weight"].shape[0]):
        planned = plan_signals(candidate)
        if [(each.size, each.channels) for each in planned] == sizes:
            _check_input(tensors, candidate)
            return candidate
    raise CircumplexError(_ANOTHER)


def _candidates(config: StyleGAN3Config, width: int) -> Iterator[StyleGAN3Config]:
    """Official choices of channels whose first layers are `width` wide."""
    for channel_max in (width, 1024, 512):
        for power in range(6, 18):
            yield replace(config, channel_max=channel_max, channel_base=2**power)


def _check_input(tensors: Mapping[str, Tensor], config: StyleGAN3Config) -> None:
    """Refuse an input of other frequencies: a cutoff that no layer's name tells."""
    lengths = torch.linalg.vector_norm(tensors["synthesis.input.freqs"].float(), dim=1)
    if lengths.max() > config.first_cutoff * 1.001:
        raise CircumplexError(_ANOTHER)
