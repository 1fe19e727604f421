"""A convolution's weight as the way of convolving wants it, computed once."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_bridge.networks import winograd
from gan_bridge.networks.layers import unit_power
from gan_bridge.networks.parallel import fill_lanes

#: From the normalised weight (O, I, k, k).
LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix": lambda weight: fill_lanes(weight[:, :, 0, 0].T),  # I, O filled up: of 1 × 1
    "winograd": winograd.prepare_kernel,
    "plain": lambda weight: weight.contiguous(memory_format=torch.channels_last),
    "transposed": lambda weight: weight.transpose(0, 1).contiguous(),  # I, O, k, k
}


class KernelCache:
    """The normalised weight of one layer in one layout, with its power, until the weight changes.

    Which its version tells; whoever puts another weight in its place calls `clear`.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Drop the entry."""
        self._key: tuple | None = None
        self._entry: tuple[Tensor, Tensor] | None = None

    def get(self, weight: Tensor, layout: str) -> tuple[Tensor, Tensor]:
        """The weight in one of LAYOUTS, and its power (O, I), for `demodulation`."""
        key = weight.data_ptr(), weight._version, layout
        if self._entry is None or self._key != key:
            normal = unit_power(weight.detach())
            self._entry = LAYOUTS[layout](normal), power_of(normal)
            self._key = key
        return self._entry


def power_of(weight: Tensor) -> Tensor:
    """(O, I): the squares of a weight (O, I, k, k), summed over its taps."""
    return weight.square().sum((2, 3))
