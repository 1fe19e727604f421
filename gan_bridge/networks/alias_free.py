"""StyleGAN3 (Karras et al. 2021): a generator in which detail sticks to faces, not to pixels.

Features are band-limited signals on a plane. Each layer convolves, then applies its nonlinearity
at a higher rate, between an upsampling and a downsampling filter, so that no layer aliases.
Between the layers tensors are kept channels-last; `filters` says why.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import record_function

from gan_bridge.networks import winograd
from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.filters import (
    Axis,
    BandedMap,
    design_lowpass,
    filter_plane,
    separable_terms,
)
from gan_bridge.networks.initial import normal
from gan_bridge.networks.kernels import KernelCache, power_of
from gan_bridge.networks.layers import (
    CONVOLUTION,
    LEAKY_GAIN,
    EqualLinear,
    StyleGenerator,
    demodulation,
    leaky,
    unit_power,
)
from gan_bridge.networks.signals import FourierInput, Signal, plan_signals
from gan_bridge.networks.tiles import TiledActivation


class AliasFreeLayer(nn.Module):
    """Modulated convolution and filtered nonlinearity (figure 2c), or the last layer, to RGB.

    Args:
        config: the network; before, after: the stages it connects.
        critical: its output is critically sampled; its downsampling filter stays separable.
        to_rgb: no demodulation, no nonlinearity, no filters.
    """

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

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
        self.weight = nn.Parameter(normal(*shape))
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
        self._kernels = KernelCache()

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
            filters = self.up_filter, self.down_filter
            self._tiles = TiledActivation(*self.axes, *filters, self.clamp)
        styles, level = self._styles(w)
        layout = self._layout(dtype)
        kernel, power = self._kernels.get(self.weight, layout)
        gains = demodulation(power, styles)
        outputs = []
        for sample, factors, gain in zip(x, styles * level, gains, strict=True):
            with record_function(CONVOLUTION):
                y = self._convolve(sample, factors, kernel, layout, dtype)
            outputs.append(self._tiles(y, gain, self.bias, dtype))
        return torch.stack(outputs) if len(outputs) > 1 else outputs[0][None]

    def _layout(self, dtype: torch.dtype) -> str:
        """The quickest way to convolve, as LAYOUTS names it."""
        if self.kernel == 1:
            return "matrix"
        return "winograd" if winograd.pays(self.weight, self.before.size, dtype) else "plain"

    def _convolve(
        self, x: Tensor, factors: Tensor, kernel: Tensor, layout: str, dtype: torch.dtype
    ) -> Tensor:
        """One sample (H, W, I), its inputs scaled, through the kernel."""
        wide = self.after.channels
        if layout == "matrix":
            return (x.to(dtype) @ (kernel * factors[:, None]).to(dtype))[..., :wide]
        if layout == "winograd":
            return winograd.convolve(x, factors, kernel, wide, dtype)
        x = (x * factors.to(x.dtype)).to(dtype)[None].permute(0, 3, 1, 2)
        x = functional.conv2d(x, kernel.to(dtype), padding=self.kernel - 1)
        return x[0].permute(1, 2, 0)

    def _separable(self) -> Sequence[tuple[Tensor | None, Tensor | None]]:
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
        if self.to_rgb:
            level = self.magnitude_ema.rsqrt() / math.sqrt(self.weight[0].numel())
            ones = torch.ones(len(w), len(self.weight), device=w.device)
            return self.weight, self.affine(w.float()) * level, ones
        styles, level = self._styles(w)
        weight = unit_power(self.weight)
        return weight, styles * level, demodulation(power_of(weight), styles)

    def _styles(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised styles (N, I), and the factor that brings the input to unit magnitude."""
        styles = self.affine(w.float())
        styles = styles * styles.square().mean(1, keepdim=True).rsqrt()
        return styles, self.magnitude_ema.rsqrt()

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

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._maps = self._tiles = None
        self._kernels.clear()


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


class StyleGAN3(StyleGenerator):
    """The generator: `mapping(z, c)` to ws, `synthesis(ws)` to pictures."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__(config, AliasFreeSynthesis(config))
