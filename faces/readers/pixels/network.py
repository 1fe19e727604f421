"""The pixel reader's network: a small pre-activation residual net with channel attention.

He et al., "Identity Mappings in Deep Residual Networks" (ECCV 2016); Hu et al.,
"Squeeze-and-Excitation Networks" (CVPR 2018).
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from faces.circumplex import EXPRESSIONS, PLACES
from faces.readers.pixels.config import PixelConfig

#: A picture's own deviation is divided out; this keeps an even one from becoming all noise.
_LEAST_DEVIATION = 0.05


def anchors() -> Tensor:
    """Valence and arousal of each expression, (8, 2), in the order of EXPRESSIONS."""
    return torch.tensor([PLACES[name] for name in EXPRESSIONS])


class Block(nn.Module):
    """Two 3×3 convolutions, weighted by channel, added to what came in."""

    def __init__(self, before: int, width: int, stride: int, squeeze: int) -> None:
        super().__init__()
        self.stride = stride
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.squeeze = nn.Linear(width, width // squeeze)
        self.excite = nn.Linear(width // squeeze, width)
        changes = stride > 1 or before != width
        self.shortcut = nn.Conv2d(before, width, 1, bias=False) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.norm1(x))
        if self.shortcut is not None:
            x = self.shortcut(F.avg_pool2d(h, 2, ceil_mode=True) if self.stride > 1 else h)
        h = self.conv2(F.relu(self.norm2(self.conv1(h))))  # (N, width, H / stride, W / stride)
        gate = self.excite(F.relu(self.squeeze(h.mean((2, 3))))).sigmoid()
        return torch.addcmul(x, h, gate[:, :, None, None])


class PixelNetwork(nn.Module):
    """Grey faces (N, 1, size, size) in [-1, 1] to (logits (N, 8), affect (N, 2)).

    Affect is (valence, arousal): the expected anchor under the probabilities, plus what a linear
    head adds. Everything is differentiable in the pixels. Sides other than `size` are taken too.
    """

    anchors: Tensor

    def __init__(self, config: PixelConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Conv2d(1, config.stem, 3, 1, 1, bias=False)
        self.stages = nn.ModuleList()
        for (before, width), depth in zip(
            pairwise((config.stem, *config.widths)), config.depths, strict=True
        ):
            first = Block(before, width, 2, config.squeeze)
            rest = [Block(width, width, 1, config.squeeze) for _ in range(depth - 1)]
            self.stages.append(nn.Sequential(first, *rest))
        self.norm = nn.BatchNorm2d(config.widths[-1])
        self.dropout = nn.Dropout(config.dropout)
        self.expression = nn.Linear(config.widths[-1], len(EXPRESSIONS))
        self.affect = nn.Linear(config.widths[-1], 2)
        nn.init.zeros_(self.affect.weight)
        self.register_buffer("anchors", anchors(), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.heads(self.features(x))

    def maps(self, x: Tensor) -> list[Tensor]:
        """Activations after the stem and after each stage, for distances between pictures."""
        deviation, mean = torch.std_mean(x, (1, 2, 3), correction=0, keepdim=True)
        maps = [self.stem((x - mean) / (deviation + _LEAST_DEVIATION))]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps

    def features(self, x: Tensor) -> Tensor:
        """The layer before the heads, (N, widths[-1])."""
        return F.relu(self.norm(self.maps(x)[-1])).mean((2, 3))

    def heads(self, features: Tensor) -> tuple[Tensor, Tensor]:
        dropped = self.dropout(features)
        logits = self.expression(dropped)  # (N, 8)
        expected = logits.float().softmax(1) @ self.anchors  # (N, 2)
        return logits, expected + self.affect(dropped)
