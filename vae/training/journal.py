"""What a training leaves to look at: metrics.csv, TensorBoard events, reconstruction sheets."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from faces.ground.files import replacing
from faces.ground.tables import write_csv
from vae.codes import to_uint8


class Journal:
    """Writes to a run's folder, from the whole history: a resumed run leaves the same table."""

    def __init__(self, folder: Path, history: list[dict[str, float]]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.folder = folder
        self._events = SummaryWriter(str(folder / "events"), purge_step=len(history) + 1)

    def epoch(self, history: list[dict[str, float]]) -> None:
        """Record the last epoch of `history`, whose rows share their keys."""
        write_csv(self.folder / "metrics.csv", history, list(history[-1]))
        for name, value in history[-1].items():
            if name != "epoch":
                self._events.add_scalar(name.replace("_", "/", 1), value, len(history))
        self._events.flush()

    def preview(self, epoch: int, faces: Tensor, reconstructions: Tensor) -> None:
        """Save faces above their reconstructions, both N×C×S×S in [-1, 1]."""
        sheet = np.concatenate([_strip(to_uint8(faces)), _strip(to_uint8(reconstructions))], axis=0)
        with replacing(self.folder / "previews" / f"epoch_{epoch:03d}.png") as partial:
            Image.fromarray(sheet).save(partial)

    def close(self) -> None:
        """Flush and close the event file."""
        self._events.close()


def psnr(squared_error: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error on the range [-1, 1]."""
    return float(10 * torch.log10(torch.tensor(4.0 / max(squared_error, 1e-12))))


def _strip(images: np.ndarray) -> np.ndarray:
    return np.concatenate(list(images), axis=1)
