"""StyleGAN2's generator (Karras et al. 2020), in its three architectures.

Between the layers tensors are kept channels-last, (N, H, W, C); `filters` says why.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import record_function

from gan_bridge.networks import winograd
from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.convolutions import PlainConv, Resampler, convolve
from gan_bridge.networks.initial import normal
from gan_bridge.networks.kernels import KernelCache, power_of
from gan_bridge.networks.layers import (
    BRANCH_GAIN,
    CONVOLUTION,
    LEAKY_GAIN,
    LEAKY_SLOPE,
    EqualLinear,
    StyleGenerator,
    demodulation,
    leaky,
    unit_power,
)

NOISE_MODES = ("const", "random", "none")


class StyledConv(Resampler):
    """Modulated 3 × 3 convolution, noise, bias, leaky rectifier (figure 2d)."""

    noise_const: Tensor

    def __init__(self, config: StyleGAN2Config, wide_in: int, wide_out: int, side: int, up: bool):
        super().__init__()
        self.up, self.clamp = up, config.conv_clamp
        self.affine = EqualLinear(config.w_dim, wide_in, start=1.0)
        self.weight = nn.Parameter(normal(wide_out, wide_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(wide_out))
        self.register_buffer("noise_const", normal(side, side))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self._kernels = KernelCache()

    def forward(self, x: Tensor, w: Tensor, noise_mode: str = "const", gain: float = 1.0) -> Tensor:
        """(N, H, W, C) and (N, w_dim) to (N, H', W', C')."""
        styles = self.affine(w.float())
        styles = styles * styles.square().mean(1, keepdim=True).rsqrt()
        noise = None if noise_mode == "none" else self._noise(len(x), noise_mode)
        clamp = None if self.clamp is None else self.clamp * gain
        gain = gain * LEAKY_GAIN
        if not (torch.is_grad_enabled() or x.is_cuda):
            return self._quickly(x, styles, noise, gain, clamp)
        weight = unit_power(self.weight)
        x = self._convolve(x * styles[:, None, None].to(x.dtype), weight)
        shift = self.bias.to(x.dtype)
        if noise is not None:
            shift = shift + noise.to(x.dtype)
        level = demodulation(power_of(weight), styles)
        x = torch.addcmul(shift, x, level[:, None, None].to(x.dtype))
        return leaky(x, gain, clamp)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        if not self.up:
            return convolve(x, weight, padding=1)
        weight = weight.to(x.dtype).transpose(0, 1)
        with record_function(CONVOLUTION):
            x = functional.conv_transpose2d(x.permute(0, 3, 1, 2), weight, stride=2)
        # the transposed convolution stuffs zeros: the filter makes up for them, 4 times in area
        return self.resample(x.permute(0, 2, 3, 1), before=1, after=1) * 4

    def _quickly(
        self, x: Tensor, styles: Tensor, noise: Tensor | None, gain: float, clamp: float | None
    ) -> Tensor:
        """`forward` where nothing is learned, on the CPU: in place, what can be kept is kept."""
        dtype, wide, layout = x.dtype, len(self.weight), self._layout(x)
        kernel, power = self._kernels.get(self.weight, layout)
        if layout == "winograd":
            with record_function(CONVOLUTION):
                outputs = [
                    winograd.convolve(sample, factors, kernel, wide, x.dtype)[1:-1, 1:-1]
                    for sample, factors in zip(x, styles, strict=True)
                ]
            x = torch.stack(outputs) if len(outputs) > 1 else outputs[0][None]
        else:
            x = x * styles[:, None, None].to(x.dtype)
            with record_function(CONVOLUTION):
                x = self._convolve_plainly(x.permute(0, 3, 1, 2), kernel.to(x.dtype))
            x = x.permute(0, 2, 3, 1)
        # a positive factor passes through the rectifier: its gain rides on the others
        level = demodulation(power, styles)[:, None, None] * gain
        x = torch.addcmul((self.bias * gain).to(x.dtype), x, level.to(x.dtype)).to(dtype)
        if noise is not None:
            x += (noise * gain).to(dtype)
        functional.leaky_relu_(x, LEAKY_SLOPE)
        return x if clamp is None else x.clamp_(-clamp, clamp)

    def _layout(self, x: Tensor) -> str:
        """The quickest way to convolve (N, H, W, C), as LAYOUTS names it."""
        if self.up:
            return "transposed"
        return "winograd" if winograd.pays(self.weight, x.shape[1], x.dtype) else "plain"

    def _convolve_plainly(self, x: Tensor, kernel: Tensor) -> Tensor:
        """(N, C, H, W), in channels-last layout."""
        if not self.up:
            return functional.conv2d(x, kernel, padding=1)
        x = functional.conv_transpose2d(x, kernel, stride=2)
        # as a convolution of each channel for itself, which libraries are quick at
        taps = (self.resample_filter.flip(0, 1) * 4).to(x.dtype)
        each = taps.expand(x.shape[1], 1, *taps.shape).contiguous()
        return functional.conv2d(x, each, padding=1, groups=x.shape[1])

    def _noise(self, count: int, mode: str) -> Tensor:
        """(N, H', W', 1) float32."""
        noise = self.noise_const[None]
        if mode != "const":
            noise = torch.randn((count, *self.noise_const.shape), device=noise.device)
        return (noise * self.noise_strength)[..., None]


class ToRGB(nn.Module):
    """Modulated 1 × 1 convolution to the picture's channels, without demodulation."""

    def __init__(self, config: StyleGAN2Config, wide_in: int) -> None:
        super().__init__()
        self.clamp = config.conv_clamp
        self.affine = EqualLinear(config.w_dim, wide_in, start=1.0)
        self.weight = nn.Parameter(normal(config.img_channels, wide_in, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.img_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H, W, img_channels), float32."""
        styles = self.affine(w.float()) / math.sqrt(self.weight.shape[1])
        weight = (self.weight[:, :, 0, 0] * styles[:, None]).to(x.dtype)  # N, img_channels, C
        x = (x.flatten(1, 2) @ weight.transpose(1, 2)).unflatten(1, x.shape[1:3])
        x = x.float() + self.bias
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class SynthesisBlock(Resampler):
    """All layers of one resolution."""

    def __init__(self, config: StyleGAN2Config, side: int) -> None:
        super().__init__()
        self.architecture = config.architecture
        self.side, self.first, self.last = side, side == 4, side == config.img_resolution
        width = config.channels(side)
        if self.first:
            self.const = nn.Parameter(normal(width, 4, 4))
        else:
            before = config.channels(side // 2)
            self.conv0 = StyledConv(config, before, width, side, up=True)
            if self.architecture == "resnet":
                self.skip = PlainConv(before, width, 1, bias=False, activate=False, up=True)
        self.conv1 = StyledConv(config, width, width, side, up=False)
        if self.last or self.architecture == "skip":
            self.torgb = ToRGB(config, width)

    @property
    def convolutions(self) -> int:
        return 1 if self.first else 2

    def forward(
        self,
        x: Tensor | None,
        image: Tensor | None,
        ws: Tensor,
        dtype: torch.dtype,
        noise_mode: str,
    ) -> tuple[Tensor, Tensor | None]:
        """The features and the picture so far, and ws (N, convolutions + 1, w_dim), a step on."""
        styles = iter(ws.unbind(1))
        if x is None:
            x = self.const.permute(1, 2, 0).expand(len(ws), -1, -1, -1).to(dtype)
            x = self.conv1(x, next(styles), noise_mode)
        else:
            x = x.to(dtype)
            residual = self.architecture == "resnet"
            shortcut = self.skip(x, gain=BRANCH_GAIN) if residual else None
            x = self.conv0(x, next(styles), noise_mode)
            x = self.conv1(x, next(styles), noise_mode, gain=BRANCH_GAIN if residual else 1.0)
            x = x if shortcut is None else shortcut + x
        if image is not None:
            image = self.upsample(image)
        if self.last or self.architecture == "skip":
            added = self.torgb(x, next(styles))
            image = added if image is None else image + added
        return x, image


class Synthesis(nn.Module):
    """From w to the picture."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        for side in config.resolutions:
            self.add_module(f"b{side}", SynthesisBlock(config, side))

    @property
    def blocks(self) -> list[SynthesisBlock]:
        return [getattr(self, f"b{side}") for side in self.config.resolutions]

    def forward(
        self,
        ws: Tensor,
        dtype: torch.dtype = torch.float32,
        noise_mode: str = "const",
    ) -> Tensor:
        """Latents (N, num_ws, w_dim) to pictures (N, C, S, S), about [-1, 1].

        Args:
            dtype: of the layers of the `num_fp16_res` highest resolutions.
            noise_mode: "const" (the stored noise), "random" or "none".
        """
        x: Tensor | None = None
        image: Tensor | None = None
        threshold = self.config.img_resolution / 2**self.config.num_fp16_res
        start = 0
        for block in self.blocks:
            low = block.side > max(threshold, 4)
            styles = ws[:, start : start + block.convolutions + 1]
            x, image = block(x, image, styles, dtype if low else torch.float32, noise_mode)
            start += block.convolutions
        assert image is not None  # the last block always makes one
        return image.permute(0, 3, 1, 2)


class StyleGAN2(StyleGenerator):
    """The generator: `mapping(z, c)` to ws, `synthesis(ws)` to pictures."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__(config, Synthesis(config))
