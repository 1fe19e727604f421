"""Optimisation of a latent until the generator shows the picture asked for."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from faces.ground.progress import Progress, silent
from gan_bridge.inversion.config import InvertConfig
from gan_bridge.inversion.encoder import cosine
from gan_bridge.inversion.losses import PictureLoss
from gan_bridge.inversion.space import DifferentiableRenderer, Space

#: Share of the loss by which a step must better the best one to count as a gain.
_GAIN = 1e-3


@dataclass(frozen=True, eq=False)
class Optimised:
    """A found latent.

    Attributes:
        w: (1, L, W), of the lowest loss seen.
        history: the loss at each step taken, that of the start first.
    """

    w: Tensor
    history: tuple[float, ...]


def optimise(
    renderer: DifferentiableRenderer,
    space: Space,
    loss: PictureLoss,
    start: Tensor,
    config: InvertConfig,
    progress: Progress = silent,
) -> Optimised:
    """Move `start` (1, L, W) to where the picture's loss is lowest.

    Adam works in standard deviations along the principal axes of w, so that a step and the prior
    mean the same for every generator. On the CPU the same call gives the same latent.
    """
    v = space.whiten(start).mean(1, keepdim=True) if config.space == "w" else space.whiten(start)
    middle = v.mean(1, keepdim=True).clone().requires_grad_(True)
    apart = (v - middle.detach()).requires_grad_(True)  # (1, 1 or L, W), of the layers
    groups = [{"params": [middle]}, {"params": [apart]}]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99))
    stream = torch.Generator().manual_seed(config.seed)
    noisy = config.noise_ramp * config.steps if config.noise else 0
    together = config.together * config.steps if config.space == "w+" else 0
    schedule, watch = _Schedule(config), _Watch(v, config.patience, max(noisy, together))
    for step in progress(range(config.steps), "inverting", config.steps):
        if schedule.over(step):
            break
        rate = schedule.rate(step)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.param_groups[1]["lr"] = rate if v.shape[1] > 1 and step >= together else 0.0
        here = middle + _noise(middle, step, noisy, config, stream) if step < noisy else middle
        value = _objective(here + apart, middle, apart, renderer, space, loss, config)
        if watch.stalled(step, value, (middle + apart).detach(), step >= noisy):
            schedule.turn(step)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
    w = space.colour(watch.best).expand(-1, start.shape[1], -1)
    return Optimised(w.contiguous(), tuple(watch.history))


def nearest(renderer: DifferentiableRenderer, loss: PictureLoss, starts: dict[str, Tensor]) -> str:
    """The name of the start (1, L, W) whose picture is nearest; the first of equals."""
    return min(starts, key=lambda name: loss(renderer.without_gradients(starts[name])).item())


class _Schedule:
    """Half a cosine from the peak rate to nothing; a plateau brings its end nearer.

    A plateau at a high rate is no end yet: from there the rate falls over `patience` steps.
    """

    def __init__(self, config: InvertConfig) -> None:
        self.config = config
        self._turned: int | None = None
        self._level = 0.0

    def rate(self, step: int) -> float:
        config = self.config
        if self._turned is None:
            return config.learning_rate * cosine(step, config.steps)
        share = (step - self._turned) / config.patience
        return self._level * (1 + math.cos(math.pi * share)) / 2

    def turn(self, step: int) -> None:
        """Begin the end, unless it has begun, or the steps end sooner anyway."""
        if self._turned is None and step + self.config.patience < self.config.steps:
            self._level, self._turned = self.rate(step), step

    def over(self, step: int) -> bool:
        return self._turned is not None and step >= self._turned + self.config.patience


class _Watch:
    """Keeps the best latent and notices when nothing gets better."""

    def __init__(self, start: Tensor, patience: int, since: float) -> None:
        self.best, self._lowest = start, math.inf
        self.patience, self._gained = patience, since
        self.history: list[float] = []

    def stalled(self, step: int, value: Tensor, v: Tensor, clean: bool) -> bool:
        """Note the loss of `v`, which counts where no noise was on it."""
        loss = value.item()
        self.history.append(loss)
        if clean and loss < self._lowest:
            if loss < self._lowest * (1 - _GAIN):
                self._gained = max(step, self._gained)
            self._lowest, self.best = loss, v.clone()
        return bool(self.patience) and step - self._gained >= self.patience


def _objective(
    v: Tensor,
    middle: Tensor,
    apart: Tensor,
    renderer: DifferentiableRenderer,
    space: Space,
    loss: PictureLoss,
    config: InvertConfig,
) -> Tensor:
    """Loss of the picture of `v`, and of a latent so far out with layers so far apart."""
    layers = renderer.generator.num_layers
    value = loss(renderer(space.colour(v).expand(-1, layers, -1)))[0]
    value = value + config.prior * middle.square().mean()
    return value + config.spread * apart.square().mean()


def _noise(
    v: Tensor, step: int, until: float, config: InvertConfig, stream: torch.Generator
) -> Tensor:
    """Noise that falls with the square of the share of the ramp that is left."""
    drawn = torch.randn(v.shape, generator=stream).to(v.device)
    return drawn * (config.noise * (1 - step / until) ** 2)
