"""Training of an editor through the generator: readers find the request, the person stays."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faces.ground.digests import json_digest
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.training.optimizers import set_learning_rate
from faces.ground.training.schedules import cosine_decay, linear_warmup
from faces.ground.training.state import StateFile, restore_trained, trained_tensors
from faces.ground.training.streams import folded_seed, stream
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.editor_check import check_requests
from gan_bridge.editing.editor_config import EditorConfig
from gan_bridge.editing.editor_faces import EditedFaces, FaceViewer
from gan_bridge.editing.editor_losses import edit_losses, framing_jitter
from gan_bridge.editing.editor_network import EditorNetwork, EditorSize
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.reachable import ReachableRegion
from gan_bridge.generators.protocol import latent_owner

_SCHEMA, _VERSION = "circumplex/editor-state", 1
_WARMUP, _SAVED_EVERY = 50, 100
_MEASURED = 16
_TRAINED_TO = 1.1  # of the region's radius, drawn evenly over the disc
_STEP = 0.05  # of a request, over which smoothness is measured

Report = Callable[[dict[str, float]], None]


def train_editor(
    explorer: EmotionExplorer,
    viewer: FaceViewer,
    region: ReachableRegion,
    config: EditorConfig | None = None,
    size: EditorSize | None = None,
    *,
    about: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    progress: Progress = silent,
    report: Report = lambda row: None,
) -> Editor:
    """Train an editor for an explorer's generator, directions and layers.

    Args:
        explorer: not calibrated itself; its generator is Differentiable.
        viewer: draws and reads its pictures.
        region: that requests are kept in.
        about: what else decides, for the evidence: who reads, how faces are cut.
        folder: keeps the state, so that a call that was killed goes on where it was.
        report: called with the mean of each term over the last steps.

    Raises:
        CircumplexError: no face in the pictures, or layers that go only a part of the way.
    """
    if not np.isin(explorer.default_strengths, (0, 1)).all():
        raise CircumplexError("an editor moves layers all the way; give --layers without strengths")
    config, size = config or EditorConfig(), size or EditorSize()
    training = _Training(explorer, viewer, region, config, size, progress)
    before = training.measure()
    evidence: dict[str, Any] = {
        "software": software(),
        "generator": latent_owner(explorer.generator),
        "directions": explorer.directions.digest,
        "layers": np.flatnonzero(explorer.default_strengths).tolist(),
        "config": asdict(config),
        "size": asdict(size),
        **(about or {}),
    }
    key = json_digest(evidence)
    # named by what decides: what a call with other settings left is no hindrance
    name = f"{key[:16]}.safetensors"
    state = None if folder is None else StateFile(folder, name, _SCHEMA, _VERSION, key)
    training.run(state, progress, report)
    evidence["terms"] = {"linear": before, "editor": training.measure()}
    editor = training.network.editor(region.radii, evidence)
    strengths = explorer.default_strengths
    explorers = {
        "linear": explorer,
        "editor": EmotionExplorer(
            explorer.generator, explorer.directions, strengths, calibration=editor
        ),
    }
    evidence["check"] = check_requests(explorers, viewer, training.fresh, progress)
    return editor


class _Training:
    """The network, its faces, and what a step does."""

    def __init__(
        self,
        explorer: EmotionExplorer,
        viewer: FaceViewer,
        region: ReachableRegion,
        config: EditorConfig,
        size: EditorSize,
        progress: Progress,
    ) -> None:
        self.config, self.viewer, self.region = config, viewer, region
        self.edited = torch.from_numpy(np.flatnonzero(explorer.default_strengths))
        self.directions = _LinearMove(explorer)
        first, fresh = config.seed, config.seed + config.faces
        look = viewer.look
        self.faces = look(explorer, range(first, fresh), config.truncation, progress)
        self.fresh = look(
            explorer, range(fresh, fresh + config.checked), config.truncation, progress
        )
        self.network = EditorNetwork(
            self.faces.neutral.numpy(), len(self.edited), size, folded_seed(first, 7, bits=62)
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), config.learning_rate)

    def run(self, state: StateFile | None, progress: Progress, report: Report) -> None:
        """All steps, from where the state stands."""
        networks, optimizers = {"network/": self.network}, {"optimizer/": self.optimizer}
        done = 0
        if state is not None and state.path.is_file():
            tensors, position = state.read()
            restore_trained(tensors, networks, optimizers, state.path)
            done = position["step"]
        sums: dict[str, list[float]] = {}
        every = max(1, self.config.steps // 40)
        left = range(done, self.config.steps)
        for step in progress(left, "train the editor", len(left)):
            for name, value in self._update(step).items():
                sums.setdefault(name, []).append(value)
            if (step + 1) % every == 0:
                report({"step": step + 1, **{name: float(np.mean(v)) for name, v in sums.items()}})
                sums = {}
            if state is not None and (step + 1) % _SAVED_EVERY == 0:
                state.write(trained_tensors(networks, optimizers), {"step": step + 1})

    def _update(self, step: int) -> dict[str, float]:
        """One step; the terms of its loss."""
        share = linear_warmup(step + 1, _WARMUP) * cosine_decay(step, self.config.steps, 0.02)
        set_learning_rate(self.optimizer, self.config.learning_rate * share)
        terms = self._terms(step, self.faces)
        torch.stack(list(terms.values())).sum().backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {name: float(value.detach()) for name, value in terms.items()}

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """The mean of each term over requests to fresh faces."""
        last = self.config.steps
        found = [self._terms(step, self.fresh) for step in range(last, last + _MEASURED)]
        return {name: float(np.mean([float(each[name]) for each in found])) for name in found[0]}

    def _draw(self, step: int, faces: EditedFaces) -> tuple[EditedFaces, Tensor]:
        """Some faces and points aimed at (B, 2): a share of them neutral, the others evenly over
        the disc of requests."""
        random = stream(folded_seed(self.config.seed, 11, step, bits=62))
        count = self.config.batch_size
        rows = torch.randint(len(faces.w), (count,), generator=random)
        numbers = torch.rand(count, 2, generator=random).double().numpy()
        angle, distance = 2 * np.pi * numbers[:, 0], _TRAINED_TO * np.sqrt(numbers[:, 1])
        distance[: round(self.config.neutral * count)] = 0
        requests = distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return faces.rows(rows), torch.from_numpy(self.region.aim(requests)).float()

    def _terms(self, step: int, faces: EditedFaces) -> dict[str, Tensor]:
        drawn, points = self._draw(step, faces)
        targets, residuals = self.network(drawn.neutral, points)
        moved = self._moved(drawn.w, targets, residuals)
        jitter = framing_jitter(len(moved), self.config.seed, step)
        found = self.viewer.see(moved, drawn.crops, jitter)
        nearby = points + _STEP * torch.randn(
            points.shape, generator=stream(folded_seed(self.config.seed, 13, step, bits=62))
        )
        change = self._moved(drawn.w, *self.network(drawn.neutral, nearby)) - moved
        return edit_losses(found, drawn.seen, points, self.config) | {
            "smooth": self.config.smooth * (change / _STEP).square().sum(2).mean(),
            "short": self.config.short * residuals.square().sum(2).mean(),
        }

    def _moved(self, w: Tensor, targets: Tensor, residuals: Tensor) -> Tensor:
        """Latents (N, L, W) after the linear move to targets (N, 2) and the residuals beside."""
        linear = self.directions.change(w[:, self.edited].mean(1), targets)
        moved = w.clone()
        moved[:, self.edited] = w[:, self.edited] + linear[:, None] + residuals
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
