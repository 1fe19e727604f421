"""Which networks a training from random weights begins with."""

from dataclasses import dataclass
from typing import Any

from faces.ground.records import Record, setting
from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config, StyleGAN3Config

KINDS = ("stylegan3-t", "stylegan3-r", "stylegan2")
_NETWORK = "Network of a random start"


@dataclass(frozen=True)
class NetworkPlan(Record):
    """Networks of random weights; resolution S and channels are the face set's.

    What is None grows with S, and from 256 pixels on is what the papers use.

    Attributes:
        kind: "stylegan3-t" (detail sticks to faces that move), "stylegan3-r" (to faces that turn
            too, with twice the channels) or "stylegan2".
        channel_base: channels, as the official constructors count them; None for S² / 2.
        channel_max: channels of any layer; None for 2 S.
        d_channel_base, d_channel_max: of the discriminator; None for the generator's.
        w_dim: width of z and w; None for 4 S.
        mapping_layers: depth of the mapping network.
        num_layers: of StyleGAN3; None for 2 log₂ S − 2.
        margin_size: of StyleGAN3, pixels beyond the picture that every layer carries.
    """

    kind: str = setting(
        "stylegan3-t", "stylegan3-t, stylegan3-r or stylegan2.", choices=KINDS, panel=_NETWORK
    )
    channel_base: int | None = setting(None, "Channels; S² / 2 if not given.", panel=_NETWORK)
    channel_max: int | None = setting(None, "Most channels; 2 S if not given.", panel=_NETWORK)
    d_channel_base: int | None = None
    d_channel_max: int | None = None
    w_dim: int | None = setting(None, "Width of z and w; 4 S if not given.", panel=_NETWORK)
    mapping_layers: int = setting(2, "Depth of the mapping.", panel=_NETWORK)
    num_layers: int | None = setting(None, "Layers of StyleGAN3.", panel=_NETWORK)
    margin_size: int = setting(10, "Pixels beyond the picture.", panel=_NETWORK)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.generator(64, 1)  # refuses what cannot be built
        self.discriminator(64, 1)

    def base(self, resolution: int) -> int:
        """The channel base at that resolution."""
        return self.channel_base or min(resolution**2 // 2, 32768)

    def most(self, resolution: int) -> int:
        """The most channels at that resolution."""
        return self.channel_max or min(2 * resolution, 512)

    def generator(self, resolution: int, channels: int) -> StyleGAN3Config | StyleGAN2Config:
        """The generator's config."""
        times = 2 if self.kind == "stylegan3-r" else 1
        width = self.w_dim or min(4 * resolution, 512)
        shared: dict[str, Any] = {
            "img_resolution": resolution,
            "img_channels": channels,
            "z_dim": width,
            "w_dim": width,
            "mapping_layers": self.mapping_layers,
            "channel_base": self.base(resolution) * times,
            "channel_max": self.most(resolution) * times,
        }
        if self.kind == "stylegan2":
            return StyleGAN2Config(**shared, num_fp16_res=4, conv_clamp=256.0)
        layers = self.num_layers or min(2 * resolution.bit_length() - 4, 14)
        shared |= {"num_layers": layers, "margin_size": self.margin_size}
        if self.kind == "stylegan3-r":
            shared |= {"conv_kernel": 1, "use_radial_filters": True}
        return StyleGAN3Config(**shared)

    def discriminator(self, resolution: int, channels: int) -> DiscriminatorConfig:
        """The discriminator's config."""
        return DiscriminatorConfig(
            img_resolution=resolution,
            img_channels=channels,
            channel_base=self.d_channel_base or self.base(resolution),
            channel_max=self.d_channel_max or self.most(resolution),
        )
