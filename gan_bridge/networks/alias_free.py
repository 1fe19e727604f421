"""StyleGAN3 (Karras et al. 2021): a generator in which detail sticks to faces, not to pixels.

Features are band-limited signals on a plane. Each layer convolves, then applies its nonlinearity
at a higher rate, between an upsampling and a downsampling filter, so that no layer aliases.
Between the layers tensors are kept channels-last; `filters` says why.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.filters import (
    Axis,
    BandedMap,
    design_lowpass,
    filter_plane,
    separable_terms,
)
from gan_bridge.networks.layers import LEAKY_GAIN, EqualLinear, Mapping, demodulation, leaky
from gan_bridge.networks.tiles import TiledActivation


@dataclass(frozen=True)
class Signal:
    """A stage of the network as a sampled signal.

    Attributes:
        channels: feature maps; size: samples along a side, margins included.
        rate: samples a picture; cutoff, half_width: middle and half the width of the transition
            band, in cycles a picture.
    """

    channels: int
    size: int
    rate: int
    cutoff: float
    half_width: float


def plan_signals(config: StyleGAN3Config) -> list[Signal]:
    """The stages from the input to RGB: cutoffs rise geometrically to the picture's Nyquist
    frequency (Karras et al. 2021, section 3.2 and appendix C.1)."""
    last_cutoff = config.img_resolution / 2
    last_stopband = last_cutoff * config.last_stopband_rel
    signals = []
    for index in range(config.num_layers + 1):
        share = min(index / (config.num_layers - config.num_critical), 1)
        cutoff = config.first_cutoff * (last_cutoff / config.first_cutoff) ** share
        stopband = config.first_stopband * (last_stopband / config.first_stopband) ** share
        rate = 2 ** math.ceil(math.log2(min(stopband * 2, config.img_resolution)))
        at_end = index >= config.num_layers - 1
        channels = round(min(config.channel_base / 2 / cutoff, config.channel_max))
        signals.append(
            Signal(
                channels=config.img_channels if index == config.num_layers else channels,
                size=config.img_resolution if at_end else rate + 2 * config.margin_size,
                rate=rate,
                cutoff=cutoff,
                half_width=max(stopband, rate / 2) - cutoff,
            )
        )
    return signals


class FourierInput(nn.Module):
    """The constant input: waves below the first cutoff, turned and shifted by w (figure 4)."""

    def __init__(self, w_dim: int, signal: Signal) -> None:
        super().__init__()
        self.signal = signal
        freqs = torch.randn(signal.channels, 2)
        radius = freqs.norm(dim=1, keepdim=True)
        # from a normal to a disc: even in angle, and in area below the cutoff
        freqs = freqs / (radius * (radius.square() / 4).exp()) * signal.cutoff
        self.weight = nn.Parameter(torch.randn(signal.channels, signal.channels))
        self.affine = EqualLinear(w_dim, 4, start=[1.0, 0.0, 0.0, 0.0], spread=0.0)
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", torch.rand(signal.channels) - 0.5)

    def forward(self, w: Tensor) -> Tensor:
        """(N, w_dim) to (N, size, size, channels), float32."""
        signal = self.signal
        cosine, sine, right, down = self._placement(w)
        zero, one = torch.zeros_like(cosine), torch.ones_like(cosine)
        turn = torch.stack(
            [
                torch.stack([cosine, -sine, zero], 1),
                torch.stack([sine, cosine, zero], 1),
                torch.stack([zero, zero, one], 1),
            ],
            1,
        )
        shift = torch.stack(
            [
                torch.stack([one, zero, -right], 1),
                torch.stack([zero, one, -down], 1),
                torch.stack([zero, zero, one], 1),
            ],
            1,
        )
        place = turn @ shift @ self.transform  # picture to plane, N, 3, 3
        phases = self.phases + (self.freqs @ place[:, :2, 2:]).squeeze(2)  # N, C
        freqs = self.freqs @ place[:, :2, :2]  # N, C, 2
        # waves that the turn, or a user's transform, has brought near the Nyquist limit fade out
        excess = (freqs.norm(dim=2) - signal.cutoff) / (signal.rate / 2 - signal.cutoff)
        amplitudes = (1 - excess).clamp(0, 1)

        reach = signal.size / signal.rate / 2  # half a side, in pictures
        ticks = (torch.arange(signal.size, device=w.device) + 0.5) / signal.size * 2 - 1
        ticks = ticks * reach
        across = ticks[None, None, :, None] * freqs[:, None, None, :, 0]  # N, 1, W, C
        along = ticks[None, :, None, None] * freqs[:, None, None, :, 1]  # N, H, 1, C
        waves = ((across + along + phases[:, None, None]) * (2 * math.pi)).sin()
        waves = waves * amplitudes[:, None, None]
        return waves @ (self.weight / math.sqrt(signal.channels)).T

    def _placement(self, w: Tensor) -> tuple[Tensor, ...]:
        """Cosine and sine of the turn, shift to the right and down, each (N,)."""
        t = self.affine(w)
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        return t.unbind(1)


class AliasFreeLayer(nn.Module):
    """Modulated convolution and filtered nonlinearity (figure 2c), or the last layer, to RGB.

    Args:
        config: the network; before, after: the stages it connects.
        critical: its output is critically sampled; its downsampling filter stays separable.
        to_rgb: no demodulation, no nonlinearity, no filters.
    """

    def __init__(
        self,
        config: StyleGAN3Config,
        before: Signal,
        after: Signal,
        critical: bool,
        to_rgb: bool,
    ) -> None:
        super().__init__()
        self.before, self.after, self.to_rgb = before, after, to_rgb
        self.kernel = 1 if to_rgb else config.conv_kernel
        self.clamp = config.conv_clamp
        self.beta = config.magnitude_ema_beta
        self.affine = EqualLinear(config.w_dim, before.channels, start=1.0)
        shape = (after.channels, before.channels, self.kernel, self.kernel)
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(after.channels))
        self.register_buffer("magnitude_ema", torch.ones(()))

        rate = max(before.rate, after.rate) * (1 if to_rgb else config.lrelu_upsampling)
        self.up, self.down = rate // before.rate, rate // after.rate
        filtered = not to_rgb
        self.up_taps = config.filter_size * self.up if self.up > 1 and filtered else 1
        self.down_taps = config.filter_size * self.down if self.down > 1 and filtered else 1
        radial = config.use_radial_filters and not critical
        self.register_buffer(
            "up_filter", design_lowpass(self.up_taps, before.cutoff, before.half_width * 2, rate)
        )
        self.register_buffer(
            "down_filter",
            design_lowpass(self.down_taps, after.cutoff, after.half_width * 2, rate, radial),
        )
        self._maps: tuple[BandedMap, list[tuple[BandedMap, BandedMap]]] | None = None
        self._tiles: TiledActivation | None = None

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Along a side: into the nonlinearity, and out of it."""
        size = self.before.size + self.kernel - 1  # the convolution runs over the border
        middle = (self.after.size - 1) * self.down + self.down_taps
        padding = middle - size * self.up + self.up_taps - 1
        before = (padding + self.up) // 2
        into = Axis(size, self.up, 1, before, padding - before, self.up_taps)
        return into, Axis(into.out, 1, self.down, 0, 0, self.down_taps)

    def forward(
        self,
        x: Tensor,
        w: Tensor,
        dtype: torch.dtype = torch.float32,
        update_emas: bool = False,
    ) -> Tensor:
        """(N, H, W, C) and (N, w_dim) to (N, H', W', C')."""
        if not (update_emas or torch.is_grad_enabled() or x.is_cuda or self.to_rgb):
            return self._tiled(x, w, dtype)
        if update_emas:
            power = x.detach().float().square().mean()
            self.magnitude_ema.copy_(power.lerp(self.magnitude_ema, self.beta))
        weight, scale, gain = self.modulation(w)
        x = (x * scale[:, None, None].to(x.dtype)).to(dtype)
        x = functional.conv2d(
            x.permute(0, 3, 1, 2),
            weight.to(dtype).contiguous(memory_format=torch.channels_last),
            padding=self.kernel - 1,
        ).permute(0, 2, 3, 1)
        x = torch.addcmul(self.bias.to(dtype), x, gain[:, None, None].to(dtype))
        if self.to_rgb:
            return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)
        into, out_of = self.maps()
        x = filter_plane(x, into, into)
        x = leaky(x, LEAKY_GAIN, self.clamp)
        planes = [filter_plane(x, rows, columns) for rows, columns in out_of]
        return sum(planes[1:], start=planes[0])

    def _tiled(self, x: Tensor, w: Tensor, dtype: torch.dtype) -> Tensor:
        """`forward` where nothing is learned, on the CPU: quicker, with less memory."""
        if self._tiles is None:
            self._tiles = TiledActivation(*self.axes, self.up_filter, self._separable(), self.clamp)
        weight, scale, gain = self.modulation(w)
        weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
        made = []
        for sample, factors, level in zip(x, scale, gain, strict=True):
            sample = (sample * factors.to(sample.dtype)).to(dtype)
            y = functional.conv2d(sample.permute(2, 0, 1)[None], weight, padding=self.kernel - 1)
            made.append(self._tiles(y[0].permute(1, 2, 0), level, self.bias))
        return torch.stack(made) if len(made) > 1 else made[0][None]

    def _separable(self) -> list[tuple[Tensor | None, Tensor | None]]:
        """The downsampling filter as products of (column, row) filters."""
        if self.down_filter is None or self.down_filter.ndim == 1:
            return [(self.down_filter, self.down_filter)]
        return separable_terms(self.down_filter)

    def modulation(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The weight (O, I, k, k), the factors of its inputs (N, I) and of its outputs (N, O).

        Both the weight and each sample's styles are normalised first, which demodulation takes
        back again; it keeps numbers small at half precision. The styles of one sample do not
        look at those of another, so that a picture never depends on its batch.
        """
        styles = self.affine(w.float())
        level = self.magnitude_ema.rsqrt()
        if self.to_rgb:
            fan_in = self.weight[0].numel()
            ones = torch.ones(len(w), len(self.weight), device=w.device)
            return self.weight, styles * (level / math.sqrt(fan_in)), ones
        weight = self.weight * self.weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        styles = styles * styles.square().mean(1, keepdim=True).rsqrt()
        return weight, styles * level, demodulation(weight, styles)

    def maps(self) -> tuple[BandedMap, list[tuple[BandedMap, BandedMap]]]:
        """The two filters as banded matrices, made once; loading weights makes them anew."""
        if self._maps is None:
            into, out_of = self.axes
            rising = BandedMap(into, self.up_filter, gain=self.up)
            pairs = [
                (BandedMap(out_of, rows), BandedMap(out_of, columns))
                for rows, columns in self._separable()
            ]
            self._maps = rising, pairs
        return self._maps

    def _load_from_state_dict(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super()._load_from_state_dict(*args, **kwargs)
        self._maps = self._tiles = None


class AliasFreeSynthesis(nn.Module):
    """From w to the picture."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        signals = plan_signals(config)
        self.input = FourierInput(config.w_dim, signals[0])
        self.layer_names: list[str] = []
        for index, after in enumerate(signals):
            layer = AliasFreeLayer(
                config,
                before=signals[max(index - 1, 0)],
                after=after,
                critical=index >= config.num_layers - config.num_critical,
                to_rgb=index == config.num_layers,
            )
            name = f"L{index}_{after.size}_{after.channels}"
            self.add_module(name, layer)
            self.layer_names.append(name)

    @property
    def layers(self) -> list[AliasFreeLayer]:
        return [getattr(self, name) for name in self.layer_names]

    def forward(
        self,
        ws: Tensor,
        dtype: torch.dtype = torch.float32,
        update_emas: bool = False,
    ) -> Tensor:
        """Latents (N, num_ws, w_dim) to pictures (N, C, S, S), about [-1, 1].

        `dtype` is that of the layers near the picture's resolution (`num_fp16_res` of them); the
        input and the way to RGB stay in float32.
        """
        first, *rest = ws.unbind(1)
        x = self.input(first)
        threshold = self.config.img_resolution / 2**self.config.num_fp16_res
        for layer, w in zip(self.layers, rest, strict=True):
            low = layer.after.rate > threshold and not layer.to_rgb
            x = layer(x, w, dtype if low else torch.float32, update_emas)
        return x.permute(0, 3, 1, 2).float() * self.config.output_scale


class StyleGAN3(nn.Module):
    """The generator: `mapping(z, c)` to ws, `synthesis(ws)` to pictures."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.synthesis = AliasFreeSynthesis(config)
        self.mapping = Mapping(
            config.z_dim,
            config.c_dim,
            config.w_dim,
            config.num_ws,
            config.mapping_layers,
            config.w_avg_beta,
        )

    def forward(self, z: Tensor, c: Tensor | None = None, **mapping: float) -> Tensor:
        """(N, z_dim) to (N, C, S, S)."""
        return self.synthesis(self.mapping(z, c, **mapping))
