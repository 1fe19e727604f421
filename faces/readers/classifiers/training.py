"""Training of the networks among the classifiers, and their answers."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.training.optimizers import set_learning_rate
from faces.ground.training.schedules import cosine_decay
from faces.ground.training.streams import stream
from faces.readers.classifiers.config import PIXELS, ClassifierConfig
from faces.readers.classifiers.networks import VectorNetwork, brought_to
from faces.readers.classifiers.samples import Samples
from faces.readers.pixels.augmentation import random_views

_READ_AT_ONCE = 256
_LONGEST_GRADIENT = 5.0


def fit_network(
    network: nn.Module,
    samples: Samples,
    rows: np.ndarray,
    weights: np.ndarray,
    config: ClassifierConfig,
    progress: Progress = silent,
) -> list[float]:
    """Fit in place by Adam on the weighted cross-entropy, the rate falling as half a cosine.

    Args:
        rows: of the faces to train on; weights: of each class, (K,).
        progress: counts steps.

    Returns:
        The mean loss of each epoch.

    Raises:
        CircumplexError: the loss became infinite or undefined.
    """
    if isinstance(network, VectorNetwork):
        network.standardise(samples.take(rows))
    device = next(network.parameters()).device
    of_class = torch.from_numpy(weights).float().to(device)
    generator = stream(config.seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)
    losses: list[float] = []
    network.train()
    batches = list(_plan(rows, config, generator))
    for done, chosen in enumerate(progress(batches, f"training {config.model}", len(batches))):
        set_learning_rate(optimizer, config.learning_rate * cosine_decay(done, len(batches)))
        inputs = _inputs(samples.take(chosen), config, generator).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=_halved(config)):
            logits = network(inputs)
        targets = torch.from_numpy(samples.labels[chosen]).to(device)
        loss = nn.functional.cross_entropy(logits.float(), targets, of_class)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _LONGEST_GRADIENT)
        optimizer.step()
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise CircumplexError(
                f"the loss became {losses[-1]} in step {done + 1}; lower the learning rate"
            )
    network.eval()
    return np.mean(np.reshape(losses, (config.epochs, -1)), axis=1).tolist()


@torch.inference_mode()
def network_probabilities(network: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """(N, K) float32 probabilities of pixels uint8 (N, C, H, W) or vectors (N, D)."""
    device = next(network.parameters()).device
    parts = [
        network(_to_tensor(inputs[start : start + _READ_AT_ONCE]).to(device)).softmax(1).cpu()
        for start in range(0, len(inputs), _READ_AT_ONCE)
    ]
    return torch.cat(parts).numpy()


def _plan(
    rows: np.ndarray, config: ClassifierConfig, generator: torch.Generator
) -> Iterator[np.ndarray]:
    """The rows of each step; none is smaller than a batch, which statistics would suffer from."""
    steps = max(1, len(rows) // config.batch_size)
    for _ in range(config.epochs or 0):
        order = rows[torch.randperm(len(rows), generator=generator).numpy()]
        yield from (np.sort(part) for part in np.array_split(order, steps))


def _halved(config: ClassifierConfig) -> bool:
    return config.kind == PIXELS and config.precision == "bf16"


def _inputs(taken: np.ndarray, config: ClassifierConfig, generator: torch.Generator) -> Tensor:
    inputs = _to_tensor(taken)
    if config.kind != PIXELS or not config.augment:
        return inputs
    return random_views(brought_to(inputs, config.size), config.size, generator)


def _to_tensor(taken: np.ndarray) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(taken))
    return tensor.float() / 127.5 - 1 if taken.dtype == np.uint8 else tensor.float()
