"""Training of a β-VAE: one process or many, bf16 or float32, resumed exactly after a kill."""

import atexit
import contextlib
import gc
import os
from importlib import import_module
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.checkpoint import WEIGHTS, Run, load_run
from vae.config import TrainConfig, VAEConfig
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

    The weights kept are the moving average's at the epoch of lowest loss on the dev share of the
    training split; the validation split is never read. On the CPU a resumed training ends with
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


def make_accelerator(precision: str, device: str) -> Accelerator:
    """A fresh accelerator; the library keeps the first one's settings for the whole process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        AcceleratorState._reset_state(reset_partial_state=True)
    elif torch.distributed.is_available():
        # loaded later, its default arguments would hold the group, and so its threads, for good
        import_module("torch.distributed.nn.functional")
    # saying "cpu" where there is nothing else is what makes several processes work there
    on_cpu = device == "cpu" or not torch.accelerator.is_available()
    joined = _in_group()
    accelerator = Accelerator(mixed_precision=precision, cpu=on_cpu)
    if _in_group() and not joined:  # a group that the caller joined is the caller's to leave
        atexit.register(_leave_group)
    return accelerator


def _in_group() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _leave_group() -> None:
    """Leave the other processes while Python is still whole.

    The group's threads hold the tensors of the last exchange for a moment longer than it takes. One
    that lets go of them after Python has begun to shut down aborts the process ("terminate called
    without an active exception"), and with it the launch.
    """
    if _in_group():
        gc.collect()  # a model in a cycle would hold the group too
        torch.distributed.destroy_process_group()
