"""The random streams of a GAN's training: functions of seed, purpose and step and nothing else."""

import torch

from faces.ground.training.streams import folded_seed
from faces.ground.training.streams import stream as stream_of

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
    "mirror of grey",
    "fake in C",
    "real in C",
)


def stream_seed(seed: int, purpose: str, step: int = 0, rank: int = 0) -> int:
    """A seed of 62 bits for one purpose in one step of one process."""
    return folded_seed(seed, 5, PURPOSES.index(purpose), step, rank, bits=62)


def stream(seed: int, purpose: str, step: int = 0, rank: int = 0) -> torch.Generator:
    """The CPU generator of one purpose in one step of one process."""
    return stream_of(stream_seed(seed, purpose, step, rank))
