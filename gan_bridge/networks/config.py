"""What a network is: frozen records, whose names are those of the official constructors.

The records travel in every stored network, so that a file alone says how to build it.
"""

import math
from dataclasses import dataclass
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.records import Record

ARCHITECTURES = ("orig", "skip", "resnet")


class _Network(Record):
    """What all networks share, and its checks."""

    # of the records below, which are frozen
    img_resolution: int
    img_channels: int
    c_dim: int
    mapping_layers: int
    num_fp16_res: int
    conv_clamp: float | None

    def _check_sizes(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            self._require(whole and 1 <= value <= 65536, name, "a whole number from 1 to 65536")

    def _check_square(self) -> None:
        side = self.img_resolution
        power = isinstance(side, int) and 4 <= side <= 4096 and side & (side - 1) == 0
        self._require(power, "img_resolution", "a power of two from 4 to 4096")
        self._require(self.img_channels in range(1, 17), "img_channels", "from 1 to 16")
        self._require(self.c_dim in range(65537), "c_dim", "0 (no classes) or their number")

    def _check_layers(self) -> None:
        self._require(self.num_fp16_res in range(17), "num_fp16_res", "from 0 to 16")
        self._require(self.mapping_layers <= 64, "mapping_layers", "at most 64")
        clamp = self.conv_clamp
        self._require(clamp is None or 0 < clamp < math.inf, "conv_clamp", "positive, or null")


@dataclass(frozen=True)
class StyleGAN3Config(_Network):
    """A StyleGAN3 generator (Karras et al. 2021, "Alias-Free Generative Adversarial Networks").

    Attributes:
        img_resolution: side of the picture in pixels; img_channels: 1 (grey) or 3 (RGB).
        z_dim, w_dim: widths of the two latents; c_dim: classes, 0 for an unconditional network.
        mapping_layers: depth of the mapping network; w_avg_beta: decay of its running mean.
        channel_base: channels times cutoff frequency, twice; channel_max: channels of any layer.
        num_layers: layers besides the input and the last, to RGB; num_critical: how many of the
            last are critically sampled (appendix C.1).
        first_cutoff, first_stopband: of the input, in cycles a picture.
        last_stopband_rel: stopband of the last layer as a multiple of its cutoff.
        margin_size: pixels beyond the picture that every layer carries.
        output_scale: factor on the last layer's output.
        num_fp16_res: how many resolutions, from the top, may run at reduced precision.
        conv_kernel: 3 in config T, 1 in config R; use_radial_filters: config R.
        filter_size: taps of a filter a sample; lrelu_upsampling: oversampling of the nonlinearity.
        conv_clamp: bound on activations, or None.
        magnitude_ema_beta: decay of the running magnitude of activations.
    """

    img_resolution: int
    img_channels: int = 3
    z_dim: int = 512
    c_dim: int = 0
    w_dim: int = 512
    mapping_layers: int = 2
    w_avg_beta: float = 0.998
    channel_base: int = 32768
    channel_max: int = 512
    num_layers: int = 14
    num_critical: int = 2
    first_cutoff: float = 2.0
    first_stopband: float = 2**2.1
    last_stopband_rel: float = 2**0.3
    margin_size: int = 10
    output_scale: float = 0.25
    num_fp16_res: int = 4
    conv_kernel: int = 3
    use_radial_filters: bool = False
    filter_size: int = 6
    lrelu_upsampling: int = 2
    conv_clamp: float | None = 256.0
    magnitude_ema_beta: float = 0.999

    def __post_init__(self) -> None:
        self._check_square()
        self._check_sizes("z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max")
        self._check_layers()
        self._check_sizes("num_layers", "filter_size", "lrelu_upsampling")
        self._require(self.num_layers <= 64, "num_layers", "at most 64")
        self._require(0 <= self.num_critical < self.num_layers, "num_critical", "below num_layers")
        self._require(self.conv_kernel in (1, 3, 5, 7), "conv_kernel", "1, 3, 5 or 7")
        self._require(0 <= self.margin_size <= 64, "margin_size", "from 0 to 64")
        self._require(self.filter_size <= 32, "filter_size", "at most 32")
        self._require(self.lrelu_upsampling <= 8, "lrelu_upsampling", "at most 8")
        side = self.img_resolution
        self._require(
            0.5 <= self.first_cutoff < side / 2, "first_cutoff", "from 0.5 to half the resolution"
        )
        self._require(
            self.first_cutoff < self.first_stopband <= side,
            "first_stopband",
            "above first_cutoff, at most the resolution",
        )
        self._require(1 < self.last_stopband_rel <= 8, "last_stopband_rel", "above 1, at most 8")
        for name in ("w_avg_beta", "magnitude_ema_beta"):
            self._require(0 <= getattr(self, name) <= 1, name, "from 0 to 1")

    @property
    def num_ws(self) -> int:
        """One w for the input, one for each layer, one for the last."""
        return self.num_layers + 2


class _Pyramid(_Network):
    """A network of blocks that halve or double the resolution."""

    channel_base: int
    channel_max: int

    def channels(self, resolution: int) -> int:
        """Width of the block of that resolution."""
        return min(self.channel_base // resolution, self.channel_max)


@dataclass(frozen=True)
class StyleGAN2Config(_Pyramid):
    """A StyleGAN2 generator (Karras et al. 2020, "Analyzing and Improving the Image Quality").

    Attributes:
        img_resolution, img_channels, z_dim, c_dim, w_dim, mapping_layers, w_avg_beta, num_fp16_res,
            conv_clamp: as in StyleGAN3Config.
        channel_base: channels times resolution; channel_max: channels of any layer.
        architecture: "skip" (pictures of all resolutions are summed), "resnet" or "orig".
    """

    img_resolution: int
    img_channels: int = 3
    z_dim: int = 512
    c_dim: int = 0
    w_dim: int = 512
    mapping_layers: int = 8
    w_avg_beta: float = 0.995
    channel_base: int = 32768
    channel_max: int = 512
    architecture: str = "skip"
    num_fp16_res: int = 0
    conv_clamp: float | None = None

    def __post_init__(self) -> None:
        self._check_square()
        self._check_sizes("z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max")
        self._check_layers()
        self._require(self.architecture in ARCHITECTURES, "architecture", f"one of {ARCHITECTURES}")
        self._require(0 <= self.w_avg_beta <= 1, "w_avg_beta", "from 0 to 1")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Of the blocks, from 4 to the picture's."""
        return tuple(2**power for power in range(2, self.img_resolution.bit_length()))

    @property
    def num_ws(self) -> int:
        """Two convolutions a block, one in the first, and the last block's way to RGB."""
        return 2 * len(self.resolutions)


@dataclass(frozen=True)
class DiscriminatorConfig(_Pyramid):
    """StyleGAN2's discriminator (Karras et al. 2020).

    Attributes:
        img_resolution, img_channels, c_dim, channel_base, channel_max, num_fp16_res, conv_clamp:
            as in StyleGAN2Config.
        architecture: "resnet", "skip" or "orig".
        cmap_dim: width of the class's mapping, None for the last block's channels.
        mapping_layers: depth of the class's mapping network.
        mbstd_group_size: faces over which the minibatch standard deviation runs, None for all;
            mbstd_num_channels: its feature maps, 0 for none.
    """

    img_resolution: int
    img_channels: int = 3
    c_dim: int = 0
    architecture: str = "resnet"
    channel_base: int = 32768
    channel_max: int = 512
    num_fp16_res: int = 4
    conv_clamp: float | None = 256.0
    cmap_dim: int | None = None
    mapping_layers: int = 8
    mbstd_group_size: int | None = 4
    mbstd_num_channels: int = 1

    def __post_init__(self) -> None:
        self._check_square()
        self._check_sizes("channel_base", "channel_max", "mapping_layers")
        self._check_layers()
        self._require(self.architecture in ARCHITECTURES, "architecture", f"one of {ARCHITECTURES}")
        self._require(
            self.mbstd_group_size is None or self.mbstd_group_size >= 1,
            "mbstd_group_size",
            "positive, or null",
        )
        self._require(0 <= self.mbstd_num_channels <= 64, "mbstd_num_channels", "from 0 to 64")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Of the blocks, from the picture's to 4."""
        return tuple(2**power for power in range(self.img_resolution.bit_length() - 1, 1, -1))


GeneratorConfig = StyleGAN3Config | StyleGAN2Config
KINDS: dict[str, type[Any]] = {
    "stylegan3": StyleGAN3Config,
    "stylegan2": StyleGAN2Config,
    "discriminator": DiscriminatorConfig,
}


def config_from_dict(kind: str, values: dict[str, Any]) -> Any:
    """The record of a stored network.

    Raises:
        CircumplexError: an unknown kind or setting, or a value out of range.
    """
    if kind not in KINDS:
        raise CircumplexError(f"a network of kind {kind!r} is not known; known: {', '.join(KINDS)}")
    return KINDS[kind].from_dict(values)


def kind_of(config: GeneratorConfig | DiscriminatorConfig) -> str:
    """The stored name of a config's kind."""
    return next(kind for kind, record in KINDS.items() if type(config) is record)
