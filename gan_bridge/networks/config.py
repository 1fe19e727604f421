"""What a network is: frozen records, whose names are those of the official constructors.

The records travel in every stored network, so that a file alone says how to build it.
"""

from dataclasses import dataclass
from typing import Any

from faces.ground.errors import CircumplexError
from faces.ground.records import Record, setting

ARCHITECTURES = ("orig", "skip", "resnet")


def _size(default: int) -> int:
    return setting(default, at_least=1, at_most=65536)


class _Network(Record):
    """The check that all networks share."""

    img_resolution: int  # of the records below, which are frozen

    def __post_init__(self) -> None:
        super().__post_init__()
        side = self.img_resolution
        power = isinstance(side, int) and 4 <= side <= 4096 and side & (side - 1) == 0
        self._require(power, "img_resolution", "a power of two from 4 to 4096")


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
    img_channels: int = setting(3, at_least=1, at_most=16)
    z_dim: int = _size(512)
    c_dim: int = setting(0, at_least=0, at_most=65536)
    w_dim: int = _size(512)
    mapping_layers: int = setting(2, at_least=1, at_most=64)
    w_avg_beta: float = setting(0.998, at_least=0, at_most=1)
    channel_base: int = _size(32768)
    channel_max: int = _size(512)
    num_layers: int = setting(14, at_least=1, at_most=64)
    num_critical: int = setting(2, at_least=0)
    first_cutoff: float = setting(2.0, at_least=0.5)
    first_stopband: float = setting(2**2.1, above=0)
    last_stopband_rel: float = setting(2**0.3, above=1, at_most=8)
    margin_size: int = setting(10, at_least=0, at_most=64)
    output_scale: float = 0.25
    num_fp16_res: int = setting(4, at_least=0, at_most=16)
    conv_kernel: int = setting(3, choices=(1, 3, 5, 7))
    use_radial_filters: bool = False
    filter_size: int = setting(6, at_least=1, at_most=32)
    lrelu_upsampling: int = setting(2, at_least=1, at_most=8)
    conv_clamp: float | None = setting(256.0, above=0)
    magnitude_ema_beta: float = setting(0.999, at_least=0, at_most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        side = self.img_resolution
        self._require(self.num_critical < self.num_layers, "num_critical", "below num_layers")
        self._require(self.first_cutoff < side / 2, "first_cutoff", "below half the resolution")
        self._require(
            self.first_cutoff < self.first_stopband <= side,
            "first_stopband",
            "above first_cutoff, at most the resolution",
        )

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
    img_channels: int = setting(3, at_least=1, at_most=16)
    z_dim: int = _size(512)
    c_dim: int = setting(0, at_least=0, at_most=65536)
    w_dim: int = _size(512)
    mapping_layers: int = setting(8, at_least=1, at_most=64)
    w_avg_beta: float = setting(0.995, at_least=0, at_most=1)
    channel_base: int = _size(32768)
    channel_max: int = _size(512)
    architecture: str = setting("skip", choices=ARCHITECTURES)
    num_fp16_res: int = setting(0, at_least=0, at_most=16)
    conv_clamp: float | None = setting(None, above=0)

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
    img_channels: int = setting(3, at_least=1, at_most=16)
    c_dim: int = setting(0, at_least=0, at_most=65536)
    architecture: str = setting("resnet", choices=ARCHITECTURES)
    channel_base: int = _size(32768)
    channel_max: int = _size(512)
    num_fp16_res: int = setting(4, at_least=0, at_most=16)
    conv_clamp: float | None = setting(256.0, above=0)
    cmap_dim: int | None = None
    mapping_layers: int = setting(8, at_least=1, at_most=64)
    mbstd_group_size: int | None = setting(4, at_least=1)
    mbstd_num_channels: int = setting(1, at_least=0, at_most=64)

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
