"""Training of an editor through the generator: readers find the request, the person stays."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import Record, setting
from faces.ground.training.optimizers import set_learning_rate
from faces.ground.training.schedules import cosine_decay, linear_warmup
from faces.ground.training.streams import folded_seed, stream
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.editor_network import EditorNetwork, EditorSize
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import FaceSenses, Senses
from gan_bridge.editing.reachable import ReachableRegion, region_of_labels
from gan_bridge.generators.protocol import Differentiable, Render, latent_owner
from vae.config import DEFAULT_TRUNCATION

_READ_AT_ONCE = 16
_WARMUP = 50
_MEASURED = 16
_TRAINED_TO = 1.1  # of the region's radius, drawn evenly over the disc
_STEP = 0.05  # of a request, over which smoothness is measured
#: A deviation that weighs as much as an error of 1 in units of each term below.
_AFFECT, _DEGREES, _LEVELS, _YEARS = 0.15, 4.0, 8.0, 4.0

Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class EditorConfig(Record):
    """How an editor is trained.

    Attributes:
        faces: whose moves it learns, of the seeds from `seed` on; truncation: of these.
        steps: updates; batch_size: pictures in each; learning_rate: at its peak.
        affect, identity, pose, light, appearance, smooth, short: weights of what is missed of the
            request; of the distance of embeddings; of the turn of the head; of brightness and
            contrast; of apparent sex and age; of how fast the move changes with the request; of
            how far it goes beside the linear one.
        free: distance of embeddings that costs nothing: a smile changes a face's own embedding.
        seed: of the first face, far from those that people look at.
    """

    faces: int = setting(2048, "Faces whose moves are learned.", at_least=16, at_most=10**6)
    truncation: float = setting(DEFAULT_TRUNCATION, above=0, at_most=2)
    steps: int = setting(2000, "Updates of the editor.", at_least=1)
    batch_size: int = setting(8, "Pictures in each.", at_least=2, at_most=4096)
    learning_rate: float = setting(1e-3, above=0)
    affect: float = setting(1.0, at_least=0)
    identity: float = setting(6.0, at_least=0)
    pose: float = setting(0.3, at_least=0)
    light: float = setting(0.2, at_least=0)
    appearance: float = setting(0.5, at_least=0)
    smooth: float = setting(0.002, at_least=0)
    short: float = setting(0.02, at_least=0)
    free: float = setting(0.1, at_least=0)
    seed: int = setting(1_000_000, at_least=0, below=2**62)


@dataclass(frozen=True)
class _Pool:
    """The faces: latents (N, L, W), moved to neutral (N, W), and what their pictures show."""

    w: Tensor
    neutral: Tensor
    senses: Senses


def train_editor(
    explorer: EmotionExplorer,
    senses: FaceSenses,
    labels: np.ndarray,
    config: EditorConfig | None = None,
    size: EditorSize | None = None,
    *,
    progress: Progress = silent,
    report: Report = lambda row: None,
) -> Editor:
    """Train an editor for an explorer's generator, directions and layers.

    Args:
        explorer: not calibrated itself; its generator is Differentiable.
        senses: reads its pictures.
        labels: (M, 2), valence and arousal that faces show: the region that requests are kept in.
        report: called with the mean of each term over the last steps.
    """
    config, size = config or EditorConfig(), size or EditorSize()
    assert isinstance(explorer.generator, Differentiable)
    region = region_of_labels(labels, 1.0)
    training = _Training(explorer, senses, region, config, size, progress)
    before = training.measure()
    training.run(progress, report)
    evidence: dict[str, Any] = {
        "software": software(),
        "generator": latent_owner(explorer.generator),
        "directions": explorer.directions.digest,
        "layers": np.flatnonzero(explorer.default_strengths).tolist(),
        "config": asdict(config),
        "terms": {"linear": before, "editor": training.measure()},
    }
    return training.network.editor(region.radii, evidence)


class _Training:
    """The network, its faces, and what a step does."""

    def __init__(
        self,
        explorer: EmotionExplorer,
        senses: FaceSenses,
        region: ReachableRegion,
        config: EditorConfig,
        size: EditorSize,
        progress: Progress,
    ) -> None:
        self.config, self.senses, self.region = config, senses, region
        self.edited = torch.from_numpy(np.flatnonzero(explorer.default_strengths))
        self.shares = torch.from_numpy(explorer.default_strengths).float()[self.edited]
        self.directions = _LinearMove(explorer)
        assert isinstance(explorer.generator, Differentiable)
        self.render: Render = explorer.generator.differentiable_renderer()
        self.pool = self._look(explorer, progress)
        self.network = EditorNetwork(
            self.pool.neutral.numpy(), len(self.edited), size, folded_seed(config.seed, 7, bits=62)
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), config.learning_rate)

    @torch.no_grad()
    def _look(self, explorer: EmotionExplorer, progress: Progress) -> _Pool:
        """Sample the faces and read their pictures as they are."""
        seeds = range(self.config.seed, self.config.seed + self.config.faces)
        w = explorer.generator.sample_w(seeds, self.config.truncation)
        neutral = np.concatenate([explorer.neutral_mean(row[None]) for row in w])
        parts = torch.from_numpy(w).split(_READ_AT_ONCE)
        found = [
            self.senses(self.render(part)) for part in progress(parts, "look at faces", len(parts))
        ]
        joined = {
            name: torch.cat([getattr(each, name) for each in found], 1 if name == "affect" else 0)
            for name in vars(found[0])
        }
        return _Pool(torch.from_numpy(w), torch.from_numpy(neutral).float(), Senses(**joined))

    def run(self, progress: Progress, report: Report) -> None:
        """All steps."""
        sums: dict[str, float] = {}
        every = max(1, self.config.steps // 40)
        for step in progress(range(self.config.steps), "train the editor", self.config.steps):
            share = linear_warmup(step + 1, _WARMUP) * cosine_decay(step, self.config.steps, 0.02)
            set_learning_rate(self.optimizer, self.config.learning_rate * share)
            terms = self._terms(step)
            torch.stack(list(terms.values())).sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach()) / every
            if (step + 1) % every == 0:
                report({"step": step + 1, **sums})
                sums = {}

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """The mean of each term over draws that are none of a step's."""
        last = self.config.steps
        found = [self._terms(step) for step in range(last, last + _MEASURED)]
        return {name: float(np.mean([float(each[name]) for each in found])) for name in found[0]}

    def _draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Rows of the pool (B,) and points aimed at (B, 2), evenly over the disc of requests."""
        random = stream(folded_seed(self.config.seed, 11, step, bits=62))
        count = self.config.batch_size
        rows = torch.randint(len(self.pool.w), (count,), generator=random)
        numbers = torch.rand(count, 2, generator=random).double().numpy()
        angle, distance = 2 * np.pi * numbers[:, 0], _TRAINED_TO * np.sqrt(numbers[:, 1])
        requests = distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return rows, torch.from_numpy(self.region.aim(requests)).float()

    def _terms(self, step: int) -> dict[str, Tensor]:
        rows, points = self._draw(step)
        w, neutral = self.pool.w[rows], self.pool.neutral[rows]
        targets, residuals = self.network(neutral, points)
        moved = self._moved(w, targets, residuals)
        found = self.senses(self.render(moved))
        was = Senses(
            **{
                name: value[:, rows] if name == "affect" else value[rows]
                for name, value in vars(self.pool.senses).items()
            }
        )
        nearby = points + _STEP * torch.randn(
            points.shape, generator=stream(folded_seed(self.config.seed, 13, step, bits=62))
        )
        change = self._moved(w, *self.network(neutral, nearby)) - moved
        return self._missed(found, was, points) | {
            "smooth": self.config.smooth * (change / _STEP).square().sum(2).mean(),
            "short": self.config.short * residuals.square().sum(2).mean(),
        }

    def _missed(self, found: Senses, was: Senses, points: Tensor) -> dict[str, Tensor]:
        """What is missed of the request, and what else has changed, by name, weighted."""
        config = self.config
        distance = (found.embedding - was.embedding).square().sum(1).add(1e-6).sqrt()
        head = torch.stack([found.yaw - was.yaw, found.pitch - was.pitch], 1) / _DEGREES
        light = (found.light - was.light) / _LEVELS
        apparent = torch.stack([2 * (found.female - was.female), (found.age - was.age) / _YEARS])
        return {
            "affect": config.affect * ((found.affect - points) / _AFFECT).square().mean(),
            "identity": config.identity * (distance - config.free).clamp_min(0).square().mean(),
            "pose": config.pose * head.square().mean(),
            "light": config.light * light.square().mean(),
            "appearance": config.appearance * apparent.square().mean(),
        }

    def _moved(self, w: Tensor, targets: Tensor, residuals: Tensor) -> Tensor:
        """Latents (N, L, W) after the linear move to targets (N, 2) and the residuals beside."""
        linear = self.directions.change(w[:, self.edited].mean(1), targets)
        moved = w.clone()
        moved[:, self.edited] = (
            w[:, self.edited] + self.shares[:, None] * linear[:, None] + residuals
        )
        return moved


class _LinearMove:
    """The move along the directions as a linear map, found by asking for it."""

    def __init__(self, explorer: EmotionExplorer) -> None:
        directions, width = explorer.directions, explorer.generator.w_dim
        origin = np.zeros((1, width))
        at_zero = directions.move(origin, 0.0, 0.0)[0]
        units = np.stack([directions.move(origin, *target)[0] for target in ((1, 0), (0, 1))])
        read = directions.predict(origin)[0]
        basis = directions.predict(np.eye(width)) - read
        self.by_target = torch.from_numpy(units - at_zero).float()  # (2, W)
        self.reading = torch.from_numpy(basis).float()  # (W, 2)
        self.level = torch.from_numpy(read).float()

    def change(self, w: Tensor, targets: Tensor) -> Tensor:
        """What is added to w (N, W) so that the probes read targets (N, 2)."""
        return (targets - (w @ self.reading + self.level)) @ self.by_target
