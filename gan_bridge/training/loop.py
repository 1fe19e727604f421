"""Training of a GAN, from random weights or a checkpoint, to the finished network.

FOLDER/network.safetensors, best.safetensors    the networks of the last snapshot, of the best score
FOLDER/metrics.csv, scores.csv, events/, curves.png, sheets/    what happened on the way
FOLDER/state/                everything an exact resume needs

On the CPU, with the same number of threads, a training that was killed and resumed ends with the
bytes of one that never was. One process or many (`accelerate launch`, `torchrun`).
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.training.accelerator import make_accelerator
from faces.sets import FaceSet
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.guide import Guide
from gan_bridge.training.score import Features, choose_features
from gan_bridge.training.start import Start
from gan_bridge.training.state import STATE, Position
from gan_bridge.training.trainer import BEST, LAST, Trainer

Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class FinishedTraining:
    """A training that came to its end.

    Attributes:
        folder: where everything lies.
        network: its last networks (G_ema, G, D); best: those of the lowest score, if one was taken.
        steps: updates taken in all.
        figures: the last row of metrics.csv; scores: rows of scores.csv.
        features: whose features the scores are in.
    """

    folder: Path
    network: Path
    best: Path | None
    steps: int
    figures: dict[str, float]
    scores: list[dict[str, float]]
    features: str


def train_gan(
    faces: FaceSet,
    folder: str | Path,
    start: Start,
    config: GANTrainConfig,
    *,
    rows: np.ndarray | None = None,
    resume: bool = False,
    features: Features | None = None,
    guide: Guide | None = None,
    progress: Progress = silent,
    report: Report = lambda row: None,
    device: str = "auto",
) -> FinishedTraining:
    """Train a generator against a discriminator, and leave both in `folder`.

    Args:
        faces: of the size and channels of the networks.
        start: networks, which are trained in place.
        rows: the faces to train on; None for the training split.
        features: for the score; None for the bundled β-VAE's where they fit.
        guide: an encoder whose codes the generator learns to decode, or None.
        report: called with each row of figures.
        device: "cpu" stays off the graphics card; else accelerate's choice.

    Raises:
        CircumplexError: too few faces, a folder in use or holding a training, nothing to resume,
            settings that do not fit the networks, or a loss that is not finite.
    """
    # the networks choose themselves which of their layers run at reduced precision
    accelerator = make_accelerator("no", device)
    folder, rows = Path(folder), faces.rows("train") if rows is None else rows
    features = features or choose_features("auto", faces.channels, faces.size)
    with only_writer(folder) if accelerator.is_main_process else contextlib.nullcontext():
        if not resume:
            refuse_second(folder)
        trainer = Trainer(accelerator, faces, rows, folder, start, config, features, guide)
        position = trainer.run(resume, progress, report)
    accelerator.wait_for_everyone()
    return _result(folder, position, features)


def refuse_second(folder: Path) -> None:
    """Refuse to begin where a training was begun.

    Raises:
        CircumplexError: the folder holds its networks or its state.
    """
    if any((folder / name).exists() for name in (LAST, STATE)):
        raise CircumplexError(f"{folder} already holds a training; add --resume or name another")


def _result(folder: Path, position: Position, features: Features) -> FinishedTraining:
    best = folder / BEST
    return FinishedTraining(
        folder=folder,
        network=folder / LAST,
        best=best if best.is_file() else None,
        steps=position.step,
        figures=position.rows[-1] if position.rows else {},
        scores=position.scores,
        features=features.name,
    )
