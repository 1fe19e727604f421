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
from gan_bridge.networks.filters import PlaneFilter
from gan_bridge.networks.layers import (
    CONVOLUTION,
    LEAKY_GAIN,
    EqualLinear,
    StyleGenerator,
    demodulation,
    leaky,
)

NOISE_MODES = ("const", "random", "none")
_HALF = math.sqrt(0.5)  # keeps the second moment where two branches are summed


def binomial_kernel() -> Tensor:
    """The smoothing filter of all resampling, (4, 4): 1 3 3 1 both ways, of unit sum."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return torch.outer(row, row)


class Resampler(nn.Module):
    """Holds a stored plane filter; its banded matrices follow whatever was loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("resample_filter", binomial_kernel())
        self._plane: PlaneFilter | None = None

    def resample(self, x: Tensor, **rates: int) -> Tensor:
        """(N, S, S, C) through the filter; the arguments are PlaneFilter's."""
        if self._plane is None:
            self._plane = PlaneFilter(self.resample_filter)
        return self._plane(x, **rates)

    def double(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """Twice the resolution."""
        return self.resample(x, up=2, before=2, after=1)

    def halve(self, x: Tensor) -> Tensor:
        """Half the resolution."""
        return self.resample(x, down=2, before=1, after=1)

    def _load_from_state_dict(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super()._load_from_state_dict(*args, **kwargs)
        self._plane = None


def convolve(x: Tensor, weight: Tensor, **options: int) -> Tensor:
    """A convolution of (N, H, W, C) with (O, C, k, k), in the dtype of x."""
    weight = weight.to(x.dtype).contiguous(memory_format=torch.channels_last)
    with record_function(CONVOLUTION):
        return functional.conv2d(x.permute(0, 3, 1, 2), weight, **options).permute(0, 2, 3, 1)


class StyledConv(Resampler):
    """Modulated 3 × 3 convolution, noise, bias, leaky rectifier (figure 2d)."""

    def __init__(self, config: StyleGAN2Config, wide_in: int, wide_out: int, side: int, up: bool):
        super().__init__()
        self.up, self.clamp = up, config.conv_clamp
        self.affine = EqualLinear(config.w_dim, wide_in, start=1.0)
        self.weight = nn.Parameter(torch.randn(wide_out, wide_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(wide_out))
        self.register_buffer("noise_const", torch.randn(side, side))
        self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, w: Tensor, noise_mode: str = "const", gain: float = 1.0) -> Tensor:
        """(N, H, W, C) and (N, w_dim) to (N, H', W', C')."""
        styles = self.affine(w.float())
        level = styles.square().mean(1, keepdim=True).rsqrt()
        weight = self.weight * self.weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        styles = styles * level
        x = self._convolve(x, styles, weight)
        shift = self.bias.to(x.dtype)
        if noise_mode != "none":
            shift = shift + self._noise(x, noise_mode)[..., None].to(x.dtype)
        x = torch.addcmul(shift, x, demodulation(weight, styles)[:, None, None].to(x.dtype))
        clamp = None if self.clamp is None else self.clamp * gain
        return leaky(x, LEAKY_GAIN * gain, clamp)

    def _convolve(self, x: Tensor, styles: Tensor, weight: Tensor) -> Tensor:
        """The convolution of x · styles."""
        plain = torch.is_grad_enabled() or x.is_cuda or x.dtype != torch.float32
        if not (plain or self.up) and winograd.pays(*weight.shape[:3], x.shape[1]):
            kernel = winograd.prepare_kernel(weight)
            with record_function(CONVOLUTION):
                made = [
                    winograd.convolve(sample, factors, kernel, len(weight))[1:-1, 1:-1]
                    for sample, factors in zip(x, styles, strict=True)
                ]
            return torch.stack(made) if len(made) > 1 else made[0][None]
        x = x * styles[:, None, None].to(x.dtype)
        return self._convolve_up(x, weight) if self.up else convolve(x, weight, padding=1)

    def _convolve_up(self, x: Tensor, weight: Tensor) -> Tensor:
        weight = weight.to(x.dtype).transpose(0, 1)
        with record_function(CONVOLUTION):
            x = functional.conv_transpose2d(x.permute(0, 3, 1, 2), weight, stride=2)
        # the transposed convolution stuffs zeros: the filter makes up for them, 4 times in area
        return self.resample(x.permute(0, 2, 3, 1), before=1, after=1) * 4

    def _noise(self, x: Tensor, mode: str) -> Tensor:
        if mode == "const":
            noise = self.noise_const[None]
        else:
            noise = torch.randn(x.shape[:3], device=x.device)
        return noise * self.noise_strength


class ToRGB(nn.Module):
    """Modulated 1 × 1 convolution to the picture's channels, without demodulation."""

    def __init__(self, config: StyleGAN2Config, wide_in: int) -> None:
        super().__init__()
        self.clamp = config.conv_clamp
        self.affine = EqualLinear(config.w_dim, wide_in, start=1.0)
        self.weight = nn.Parameter(torch.randn(config.img_channels, wide_in, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.img_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, H, W, C) to (N, H, W, img_channels), float32."""
        styles = self.affine(w.float()) / math.sqrt(self.weight.shape[1])
        x = convolve(x * styles[:, None, None].to(x.dtype), self.weight)
        x = x.float() + self.bias
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class PlainConv(Resampler):
    """An equalised convolution without styles: the skip of the residual generator, and the
    discriminator's layers.

    Args:
        wide_in, wide_out: channels; kernel: 1 or 3.
        bias: add a bias; activate: pass the result through `leaky`.
        up, down: change of resolution, by 2.
        clamp: bound on activations, or None.
    """

    def __init__(
        self,
        wide_in: int,
        wide_out: int,
        kernel: int,
        bias: bool = True,
        activate: bool = True,
        up: bool = False,
        down: bool = False,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(wide_out, wide_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(wide_out)) if bias else None
        self.kernel, self.activate, self.up, self.down = kernel, activate, up, down
        self.clamp = clamp

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """(N, H, W, C) to (N, H', W', C')."""
        weight = self.weight / math.sqrt(self.weight[0].numel())
        if self.down and self.kernel == 1:
            x = convolve(self.halve(x), weight)
        elif self.down:
            x = convolve(self.resample(x, before=2, after=2), weight, stride=2)
        else:
            x = convolve(x, weight, padding=self.kernel // 2)
        if self.up:
            x = self.double(x)
        if self.bias is not None:
            x = x + self.bias.to(x.dtype)
        clamp = None if self.clamp is None else self.clamp * gain
        if self.activate:
            return leaky(x, LEAKY_GAIN * gain, clamp)
        return x * gain if clamp is None else (x * gain).clamp(-clamp, clamp)


class SynthesisBlock(Resampler):
    """All layers of one resolution."""

    def __init__(self, config: StyleGAN2Config, side: int) -> None:
        super().__init__()
        self.architecture = config.architecture
        self.side, self.first, self.last = side, side == 4, side == config.img_resolution
        width = config.channels(side)
        if self.first:
            self.const = nn.Parameter(torch.randn(width, 4, 4))
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
            kept = self.skip(x, gain=_HALF) if residual else None
            x = self.conv0(x, next(styles), noise_mode)
            x = self.conv1(x, next(styles), noise_mode, gain=_HALF if residual else 1.0)
            x = x if kept is None else kept + x
        if image is not None:
            image = self.double(image)
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
        x = image = None
        threshold = self.config.img_resolution / 2**self.config.num_fp16_res
        start = 0
        for block in self.blocks:
            low = block.side > max(threshold, 4)
            styles = ws[:, start : start + block.convolutions + 1]
            x, image = block(x, image, styles, dtype if low else torch.float32, noise_mode)
            start += block.convolutions
        return image.permute(0, 3, 1, 2)


class StyleGAN2(StyleGenerator):
    """The generator: `mapping(z, c)` to ws, `synthesis(ws)` to pictures."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__(config, Synthesis(config))
