"""What both generations of StyleGAN share: linear layers, mapping, modulation, the whole."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_bridge.networks.config import GeneratorConfig
from gan_bridge.networks.initial import initial

#: Under this name profilers see the convolutions of a synthesis.
CONVOLUTION = "convolution"
LEAKY_SLOPE = 0.2
LEAKY_GAIN = math.sqrt(2)  # keeps the second moment through the nonlinearity
BRANCH_GAIN = math.sqrt(0.5)  # keeps the second moment where two branches are summed


def leaky(x: Tensor, gain: float = LEAKY_GAIN, clamp: float | None = None) -> Tensor:
    """The leaky rectifier of all networks here, scaled and bounded.

    Where no gradient is kept it works in place: x must be the caller's own.
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return _Leaky.apply(x, gain, clamp)
    x = functional.leaky_relu_(x, LEAKY_SLOPE).mul_(gain)
    return x if clamp is None else x.clamp_(-clamp, clamp)


class _Leaky(torch.autograd.Function):
    """`leaky` with its gradient read off its result: one tensor kept, a third of the passes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: float, clamp: float | None) -> Tensor:
        y = functional.leaky_relu(x, LEAKY_SLOPE).mul_(gain)
        if clamp is not None:
            y.clamp_(-clamp, clamp)
        ctx.save_for_backward(y)
        ctx.gain, ctx.clamp = gain, clamp
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        y = ctx.saved_tensors[0].detach()  # piecewise linear: it has no second derivative
        if ctx.clamp is not None:
            gradient = torch.ops.aten.hardtanh_backward(gradient, y, -ctx.clamp, ctx.clamp)
        gradient = torch.ops.aten.leaky_relu_backward(gradient, y, LEAKY_SLOPE, True)
        return gradient * ctx.gain, None, None


def unit_moment(x: Tensor) -> Tensor:
    """Rows of (N, D) scaled to a mean square of one."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


class EqualLinear(nn.Module):
    """A linear layer with its weights scaled at run time (Karras et al. 2018, section 4.1).

    Args:
        wide_in, wide_out: features.
        activate: pass the result through `leaky`.
        rate: learning rate of this layer as a multiple of the others'.
        start: initial bias, a number or one for each output.
        spread: standard deviation of the initial weights.
    """

    def __init__(
        self,
        wide_in: int,
        wide_out: int,
        activate: bool = False,
        rate: float = 1.0,
        start: float | list[float] = 0.0,
        spread: float = 1.0,
    ) -> None:
        super().__init__()
        weight = initial(
            lambda: torch.randn(wide_out, wide_in) * (spread / rate), wide_out, wide_in
        )
        bias = initial(lambda: torch.as_tensor(start).expand(wide_out) / rate, wide_out)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.activate = activate
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """(N, wide_in) to (N, wide_out)."""
        weight = self.weight * (self.rate / math.sqrt(self.weight.shape[1]))
        y = functional.linear(x, weight.to(x.dtype), (self.bias * self.rate).to(x.dtype))
        return leaky(y) if self.activate else y


class Mapping(nn.Module):
    """From z, and the class where there is one, to w (Karras et al. 2019, figure 1).

    Args:
        z_dim: width of z, 0 where only a class is mapped.
        c_dim: number of classes, 0 for none.
        w_dim: width of w; num_ws: how often it is repeated, None for once, without that axis.
        layers: depth; rate: learning rate multiplier.
        w_avg_beta: decay of the running mean of w, None to keep none.
    """

    w_avg: Tensor

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int | None,
        layers: int,
        w_avg_beta: float | None = 0.998,
        rate: float = 0.01,
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_ws = z_dim, c_dim, w_dim, num_ws
        self.layers, self.w_avg_beta = layers, w_avg_beta
        if c_dim:
            self.embed = EqualLinear(c_dim, w_dim)
        widths = [z_dim + (w_dim if c_dim else 0)] + [w_dim] * layers
        for index, (wide_in, wide_out) in enumerate(pairwise(widths)):
            self.add_module(f"fc{index}", EqualLinear(wide_in, wide_out, activate=True, rate=rate))
        if w_avg_beta is not None:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: Tensor | None,
        c: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        update_emas: bool = False,
    ) -> Tensor:
        """Map latents.

        Args:
            z: (N, z_dim), normal; c: (N, c_dim) one-hot classes.
            truncation_psi: 1 leaves w alone, 0 gives its mean (Karras et al. 2019, appendix B).
            truncation_cutoff: layers that truncation touches, from the first; None for all.
            update_emas: let the running mean of w follow this batch.

        Returns:
            (N, num_ws, w_dim), or (N, w_dim) where `num_ws` is None.
        """
        parts = []
        if self.z_dim:
            assert z is not None
            parts.append(unit_moment(z.float()))
        if self.c_dim:
            assert c is not None
            parts.append(unit_moment(self.embed(c.float())))
        w = torch.cat(parts, dim=1)
        for index in range(self.layers):
            w = getattr(self, f"fc{index}")(w)
        if update_emas and self.w_avg_beta is not None:
            self.w_avg.copy_(w.detach().mean(0).lerp(self.w_avg, self.w_avg_beta))
        if self.num_ws is None:
            return w
        ws = w.unsqueeze(1).repeat(1, self.num_ws, 1)
        if truncation_psi == 1:
            return ws
        cut = self.num_ws if truncation_cutoff is None else truncation_cutoff
        return torch.cat([self.w_avg.lerp(ws[:, :cut], truncation_psi), ws[:, cut:]], dim=1)


class StyleGenerator(nn.Module):
    """A generator: `mapping(z, c)` to ws, `synthesis(ws)` to pictures.

    Args:
        config: a StyleGAN3Config or StyleGAN2Config.
        synthesis: from ws (N, num_ws, w_dim) to pictures (N, C, S, S), about [-1, 1].
    """

    def __init__(self, config: GeneratorConfig, synthesis: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.synthesis = synthesis
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


def unit_power(weight: Tensor) -> Tensor:
    """Each output's weights scaled to a mean square of one."""
    return weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()


def demodulation(power: Tensor, styles: Tensor) -> Tensor:
    """What brings each output of a modulated convolution back to unit variance.

    Karras et al. 2020, eq. 3, without the weights of each sample ever being formed.

    Args:
        power: (O, I), squares of the weight summed over its taps; styles: (N, I).

    Returns:
        (N, O).
    """
    return (styles.square() @ power.T + 1e-8).rsqrt()
