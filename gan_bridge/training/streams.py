"""Where chance and order come from: functions of seed, purpose and step, and nothing else.

Because no generator is carried from step to step, a training resumes exactly from any step.
"""

from functools import lru_cache

import numpy as np
import torch

from vae.training.batches import epoch_order

PURPOSES = (
    "weights",
    "mirror",
    "latents",
    "mixing",
    "noise",
    "fake in G",
    "fake in D",
    "real in D",
    "real in R1",
    "path",
    "sheet",
    "score",
)


def stream_seed(seed: int, purpose: str, step: int = 0, rank: int = 0) -> int:
    """A seed of 62 bits for one purpose in one step of one process."""
    mixed = np.random.SeedSequence([seed, 5, PURPOSES.index(purpose), step, rank])
    high, low = mixed.generate_state(2)
    return int(high) << 30 ^ int(low)


def stream(seed: int, purpose: str, step: int = 0, rank: int = 0) -> torch.Generator:
    """The CPU generator of one purpose in one step of one process."""
    return torch.Generator().manual_seed(stream_seed(seed, purpose, step, rank))


class Order:
    """The endless order of the training faces: each epoch visits every one once."""

    def __init__(self, rows: np.ndarray, seed: int) -> None:
        self.rows, self.seed = rows, seed
        self._epoch = lru_cache(maxsize=2)(lambda epoch: epoch_order(rows, seed, epoch))

    def batch(self, start: int, count: int) -> np.ndarray:
        """`count` row numbers from the `start`-th on, across the ends of epochs."""
        places = np.arange(start, start + count)
        epochs, inside = np.divmod(places, len(self.rows))
        return np.array([self._epoch(int(e))[i] for e, i in zip(epochs, inside, strict=True)])
