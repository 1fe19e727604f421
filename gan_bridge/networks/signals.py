"""The stages of a StyleGAN3 as sampled signals, and the plane waves that it begins with."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.initial import initial, normal
from gan_bridge.networks.layers import EqualLinear


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


def draw_frequencies(count: int, cutoff: float) -> Tensor:
    """Frequencies (count, 2) below the cutoff, in cycles a picture: even in angle and in area."""
    freqs = torch.randn(count, 2)
    radius = freqs.norm(dim=1, keepdim=True)
    return freqs / (radius * (radius.square() / 4).exp()) * cutoff  # from a normal to a disc


class FourierInput(nn.Module):
    """The constant input: waves below the first cutoff, turned and shifted by w (figure 4)."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, w_dim: int, signal: Signal) -> None:
        super().__init__()
        self.signal = signal
        count = signal.channels
        freqs = initial(lambda: draw_frequencies(count, signal.cutoff), count, 2)
        self.weight = nn.Parameter(normal(count, count))
        self.affine = EqualLinear(w_dim, 4, start=[1.0, 0.0, 0.0, 0.0], spread=0.0)
        self.register_buffer("transform", initial(lambda: torch.eye(3), 3, 3))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", initial(lambda: torch.rand(count) - 0.5, count))

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
