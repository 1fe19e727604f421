"""Training of the networks among the classifiers, and their answers."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.ground.progress import Progress, silent
from faces.readers.classifiers.config import PIXELS, ClassifierConfig, settled
from faces.readers.classifiers.networks import VectorNetwork, resized
from faces.readers.classifiers.samples import Samples
from faces.readers.pixels.augmentation import random_views

_READ_AT_ONCE = 256
_MAX_GRADIENT_NORM = 5.0


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
    class_weights = torch.from_numpy(weights).float().to(device)
    generator = torch.Generator().manual_seed(config.seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=settled(config.learning_rate), fused=True)
    losses: list[float] = []
    network.train()
    batches = list(_batches(rows, config, generator))
    for step, batch in enumerate(progress(batches, f"training {config.model}", len(batches))):
        _set_rate(optimizer, settled(config.learning_rate), step, len(batches))
        inputs = _inputs(samples.take(batch), config, generator).to(device)
        targets = torch.from_numpy(samples.labels[batch]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=_uses_bf16(config)):
            logits = network(inputs)
        loss = nn.functional.cross_entropy(logits.float(), targets, class_weights)
        losses.append(_update(network, optimizer, loss))
        if not math.isfinite(losses[-1]):
            raise CircumplexError(
                f"the loss became {losses[-1]} in step {step + 1}; lower the learning rate"
            )
    network.eval()
    return np.array(losses).reshape(settled(config.epochs), -1).mean(axis=1).tolist()


def _set_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, steps: int) -> None:
    """The rate of a step: half a cosine from the peak down to 0."""
    decay = 0.5 * (1 + math.cos(math.pi * step / steps))
    for group in optimizer.param_groups:
        group["lr"] = peak * decay


def _update(network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    """One step down the clipped gradient; returns the loss."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRADIENT_NORM)
    optimizer.step()
    return float(loss.detach())


@torch.inference_mode()
def network_probabilities(network: nn.Module, inputs: np.ndarray) -> np.ndarray:
    """(N, K) float32 probabilities of pixels uint8 (N, C, H, W) or vectors (N, D)."""
    device = next(network.parameters()).device
    batches = [
        network(_to_tensor(inputs[start : start + _READ_AT_ONCE]).to(device)).softmax(1).cpu()
        for start in range(0, len(inputs), _READ_AT_ONCE)
    ]
    return torch.cat(batches).numpy()


def _batches(
    rows: np.ndarray, config: ClassifierConfig, generator: torch.Generator
) -> Iterator[np.ndarray]:
    """The rows of each step; none is smaller than a batch, which statistics would suffer from."""
    steps = max(1, len(rows) // config.batch_size)
    for _ in range(settled(config.epochs)):
        order = rows[torch.randperm(len(rows), generator=generator).numpy()]
        yield from (np.sort(batch) for batch in np.array_split(order, steps))


def _uses_bf16(config: ClassifierConfig) -> bool:
    return config.kind == PIXELS and config.precision == "bf16"


def _inputs(samples: np.ndarray, config: ClassifierConfig, generator: torch.Generator) -> Tensor:
    inputs = _to_tensor(samples)
    if config.kind != PIXELS or not config.augment:
        return inputs
    size = settled(config.size)
    return random_views(resized(inputs, size), size, generator)


def _to_tensor(inputs: np.ndarray) -> Tensor:
    inputs = np.ascontiguousarray(inputs)
    return to_tensor(inputs) if inputs.dtype == np.uint8 else torch.from_numpy(inputs).float()
