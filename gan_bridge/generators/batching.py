"""How many pictures a GPU makes at once in the memory it is given."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gan_bridge.generators.protocol import Generator

_MOST = 64


#: Of a GPU's memory, what is left to fragments and libraries.
_SPARED = 0.2


def spare_gigabytes(generator: "Generator") -> float | None:
    """Memory that its GPU can give to networks and pictures; None for a generator on a CPU."""
    if not generator.device.startswith("cuda"):
        return None
    import torch

    device = generator.device
    free = torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device)
    return free * (1 - _SPARED) / 2**30


def fitting_batch(generator: "Generator", gigabytes: float | None) -> int:
    """Pictures to synthesize at once.

    One where no memory is named, and on a CPU, where more at once are no quicker. On a GPU one
    picture is made and measured.
    """
    from gan_bridge.generators.protocol import BatchRenderer

    device = generator.device
    if gigabytes is None or not device.startswith("cuda"):
        return 1
    if not isinstance(generator, BatchRenderer):
        return 1
    import torch

    w = np.zeros((1, generator.num_layers, generator.w_dim), np.float32)
    generator.synthesize(w)  # what is made once, such as filters, counts as the network's
    resting = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    generator.synthesize(w)
    return pictures_that_fit(gigabytes, resting, torch.cuda.max_memory_allocated(device))


def pictures_that_fit(gigabytes: float, resting: int, with_one: int) -> int:
    """From 1 to 64, given the bytes held before and while one picture is made."""
    room = gigabytes * 2**30 - resting
    return int(min(max(room // max(with_one - resting, 1), 1), _MOST))
