"""Training of the pixel reader on votes; stopped anywhere, it goes on to the same bytes."""

import copy
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from faces.ground.artefacts import check_tensors, read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.pixels import to_tensor
from faces.ground.progress import Progress, silent
from faces.ground.provenance import check_version, software
from faces.readers.pixels.augmentation import random_views
from faces.readers.pixels.config import PixelConfig, PixelTrainConfig
from faces.readers.pixels.network import PixelNetwork
from faces.readers.pixels.voted_scores import dev_figures, voted_loss
from faces.readers.pixels.votes import VotedFaces

_SCHEMA, _VERSION = "circumplex/pixel-training", 2
#: A step whose gradient is longer is shortened to this.
_MAX_GRADIENT_NORM = 5.0

Report = Callable[[dict[str, float]], None]


@dataclass
class _Position:
    """The next step, the sum of this epoch's losses, and the figures of the epochs before."""

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class PixelTraining:
    """The network, its average, the optimizer and the faces of one training."""

    def __init__(
        self,
        faces: VotedFaces,
        folder: Path,
        network: PixelConfig,
        config: PixelTrainConfig,
        start: PixelNetwork | None = None,
    ) -> None:
        """A training of `faces`, less the share held out, whose state lies in `folder`.

        It begins with the weights of `start`, or with random ones.
        """
        self.folder, self.config = folder, config
        self.faces, self.dev = faces.hold_out(config.held_out)
        torch.manual_seed(config.seed)
        self.network = PixelNetwork(network).to(memory_format=torch.channels_last)
        if start is not None:
            self.network.load_state_dict(start.state_dict())
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = _optimizer(self.network, config)
        self.shares = torch.from_numpy(self.faces.shares())
        self.batch_size = min(config.batch_size, len(self.faces))
        self.steps_per_epoch = len(self.faces) // self.batch_size
        self.position = _Position()
        self.identity = _identity(faces, network, config, start)

    def run(
        self,
        progress: Progress = silent,
        report: Report | None = None,
        max_steps: int | None = None,
    ) -> PixelNetwork:
        """Train on from where the folder's state stands; return the averaged network.

        Args:
            progress: counts steps.
            report: called with the figures of each epoch.
            max_steps: take no more than this many steps; None trains to the end.

        Raises:
            CircumplexError: the folder's state is of another training, or the loss is not finite.
        """
        if self._state.is_file():
            self._load()
        left = (
            self.config.epochs - self.position.epoch
        ) * self.steps_per_epoch - self.position.step
        steps = progress(islice(self._steps(), max_steps), "train", left)
        for count, (epoch, step) in enumerate(steps, 1):
            self._step(epoch, step)
            self.position.epoch, self.position.step = epoch, step + 1
            if self.position.step == self.steps_per_epoch:
                self._end_epoch(report)
            elif count % self.config.checkpoint_steps == 0 or count == max_steps:
                self._save()
        return self.average

    @property
    def history(self) -> list[dict[str, float]]:
        """The figures of each epoch."""
        return self.position.history

    def _steps(self) -> Iterator[tuple[int, int]]:
        for epoch in range(self.position.epoch, self.config.epochs):
            self.order = torch.randperm(len(self.faces), generator=self._generator(epoch, 0))
            for step in range(self.position.step, self.steps_per_epoch):
                yield epoch, step

    def _generator(self, *at: int) -> Generator:
        """The generator that belongs to one place of the training."""
        return Generator().manual_seed(_seed(self.config.seed, *at))

    def _step(self, epoch: int, step: int) -> None:
        done = epoch * self.steps_per_epoch + step
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._rate_factor(done)
        torch.manual_seed(_seed(self.config.seed, epoch, step + 1))  # dropout has no generator
        rows = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        small = epoch < self.config.small_share * self.config.epochs
        size = self.config.small_size if small else self.network.config.size
        images = to_tensor(self.faces.images[rows.numpy(), None])
        views = random_views(images, size, self._generator(epoch, step + 1), self.config.strength)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits, affect = self.network(views.contiguous(memory_format=torch.channels_last))
        loss = voted_loss(logits, affect, self.shares[rows], self.config.affect_weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _MAX_GRADIENT_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        self._update_average(done)
        self.position.loss += float(loss.detach())

    def _rate_factor(self, done: int) -> float:
        """Share of the peak rate: a line up, then half a cosine down."""
        at = (done + 1) / (self.config.epochs * self.steps_per_epoch)
        if at < self.config.warmup:
            return at / self.config.warmup
        fallen = (at - self.config.warmup) / (1 - self.config.warmup)
        return 0.5 * (1 + math.cos(math.pi * fallen))

    @torch.no_grad()
    def _update_average(self, done: int) -> None:
        """Move the running average of the weights; faster at first, when it is the start."""
        decay = min(self.config.average, (1 + done) / (10 + done))
        current = self.network.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])

    def _end_epoch(self, report: Report | None) -> None:
        figures = {
            "epoch": self.position.epoch + 1,
            "loss": self.position.loss / self.steps_per_epoch,
        }
        if not math.isfinite(figures["loss"]):
            raise CircumplexError(
                f"the loss became {figures['loss']} in epoch {figures['epoch']}; lower the "
                "learning rate"
            )
        if self.dev:
            figures |= dev_figures(self.average, self.dev)
        history = [*self.position.history, figures]
        self.position = _Position(self.position.epoch + 1, history=history)
        self._save()
        if report:
            report(figures)

    @property
    def _state(self) -> Path:
        return self.folder / "training.safetensors"

    def _save(self) -> None:
        arrays = {name: value.numpy() for name, value in self._tensors().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            arrays[f"momentum.{index}"] = moments["momentum_buffer"].numpy()
        header = {
            "schema": _SCHEMA,
            "version": str(_VERSION),
            "training": self.identity,
            "software": software(),
            "position": json.dumps(self.position.__dict__),
        }
        write_artefact(self._state, arrays, header)

    def _tensors(self) -> dict[str, Tensor]:
        networks = {"network": self.network, "average": self.average}
        return {
            f"{part}.{name}": value
            for part, network in networks.items()
            for name, value in network.state_dict().items()
        }

    def _load(self) -> None:
        arrays, header = read_artefact(self._state)
        check_schema(header, _SCHEMA, _VERSION, self._state)
        if header["training"] != self.identity:
            check_version(header, self.folder)
            raise CircumplexError(
                f"{self.folder} was begun with other settings or faces; train into a new folder"
            )
        momenta: dict[str, Tensor] = {}
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                momenta[f"momentum.{len(momenta)}"] = parameter
        weights = self._tensors()
        check_tensors(arrays, weights | momenta, self._state)
        for name, value in weights.items():
            value.copy_(torch.from_numpy(np.array(arrays[name])))
        for name, parameter in momenta.items():
            # laid out in memory as its parameter is: the file keeps no strides
            moment = torch.empty_like(parameter, requires_grad=False)
            moment.copy_(torch.from_numpy(np.array(arrays[name])))
            self.optimizer.state[parameter]["momentum_buffer"] = moment
        self.position = _Position(**json.loads(header["position"]))


def _identity(
    faces: VotedFaces, network: PixelConfig, config: PixelTrainConfig, start: PixelNetwork | None
) -> str:
    """Names one training: version, two configs, faces in their order, weights that were read.

    Weights that are drawn follow from the seed among the settings; their bytes differ between
    machines.
    """
    digest = hashlib.sha256(faces.images.tobytes())
    digest.update(faces.votes.astype("<i8").tobytes())
    for value in () if start is None else start.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    parts = [software(), network.to_json(), config.to_json(), start is None, digest.hexdigest()]
    return json.dumps(parts)


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def _optimizer(network: PixelNetwork, config: PixelTrainConfig) -> torch.optim.Optimizer:
    """SGD that decays kernels and matrices, not biases and norms."""
    parameters = list(network.parameters())
    groups: list[dict[str, Any]] = [
        {"params": [value for value in parameters if value.ndim > 1]},
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(
        groups,
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=True,
        weight_decay=config.weight_decay,
    )
