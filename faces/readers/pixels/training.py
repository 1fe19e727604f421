"""Training of the pixel reader on votes; stopped anywhere, it goes on to the same bytes."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import torch
from torch import Generator, Tensor

from faces.ground.artefacts import check_tensors
from faces.ground.digests import running_digest
from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.training.average import start_average, update_average, warmed_decay
from faces.ground.training.optimizers import decay_groups, set_learning_rate
from faces.ground.training.schedules import cosine_decay, linear_warmup
from faces.ground.training.state import StateFile
from faces.ground.training.streams import stream, stream_seed
from faces.ground.training.tensors import load_optimizer, optimizer_tensors, with_prefix
from faces.readers.pixels.augmentation import random_views
from faces.readers.pixels.config import PixelConfig, PixelTrainConfig
from faces.readers.pixels.network import PixelNetwork
from faces.readers.pixels.voted_scores import dev_figures, voted_loss
from faces.readers.pixels.votes import VotedFaces

_SCHEMA, _VERSION = "circumplex/pixel-training", 2
_STATE = "training.safetensors"
_MOMENT = "momentum_buffer"
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
        self.average = start_average(self.network)
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
        if self._state.path.is_file():
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
        return stream(stream_seed(self.config.seed, *at))

    def _step(self, epoch: int, step: int) -> None:
        done = epoch * self.steps_per_epoch + step
        set_learning_rate(self.optimizer, self.config.learning_rate * self._rate_factor(done))
        # dropout has no generator
        torch.manual_seed(stream_seed(self.config.seed, epoch, step + 1))
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
        update_average(self.average, self.network, warmed_decay(self.config.average, done))
        self.position.loss += float(loss.detach())

    def _rate_factor(self, done: int) -> float:
        """Share of the peak rate: a line up, then half a cosine down."""
        at = (done + 1) / (self.config.epochs * self.steps_per_epoch)
        if at < self.config.warmup:
            return linear_warmup(at, self.config.warmup)
        return cosine_decay((at - self.config.warmup) / (1 - self.config.warmup), 1)

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
    def _state(self) -> StateFile:
        return StateFile(self.folder, _STATE, _SCHEMA, _VERSION, self.identity)

    def _save(self) -> None:
        moments = optimizer_tensors(self.optimizer)
        momenta = {_momentum(name): value for name, value in moments.items()}
        self._state.write(self._tensors() | momenta, asdict(self.position))

    def _tensors(self) -> dict[str, Tensor]:
        network, average = self.network.state_dict(), self.average.state_dict()
        return with_prefix("network.", network) | with_prefix("average.", average)

    def _load(self) -> None:
        tensors, position = self._state.read()
        own = self._tensors()
        # SGD has one moment a parameter, under the parameter's number
        parameters = [each for group in self.optimizer.param_groups for each in group["params"]]
        names = [f"{index}.{_MOMENT}" for index in range(len(parameters))]
        momenta = {_momentum(name): each for name, each in zip(names, parameters, strict=True)}
        check_tensors(tensors, own | momenta, self._state.path)
        for name, value in own.items():
            value.copy_(tensors[name])
        load_optimizer(self.optimizer, {name: tensors[_momentum(name)] for name in names})
        self.position = _Position(**position)


def _identity(
    faces: VotedFaces, network: PixelConfig, config: PixelTrainConfig, start: PixelNetwork | None
) -> str:
    """Names one training: version, two configs, faces in their order, weights that were read.

    Weights that are drawn follow from the seed among the settings; their bytes differ between
    machines.
    """
    digest = running_digest(faces.images.tobytes())
    digest.update(faces.votes.astype("<i8").tobytes())
    for value in () if start is None else start.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    parts = [software(), network.to_json(), config.to_json(), start is None, digest.hexdigest()]
    return json.dumps(parts)


def _momentum(moment: str) -> str:
    """The name in the state of a moment that the optimizer calls INDEX.momentum_buffer."""
    return f"momentum.{moment.removesuffix(f'.{_MOMENT}')}"


def _optimizer(network: PixelNetwork, config: PixelTrainConfig) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        decay_groups(network),
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=True,
        weight_decay=config.weight_decay,
    )
