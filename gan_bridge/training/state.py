"""The state of a training between two steps, in one file that is replaced whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from vae.checkpoint import read_tensors, write_tensors
from vae.training.state import load_optimizer, optimizer_tensors, read_state, tensors_of

SCHEMA, VERSION = "circumplex/tuning-state", 1
STATE = "state/training.safetensors"
_MEASURED = "measured/"


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        step: the next step to take, from 0.
        p: probability of each augmentation.
        path_mean: running mean of path lengths.
        sign: sum and count of sign D(real) since p last moved.
        sums: sum and count of each figure since the last row.
        rows: rows of figures so far; scores: rows of scores.
        best: the lowest score so far, None before the first.
    """

    step: int = 0
    p: float = 0.0
    path_mean: float = 0.0
    sign: list[float] = field(default_factory=lambda: [0.0, 0.0])
    sums: list[list[float]] = field(default_factory=list)
    rows: list[dict[str, float]] = field(default_factory=list)
    scores: list[dict[str, float]] = field(default_factory=list)
    best: float | None = None


def save_state(
    folder: Path,
    training: str,
    position: Position,
    networks: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    measured: Mapping[str, Tensor],
) -> None:
    """Write everything that the next step depends on; `training` names settings and data.

    Args:
        measured: what was measured on the faces before the first step.
    """
    tensors = {f"{_MEASURED}{name}": value for name, value in measured.items()}
    for name, network in networks.items():
        tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
    for name, optimizer in optimizers.items():
        held = optimizer_tensors(optimizer)
        tensors |= {f"optimizer {name}/{key}": value for key, value in held.items()}
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "training": training,
        "position": json.dumps(asdict(position)),
    }
    write_tensors(folder / STATE, tensors, header)


def read_measured(folder: Path) -> dict[str, Tensor]:
    """What a training's state says was measured before its first step; {} where it does not say.

    Raises:
        CircumplexError: there is no state, or it is damaged.
    """
    return tensors_of(read_tensors(folder / STATE)[0], _MEASURED)


def load_state(
    folder: Path,
    training: str,
    networks: Mapping[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
) -> tuple[Position, dict[str, Tensor]]:
    """Restore networks and optimizers in place, and return the position and what was measured.

    A state of version 0.1.0 does not hold what was measured: {}.

    Raises:
        CircumplexError: nothing to resume, or the state belongs to other settings or faces.
    """
    tensors, position = read_state(folder / STATE, SCHEMA, VERSION, training)
    for name, network in networks.items():
        network.load_state_dict(tensors_of(tensors, f"{name}/"))
    for name, optimizer in optimizers.items():
        load_optimizer(optimizer, tensors_of(tensors, f"optimizer {name}/"))
    return Position(**position), tensors_of(tensors, _MEASURED)
