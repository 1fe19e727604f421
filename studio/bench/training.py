"""Training beside pythae's trainer: the same network, faces and batch, step by step."""

import contextlib
import io
import logging
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.codes import to_tensor
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE

BATCH = 256
_STEPS, _WARM = 14, 4


def training(faces: FaceSet, progress: Progress = silent) -> dict[str, Any]:
    """Median images per second of both trainers on the bundled network, and their ratio.

    Ours runs as shipped but without augmentation, which pythae has not: bf16, channels-last, moving
    average, guidance, memory-mapped faces. Pythae's runs as it comes: float32, faces in memory.

    Raises:
        CircumplexError: pythae is not installed, or there are too few faces.
    """
    rows = faces.rows("train")
    needed = BATCH * _STEPS
    if len(rows) * 0.9 < BATCH:
        raise CircumplexError(f"{faces.folder} has {len(rows)} training faces; {needed} are best")
    config = VAEConfig(faces.size, faces.channels)
    ours = BATCH / median(_ours(faces, config, progress)[_WARM:])
    theirs = BATCH / median(_pythae(faces, rows, config, progress)[_WARM:])
    return {
        "batch": BATCH,
        "circumplex, images/s": round(ours, 1),
        "pythae, images/s": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
    }


def _ours(faces: FaceSet, config: VAEConfig, progress: Progress) -> list[float]:
    from vae.training.train import train

    ticks: list[float] = []

    def watch(items: Any, label: str, total: int | None = None) -> Any:
        for item in progress(items, f"circumplex: {label}", total):
            if label == "train":
                ticks.append(time.perf_counter())
                if len(ticks) > _STEPS:
                    raise _Enough
            yield item

    settings = TrainConfig(epochs=100, batch_size=BATCH, augment=False, checkpoint_steps=10**6)
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_Enough):
        train(faces, folder, config, settings, progress=watch)
    return np.diff(ticks).tolist()


def _pythae(faces: FaceSet, rows: np.ndarray, config: VAEConfig, progress: Progress) -> list[float]:
    try:
        from pythae.trainers import BaseTrainer, BaseTrainerConfig
        from pythae.trainers.training_callbacks import TrainingCallback
    except ImportError as error:
        raise CircumplexError(
            "pythae is not installed; pip install 'circumplex-studio[bench]'"
        ) from error
    logging.getLogger("pythae").setLevel(logging.ERROR)
    ticks: list[float] = []

    class Watch(TrainingCallback):
        def on_train_step_end(self, *_: Any, **__: Any) -> None:
            ticks.append(time.perf_counter())
            if len(ticks) > _STEPS:
                raise _Enough

    images = (to_tensor(faces.read(rows[: BATCH * _STEPS])) + 1) / 2
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        trainer = BaseTrainer(
            _pythae_model(config),
            _as_pythae_data(images),
            training_config=BaseTrainerConfig(
                output_dir=str(Path(folder)),
                num_epochs=100,
                per_device_train_batch_size=BATCH,
                no_cuda=not torch.cuda.is_available(),
            ),
            callbacks=[Watch()],
        )
        with contextlib.suppress(_Enough):
            for _ in progress([0], "pythae: train", 1):
                trainer.train()
    return np.diff(ticks).tolist()


def _as_pythae_data(images: torch.Tensor) -> Any:
    from pythae.data.datasets import BaseDataset

    return BaseDataset(images, torch.zeros(len(images)))


def _pythae_model(config: VAEConfig) -> nn.Module:
    """Pythae's β-VAE around our encoder and decoder."""
    from pythae.models import BetaVAE as PythaeBetaVAE
    from pythae.models import BetaVAEConfig

    shape = (config.channels, config.image_size, config.image_size)
    settings = BetaVAEConfig(input_dim=shape, latent_dim=config.latent_dim, beta=4.0)
    return PythaeBetaVAE(settings, *_pythae_parts(BetaVAE(config)))


def _pythae_parts(model: BetaVAE) -> tuple[nn.Module, nn.Module]:
    """Our encoder and decoder in the forms that pythae takes them in."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = model.encoder.to(memory_format=torch.contiguous_format)

        def forward(self, x: torch.Tensor) -> Any:
            mean, log_variance = self.layers(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers = model.decoder.to(memory_format=torch.contiguous_format)

        def forward(self, z: torch.Tensor) -> Any:
            return ModelOutput(reconstruction=self.layers(z))

    return Encoder(), Decoder()


class _Enough(Exception):
    """Enough steps were timed."""
