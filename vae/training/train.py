"""Training of a β-VAE: one process or many, bf16 or float32, resumed exactly after a kill."""

import contextlib
from pathlib import Path

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.ground.training.accelerator import make_accelerator
from faces.sets import FaceSet
from vae.checkpoint import Run, load_run
from vae.config import TrainConfig, VAEConfig
from vae.packaged import WEIGHTS
from vae.training.state import STATE
from vae.training.trainer import Report, Trainer


def train(
    faces: FaceSet,
    folder: str | Path,
    model_config: VAEConfig,
    config: TrainConfig,
    resume: bool = False,
    progress: Progress = silent,
    report: Report = lambda row: None,
    refine: Run | None = None,
    device: str = "auto",
) -> Run:
    """Train on the set's training split and leave a finished run in `folder`.

    The weights kept are the moving average's at the epoch of lowest loss on the rows held out of
    the training split; the validation split is never read. On the CPU a resumed training ends with
    the bytes of one that was never interrupted.

    Args:
        report: called with each finished epoch's figures.
        device: "cpu" stays off the graphics card; else accelerate's choice.
        refine: start from this run, keep its encoder, train its decoder alone
            (`vae.training.refinement`).

    Raises:
        CircumplexError: no faces, another size than the config's, a folder in use or already
            holding a run, nothing to resume, or a run to refine that does not fit.
    """
    folder = Path(folder)
    accelerator = make_accelerator(config.precision, device)
    with only_writer(folder) if accelerator.is_main_process else contextlib.nullcontext():
        if not resume and ((folder / STATE).exists() or (folder / WEIGHTS).exists()):
            raise CircumplexError(f"{folder} already holds a run; add --resume or name another")
        trainer = Trainer(accelerator, faces, folder, model_config, config, refine)
        trainer.run(resume, progress, report)
    accelerator.wait_for_everyone()
    return load_run(folder)
