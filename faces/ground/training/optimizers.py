"""What the optimizers of trainings share."""

from typing import Any

from torch import nn
from torch.optim import Optimizer


def decay_groups(network: nn.Module) -> list[dict[str, Any]]:
    """The trained parameters in two groups: matrices and kernels, which decay, and what does not.

    Biases and the scales of norms do not: nothing is gained by drawing them towards 0.
    """
    trained = [value for value in network.parameters() if value.requires_grad]
    return [
        {"params": [value for value in trained if value.ndim > 1]},
        {"params": [value for value in trained if value.ndim <= 1], "weight_decay": 0.0},
    ]


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Give every group of parameters this rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
