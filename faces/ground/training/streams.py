"""Random streams and orders as functions of a key (seed, purpose, epoch, step …) and nothing else.

No generator is carried from step to step, so a training resumes exactly from any step. A key goes
through NumPy's `SeedSequence`; what becomes of its numbers may never change, or a seed would no
longer name the same training.
"""

from functools import lru_cache

import numpy as np
import torch


def stream_seed(*key: int) -> int:
    """A seed of 63 bits for a key of numbers from 0 on."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)


def folded_seed(*key: int, bits: int) -> int:
    """A seed of `bits` bits, 33 to 64: two words of 32 that overlap by what is left over."""
    high, low = np.random.SeedSequence(key).generate_state(2)
    return int(high) << (bits - 32) ^ int(low)


def stream(seed: int) -> torch.Generator:
    """A fresh generator on the CPU, whose numbers are the same on every device."""
    return torch.Generator().manual_seed(seed)


def epoch_order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The rows in the order in which the epoch visits them."""
    return np.random.default_rng([seed, 1, epoch]).permutation(rows)


class EndlessOrder:
    """Epoch after epoch without an end between them; each visits every row once."""

    def __init__(self, rows: np.ndarray, seed: int) -> None:
        self.rows = rows
        self._epoch = lru_cache(maxsize=2)(lambda epoch: epoch_order(rows, seed, epoch))

    def batch(self, start: int, count: int) -> np.ndarray:
        """`count` rows from the `start`-th on, across the ends of epochs."""
        positions = np.arange(start, start + count)
        epochs, offsets = np.divmod(positions, len(self.rows))
        return np.array([self._epoch(int(e))[i] for e, i in zip(epochs, offsets, strict=True)])
