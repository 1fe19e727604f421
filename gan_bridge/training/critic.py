"""A second adversary that judges by what a trained encoder of faces sees.

Sauer et al. 2021, "Projected GANs Converge Faster": scores over the maps of a frozen network tell
real from generated after few faces, because the maps are there already. Here the network is the
encoder that guides the generator, which no evaluation asks; on its maps sit small heads with
spectral norms (Miyato et al. 2018) and the hinge loss (Lim & Ye 2017, "Geometric GAN").
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from gan_bridge.networks.layers import LEAKY_SLOPE
from gan_bridge.training.streams import stream_seed

_SMALLEST_MAP = 6


class FeatureCritic(nn.Module):
    """Heads on an encoder's maps, of each side the last.

    Args:
        shapes: (channels, side) of the maps that the encoder gives, in its order.
        width: channels of the heads.
        seed: of their first weights.
    """

    def __init__(self, shapes: Sequence[tuple[int, int]], width: int = 64, seed: int = 0) -> None:
        super().__init__()
        sides = [side for _, side in shapes]
        self.places = [
            place
            for place, side in enumerate(sides)
            if side >= _SMALLEST_MAP and side not in sides[place + 1 :]
        ]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(seed, "weights", 2))
            heads = [_head(*shapes[place], width) for place in self.places]
        self.heads = nn.ModuleList(heads).to(memory_format=torch.channels_last)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Scores (N, 1, H, W) of each head, of all the encoder's maps (N, C, H, W)."""
        chosen = [maps[place] for place in self.places]
        with _reduced(chosen[0]):
            return [head(each) for head, each in zip(self.heads, chosen, strict=True)]


def critic_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """The hinge loss of a critic's scores, summed over its heads."""
    pairs = zip(real, fake, strict=True)
    hinges = [
        functional.relu(1 - r.float()).mean() + functional.relu(1 + f.float()).mean()
        for r, f in pairs
    ]
    return torch.stack(hinges).sum()


def mean_score(scores: list[Tensor]) -> Tensor:
    """The mean over heads and places."""
    return torch.stack([each.float().mean() for each in scores]).mean()


def _head(wide: int, side: int, width: int) -> nn.Sequential:
    """From maps (N, wide, side, side) to scores, at a fourth of the side at least."""
    widths, layers = [wide], []
    while side > _SMALLEST_MAP:
        widths.append(width)
        side //= 2
    for before, after in pairwise(widths):
        layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(LEAKY_SLOPE)]
    layers += [spectral_norm(nn.Conv2d(widths[-1], width, 3, 1, 1)), nn.LeakyReLU(LEAKY_SLOPE)]
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(width, 1, 3, 1, 1)))


def _reduced(like: Tensor) -> torch.autocast:
    """bfloat16 where it is quicker."""
    return torch.autocast(like.device.type, torch.bfloat16)
