"""StyleGAN2's discriminator (Karras et al. 2020), which StyleGAN3 is trained against as well."""

import math

import torch
from torch import Tensor, nn

from gan_bridge.networks.config import DiscriminatorConfig
from gan_bridge.networks.convolutions import PlainConv, Resampler
from gan_bridge.networks.layers import BRANCH_GAIN, EqualLinear, Mapping


class DiscriminatorBlock(Resampler):
    """Two convolutions, and half the resolution."""

    def __init__(self, config: DiscriminatorConfig, side: int) -> None:
        super().__init__()
        self.architecture, self.side = config.architecture, side
        width, out, clamp = config.channels(side), config.channels(side // 2), config.conv_clamp
        if side == config.img_resolution or self.architecture == "skip":
            self.fromrgb = PlainConv(config.img_channels, width, 1, clamp=clamp)
        self.conv0 = PlainConv(width, width, 3, clamp=clamp)
        self.conv1 = PlainConv(width, out, 3, down=True, clamp=clamp)
        if self.architecture == "resnet":
            self.skip = PlainConv(width, out, 1, bias=False, activate=False, down=True)

    def forward(
        self, x: Tensor | None, image: Tensor | None, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor | None]:
        """Features (N, S, S, C) and the picture, each at half the resolution."""
        x = None if x is None else x.to(dtype)
        if image is not None:
            added = self.fromrgb(image.to(dtype))
            x = added if x is None else x + added
            image = self.downsample(image) if self.architecture == "skip" else None
        if self.architecture != "resnet":
            return self.conv1(self.conv0(x)), image
        return self.skip(x, gain=BRANCH_GAIN) + self.conv1(self.conv0(x), gain=BRANCH_GAIN), image


class DiscriminatorHead(nn.Module):
    """The last resolution, 4 × 4: how faces differ in the batch, and the score."""

    def __init__(self, config: DiscriminatorConfig, cmap_dim: int) -> None:
        super().__init__()
        width, clamp = config.channels(4), config.conv_clamp
        self.cmap_dim = cmap_dim
        self.group, self.spread_maps = config.mbstd_group_size, config.mbstd_num_channels
        if config.architecture == "skip":
            self.fromrgb = PlainConv(config.img_channels, width, 1)  # officially without a clamp
        self.conv = PlainConv(width + self.spread_maps, width, 3, clamp=clamp)
        self.fc = EqualLinear(width * 16, width, activate=True)
        self.out = EqualLinear(width, cmap_dim or 1)

    def forward(self, x: Tensor, image: Tensor | None, cmap: Tensor | None) -> Tensor:
        """(N, 4, 4, C) to (N, 1)."""
        x = x.float()
        if image is not None:
            x = x + self.fromrgb(image)
        if self.spread_maps:
            x = torch.cat([x, self._spread(x)], dim=3)
        # official weights meet the features channel by channel
        score = self.out(self.fc(self.conv(x).permute(0, 3, 1, 2).flatten(1)))
        if cmap is None:
            return score
        return (score * cmap).sum(1, keepdim=True) / math.sqrt(self.cmap_dim)

    def _spread(self, x: Tensor) -> Tensor:
        """Standard deviation over groups of the batch (Karras et al. 2018, section 3)."""
        count, height, width, channels = x.shape
        group = count if self.group is None else min(self.group, count)
        maps = self.spread_maps
        grouped = x.reshape(group, -1, height, width, maps, channels // maps)
        deviation = (grouped.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 4))  # M, maps
        return deviation.repeat(group, 1)[:, None, None].expand(-1, height, width, -1)


class Discriminator(nn.Module):
    """Scores how real pictures look."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.sides = config.resolutions[:-1]
        for side in self.sides:
            self.add_module(f"b{side}", DiscriminatorBlock(config, side))
        cmap_dim = (config.cmap_dim or config.channels(4)) if config.c_dim else 0
        if config.c_dim:
            self.mapping = Mapping(
                0, config.c_dim, cmap_dim, None, config.mapping_layers, w_avg_beta=None
            )
        self.b4 = DiscriminatorHead(config, cmap_dim)

    def forward(
        self, images: Tensor, c: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Pictures (N, C, S, S) in [-1, 1], and their classes (N, c_dim), to scores (N, 1).

        `dtype` is that of the `num_fp16_res` highest resolutions. N must be a multiple of
        `mbstd_group_size`, or below it.
        """
        x, image = None, images.permute(0, 2, 3, 1)
        threshold = self.config.img_resolution / 2**self.config.num_fp16_res
        for side in self.sides:
            low = dtype if side > threshold else torch.float32
            x, image = getattr(self, f"b{side}")(x, image, low)
        cmap = self.mapping(None, c) if self.config.c_dim else None
        return self.b4(x, image, cmap)
