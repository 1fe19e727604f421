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
    "imageio-ffmpeg",
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
        _generator(),
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
    from vae.probing.directions import Directions

    try:
        run = load_run("bundled")
        Directions.load("bundled", run.digest)
    except CircumplexError as error:
        return Check("bundled weights", str(error), False)
    config = run.config
    return Check(
        "bundled weights",
        f"vae {run.digest[:12]}, {config.image_size} px, {config.latent_dim} units, directions",
        True,
    )


def _generator() -> Check:
    from gan_bridge.bridging.artefact import Bridge
    from gan_bridge.editing.calibration import FILE, Calibration
    from gan_bridge.generators.opening import BUNDLED_NAME, load_generator, network_path

    try:
        generator, folder = load_generator(BUNDLED_NAME), network_path(BUNDLED_NAME).parent
        bridge = Bridge.load(folder)
        bridge.check(generator)
        found = Calibration.load(folder / FILE)
        found.check(generator.digest, bridge.directions, folder / FILE)
    except CircumplexError as error:
        return Check("bundled generator", str(error), False)
    return Check(
        "bundled generator",
        f"{generator.name}, {generator.resolution} px, directions, calibration",
        True,
    )


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
