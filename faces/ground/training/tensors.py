"""Files of torch's tensors, and the tensors that networks and optimizers are made of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.artefacts import read_artefact, write_artefact

Networks = Mapping[str, nn.Module]
Optimizers = Mapping[str, torch.optim.Optimizer]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Write a safetensors file, whole or not at all; the same content gives the same bytes."""
    arrays = {name: value.detach().cpu().numpy() for name, value in tensors.items()}
    write_artefact(path, arrays, header)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the header of a safetensors file.

    Raises:
        CircumplexError: the file is missing, damaged or of another kind.
    """
    arrays, header = read_artefact(path)
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}, header


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, with `prefix` before their names."""
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def below_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments of an optimizer, named PARAMETER.MOMENT."""
    moments = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": value
        for index, values in moments.items()
        for name, value in values.items()
    }


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
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
