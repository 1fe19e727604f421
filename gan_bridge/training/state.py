"""What a GAN's training keeps between two steps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torch import Tensor

from faces.ground.training.state import StateFile, restore_trained, trained_tensors
from faces.ground.training.tensors import (
    Networks,
    Optimizers,
    below_prefix,
    read_tensors,
    with_prefix,
)

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


class TrainingState:
    """Everything that the next step depends on, and the file that it is saved in.

    Args:
        folder: of the training; training: names its settings and data.
        networks, optimizers: what is saved, by name, and restored in place.
    """

    def __init__(
        self, folder: Path, training: str, networks: Networks, optimizers: Optimizers
    ) -> None:
        self._file = StateFile(folder, STATE, SCHEMA, VERSION, training)
        self._networks = {f"{name}/": each for name, each in networks.items()}
        self._optimizers = {f"optimizer {name}/": each for name, each in optimizers.items()}

    def save(self, position: Position, measured: Mapping[str, Tensor]) -> None:
        """Replace the saved state.

        Args:
            measured: what was measured on the faces before the first step.
        """
        tensors = trained_tensors(self._networks, self._optimizers)
        self._file.write(tensors | with_prefix(_MEASURED, measured), asdict(position))

    def load(self) -> tuple[Position, dict[str, Tensor]]:
        """Restore what was saved; return the position and what was measured.

        A state of version 0.1.0 does not hold what was measured: {}.

        Raises:
            CircumplexError: nothing to resume, or the state belongs to other settings or faces.
        """
        tensors, position = self._file.read()
        restore_trained(tensors, self._networks, self._optimizers, self._file.path)
        return Position(**position), below_prefix(_MEASURED, tensors)


def read_measured(folder: Path) -> dict[str, Tensor]:
    """What a training's state says was measured before its first step; {} where it does not say.

    Raises:
        CircumplexError: there is no state, or it is damaged.
    """
    return below_prefix(_MEASURED, read_tensors(folder / STATE)[0])
