"""The state of a training between two steps, in one file that is replaced whole."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from faces.ground.artefacts import parsing_header
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.provenance import check_version, software
from vae.checkpoint import STATE_SCHEMA, STATE_VERSION, read_tensors, write_tensors

STATE = "state/training.safetensors"


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch, step: the next step to take, both from 0.
        sums: sums over the epoch so far of the training figures.
        history: the figures of finished epochs.
        best: the lowest dev loss so far, at epoch `best_epoch` (from 1).
    """

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("inf")
    best_epoch: int = 0


def save_state(
    folder: Path,
    training: str,
    position: Position,
    model: nn.Module,
    average: nn.Module,
    best: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write everything that the next step depends on; `training` names the configs and data."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    held = optimizer_tensors(optimizer)
    tensors |= {f"optimizer.{name}": value for name, value in held.items()}
    header = {
        "schema": STATE_SCHEMA,
        "version": str(STATE_VERSION),
        "training": training,
        "software": software(),
        "position": json.dumps(position.__dict__),
    }
    write_tensors(folder / STATE, tensors, header)


def load_state(
    folder: Path,
    training: str,
    model: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> tuple[Position, dict[str, Tensor]]:
    """Restore in place; return the position and the best weights so far (empty before the first).

    Raises:
        CircumplexError: nothing to resume, or the state belongs to other settings or other faces.
    """
    tensors, position = read_state(folder / STATE, STATE_SCHEMA, STATE_VERSION, training)
    model.load_state_dict(tensors_of(tensors, "model."))
    average.load_state_dict(tensors_of(tensors, "average."))
    load_optimizer(optimizer, tensors_of(tensors, "optimizer."))
    return Position(**position), tensors_of(tensors, "best.")


def read_state(
    path: Path, schema: str, version: int, training: str
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the position in the saved state of the training that `training` names.

    Raises:
        CircumplexError: nothing to resume, or the state belongs to other settings or faces or to
            another version of the program.
    """
    folder = path.parents[1]
    if not path.is_file():
        raise CircumplexError(f"{folder} has nothing to resume; leave --resume out")
    tensors, header = read_tensors(path)
    check_schema(header, schema, version, path)
    if header.get("training") != training:
        if "software" in header:
            check_version(header, folder)
        raise CircumplexError(
            f"{folder} was begun with other settings, faces or networks; resume with the same "
            "ones or train into a new folder"
        )
    with parsing_header(path):
        return tensors, dict(json.loads(header["position"]))


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments of an optimizer, named PARAMETER.MOMENT."""
    moments = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": value
        for index, values in moments.items()
        for name, value in values.items()
    }


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimizer the moments that `optimizer_tensors` took; its settings stay."""
    moments: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, moment = name.split(".", 1)
        moments.setdefault(int(index), {})[moment] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    _match_layout(optimizer)


def _match_layout(optimizer: torch.optim.Optimizer) -> None:
    """Lay each moment out in memory as its parameter is.

    The file keeps no strides, and the fused step pairs parameter and moment by memory position.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state = optimizer.state[parameter]
            for name, value in state.items():
                if value.shape == parameter.shape:
                    state[name] = torch.empty_like(parameter).copy_(value)


def tensors_of(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
