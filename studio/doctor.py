"""What is installed and what is not: the answers to most questions about a broken setup."""

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from faces.ground.errors import CircumplexError

PACKAGES = (
    "torch",
    "torchvision",
    "facenet-pytorch",
    "accelerate",
    "safetensors",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "matplotlib",
    "gradio",
    "mediapipe",
    "av",
)


@dataclass(frozen=True)
class Check:
    """One finding; `needed` ones decide the exit code."""

    name: str
    found: str
    fine: bool
    needed: bool = True


def examine() -> list[Check]:
    """Look at Python, packages, devices, bundled weights and disk space."""
    return [
        Check("python", platform.python_version(), True),
        *(_package(name) for name in PACKAGES),
        _devices(),
        _bundled(),
        _generators(),
        _landmarker(),
        _identity(),
        _space(),
    ]


def _package(name: str) -> Check:
    try:
        return Check(name, version(name), True)
    except PackageNotFoundError:
        return Check(name, f"not installed; pip install {name}", False)


def _devices() -> Check:
    import torch

    cards = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    threads = torch.get_num_threads()
    return Check("devices", ", ".join([f"cpu ({threads} threads)", *cards]), True)


def _bundled() -> Check:
    from vae.checkpoint import load_run
    from vae.packaged import PACKAGED
    from vae.probing.directions import Directions

    found = []
    try:
        for name in PACKAGED:
            run = load_run(name)
            Directions.load(name, run.digest)
            config = run.config
            found.append(f"{name}: {config.image_size} px, {config.latent_dim} units, directions")
    except CircumplexError as error:
        return Check("bundled weights", str(error), False)
    return Check("bundled weights", "; ".join(found), True)


def _generators() -> Check:
    from gan_bridge.generators.opening import PACKAGED
    from studio.engine import Engine

    found = []
    try:
        for name in PACKAGED:
            explorer = Engine("cpu").explorer(name)  # which checks that all of it fits
            aimed = "aimed" if explorer.is_calibrated() else "not aimed"
            found.append(f"{name}: {explorer.generator.resolution} px, directions, {aimed}")
    except CircumplexError as error:
        return Check("bundled generators", str(error), False)
    return Check("bundled generators", "; ".join(found), True)


def _landmarker() -> Check:
    from faces.readers.landmarks.model_file import landmarker_file

    try:
        return Check("landmarker", str(landmarker_file()), True)
    except CircumplexError as error:
        return Check("landmarker", str(error), False)


def _identity() -> Check:
    from faces.readers.identity.config import WIDTH
    from faces.readers.identity.network import CHIP, IdentityNetwork

    try:
        IdentityNetwork.load()
    except CircumplexError as error:
        return Check("identity network", str(error), False)
    return Check("identity network", f"dlib's, {CHIP} px, {WIDTH} numbers a face", True)


def _space() -> Check:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    where = os.fspath(Path.cwd())
    return Check("disk", f"{free:.1f} GiB free in {where}", free > 1, needed=False)
