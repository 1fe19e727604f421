"""A second adversary that judges by what a reader of expressions sees.

Sauer et al. 2021, "Projected GANs Converge Faster": scores over the maps of a frozen network tell
real from generated after few faces, because the maps are there already. Here the network is the
project's reader of faces, on each of whose stages sits a small head with spectral norms (Miyato et
al. 2018) and the hinge loss (Lim & Ye 2017, "Geometric GAN").
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from faces.readers.pixels.network import PixelNetwork
from faces.readers.pixels.reader import PixelReader
from faces.sets.alignment import LUMINANCE
from gan_bridge.networks.layers import LEAKY_SLOPE
from gan_bridge.training.streams import stream_seed

_SMALLEST_MAP = 6


class FeatureCritic(nn.Module):
    """Heads on a reader's maps.

    Args:
        reader: frozen; not among the module's own weights.
        width: channels of the heads.
    """

    def __init__(self, reader: PixelNetwork, width: int = 64) -> None:
        super().__init__()
        self._reader = [reader]  # in a list, so that it is neither trained nor stored here
        config = reader.config
        sides = [config.size // 2 ** (stage + 1) for stage in range(len(config.widths))]
        heads = [_head(wide, side, width) for wide, side in zip(config.widths, sides, strict=True)]
        self.heads = nn.ModuleList(heads).to(memory_format=torch.channels_last)

    @classmethod
    def bundled(cls, device: str | torch.device = "cpu", seed: int = 0) -> "FeatureCritic":
        """Heads of random weights on the package's own reader."""
        reader = PixelReader.load("bundled", device).network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(seed, "weights", 2))
            return cls(reader).to(device)

    def features(self, images: Tensor) -> list[Tensor]:
        """The reader's maps of pictures (N, C, S, S) in [-1, 1]; differentiable in them."""
        if images.shape[1] == 3:
            weights = torch.tensor(LUMINANCE, device=images.device)[:, None, None]
            images = (images * weights).sum(1, keepdim=True)
        side = self._reader[0].config.size
        resized = functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
        with _reduced(images):
            maps = self._reader[0].maps(resized.contiguous(memory_format=torch.channels_last))
        return maps[1:]

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Scores (N, 1, H, W) of each head."""
        with _reduced(maps[0]):
            return [head(each) for head, each in zip(self.heads, maps, strict=True)]


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
