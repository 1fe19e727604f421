"""One process or many: where a training runs, and how its processes part."""

import atexit
import gc
import os
from importlib import import_module

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState


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
