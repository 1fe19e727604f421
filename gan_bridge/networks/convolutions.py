"""What StyleGAN2's generator and discriminator share: resampling, plain convolutions."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import record_function

from gan_bridge.networks.filters import PlaneFilter
from gan_bridge.networks.initial import initial, normal
from gan_bridge.networks.layers import CONVOLUTION, LEAKY_GAIN, leaky


def binomial_kernel() -> Tensor:
    """The smoothing filter of all resampling, (4, 4): 1 3 3 1 both ways, of unit sum."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return torch.outer(row, row)


class Resampler(nn.Module):
    """Holds a stored plane filter; its banded matrices follow whatever was loaded."""

    resample_filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("resample_filter", initial(binomial_kernel, 4, 4))
        self._plane: PlaneFilter | None = None

    def resample(self, x: Tensor, **rates: int) -> Tensor:
        """(N, S, S, C) through the filter; the arguments are PlaneFilter's."""
        if self._plane is None:
            self._plane = PlaneFilter(self.resample_filter)
        return self._plane(x, **rates)

    def upsample(self, x: Tensor) -> Tensor:
        """Twice the resolution."""
        return self.resample(x, up=2, before=2, after=1)

    def downsample(self, x: Tensor) -> Tensor:
        """Half the resolution."""
        return self.resample(x, down=2, before=1, after=1)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._plane = None


def convolve(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """A convolution of (N, H, W, C) with (O, C, k, k), in the dtype of x."""
    weight = weight.to(x.dtype).contiguous(memory_format=torch.channels_last)
    with record_function(CONVOLUTION):
        x = functional.conv2d(x.permute(0, 3, 1, 2), weight, stride=stride, padding=padding)
        return x.permute(0, 2, 3, 1)


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
        self.weight = nn.Parameter(normal(wide_out, wide_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(wide_out)) if bias else None
        self.kernel, self.activate, self.up, self.down = kernel, activate, up, down
        self.clamp = clamp

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """(N, H, W, C) to (N, H', W', C')."""
        weight = self.weight / math.sqrt(self.weight[0].numel())
        if self.down and self.kernel == 1:
            x = convolve(self.downsample(x), weight)
        elif self.down:
            x = convolve(self.resample(x, before=2, after=2), weight, stride=2)
        else:
            x = convolve(x, weight, padding=self.kernel // 2)
        if self.up:
            x = self.upsample(x)
        if self.bias is not None:
            x = x + self.bias.to(x.dtype)
        clamp = None if self.clamp is None else self.clamp * gain
        if self.activate:
            return leaky(x, LEAKY_GAIN * gain, clamp)
        return x * gain if clamp is None else (x * gain).clamp(-clamp, clamp)
