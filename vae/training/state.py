"""What a β-VAE's training keeps between two steps."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from faces.ground.training.state import StateFile, restore_trained, trained_tensors
from faces.ground.training.tensors import below_prefix, with_prefix

SCHEMA, VERSION = "circumplex/vae-state", 2
STATE = "state/training.safetensors"


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch, step: the next step to take, both from 0.
        sums: sums over the epoch so far of the training figures.
        history: the figures of finished epochs.
        best: the lowest loss on the held-out rows so far, at epoch `best_epoch` (from 1).
    """

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("inf")
    best_epoch: int = 0


class TrainingState:
    """Everything that the next step depends on, and the file that it is saved in.

    Args:
        folder: of the training; training: names its configs and data.
        model, average, optimizer: what is saved, and restored in place.
    """

    def __init__(
        self,
        folder: Path,
        training: str,
        model: nn.Module,
        average: nn.Module,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        self._file = StateFile(folder, STATE, SCHEMA, VERSION, training)
        self._networks = {"model.": model, "average.": average}
        self._optimizers = {"optimizer.": optimizer}

    def save(self, position: Position, best: dict[str, Tensor]) -> None:
        """Replace the saved state; `best` are the best weights so far, empty before the first."""
        tensors = trained_tensors(self._networks, self._optimizers)
        self._file.write(tensors | with_prefix("best.", best), asdict(position))

    def load(self) -> tuple[Position, dict[str, Tensor]]:
        """Restore what was saved; return the position and the best weights so far.

        Raises:
            CircumplexError: nothing to resume, or the state belongs to other settings or faces.
        """
        tensors, position = self._file.read()
        restore_trained(tensors, self._networks, self._optimizers, self._file.path)
        return Position(**position), below_prefix("best.", tensors)
