"""The numbers that a network begins with, or their shapes alone where a file brings the numbers."""

from collections.abc import Callable

import torch
from torch import Tensor


def initial(make: Callable[[], Tensor], *shape: int) -> Tensor:
    """What `make` gives, of `shape`; on the meta device an empty tensor of that shape.

    Arithmetic and random numbers on the meta device would load torch's compiler, which takes
    seconds, and nobody would ever read them.
    """
    if torch.get_default_device().type == "meta":
        return torch.empty(shape)
    return make()


def normal(*shape: int) -> Tensor:
    """Independent normal numbers, of mean 0 and variance 1."""
    return initial(lambda: torch.randn(shape), *shape)
