"""The exponential moving average of a network's weights, which is what a training keeps."""

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def start_average(network: Network) -> Network:
    """A copy of the network to average in: in evaluation mode, without gradients."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def warmed_decay(decay: float, step: int) -> float:
    """The decay in the step that is `step`-th from 0: less at first, when the average is the start.

    It is that of a mean over the steps so far until `decay` is reached.
    """
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(
    average: nn.Module, network: nn.Module, decay: float, average_buffers: bool = True
) -> None:
    """Move `average` towards `network` by the share 1 - `decay`, in place.

    Args:
        average_buffers: average buffers of numbers, such as batch statistics, as parameters are;
            else they are copied, as counts always are.
    """
    current = network.state_dict()
    moving, targets = [], []
    parameters = {name for name, _ in average.named_parameters()}
    for name, value in average.state_dict().items():
        if name in parameters or (average_buffers and value.is_floating_point()):
            moving.append(value)
            targets.append(current[name])
        else:
            value.copy_(current[name])
    torch._foreach_lerp_(moving, targets, 1 - decay)
