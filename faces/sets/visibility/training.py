"""Trains the network that sees hidden parts, on faces over which things are drawn by rule."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from faces.ground.progress import Progress, silent
from faces.ground.records import Record, setting
from faces.sets.alignment import LUMINANCE
from faces.sets.visibility.config import LAYERS, REGIONS, SIDE, TURNS
from faces.sets.visibility.occluders import hidden_parts, occlude, rims

# how far up a face on its head lies where its eyes are taken for an upright face's, in its sides
_EYES_ON_EYES = 0.28


@dataclass(frozen=True)
class OcclusionConfig(Record):
    """How the network is trained.

    Attributes:
        steps, batch: optimiser steps, and faces in each.
        views: how often one drawn face is shown, each time elsewhere, turned and lit otherwise.
        learning_rate: of AdamW, at its highest; it rises in the first twentieth and falls to zero.
        occluded, turned: shares of the faces with something over them, and of those turned.
        grey: share without colour.
    """

    steps: int = setting(900, at_least=1)
    batch: int = setting(120, at_least=2)
    views: int = setting(3, at_least=1)
    learning_rate: float = setting(4e-3, above=0)
    occluded: float = setting(0.5, at_least=0, at_most=1)
    turned: float = setting(0.35, at_least=0, at_most=1)
    grey: float = setting(0.4, at_least=0, at_most=1)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """A face to learn from: pixels (SIDE, SIDE, 3) float32 in [0, 255], (4,) hidden parts, and the
    position of its turn in TURNS."""

    pixels: np.ndarray
    hidden: np.ndarray
    turn: int


def draw_samples(
    faces: np.ndarray, rng: np.random.Generator, config: OcclusionConfig
) -> list[Sample]:
    """Views of one of the faces, uint8 (N, S, S, 3) aligned, perhaps with something over it."""
    face = faces[rng.integers(len(faces))].astype(np.float32)
    hidden = np.zeros(len(REGIONS), bool)
    if rng.random() < 0.15:
        face = rims(face, rng)
    if rng.random() < config.occluded:
        other = faces[rng.integers(len(faces))].astype(np.float32)
        face, cover = occlude(face, rng, other)
        hidden = hidden_parts(cover)
    return [_view(face, hidden, rng, config) for _ in range(config.views)]


def _view(
    face: np.ndarray, hidden: np.ndarray, rng: np.random.Generator, config: OcclusionConfig
) -> Sample:
    turn = int(rng.choice([1, 2, 2, 3])) if rng.random() < config.turned else 0
    # landmarks of a face that is not seen to be turned lie roughly where it is
    loose = 3.0 if turn else 1.0
    degrees = -TURNS[turn] + rng.normal(0, 6)
    scale, shift = np.exp(rng.normal(0, 0.06 * loose)), rng.normal(0, 0.03 * loose, 2)
    if TURNS[turn] == 180 and rng.random() < 0.5:
        shift[1] -= _EYES_ON_EYES
    return Sample(_light(_moved(face, degrees, scale, shift), rng, config), hidden, turn)


def _moved(face: np.ndarray, degrees: float, scale: float, shift: np.ndarray) -> np.ndarray:
    side = len(face)
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2,) * 2, degrees, scale)
    matrix[:, 2] += shift * side
    moved = cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(moved, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _light(face: np.ndarray, rng: np.random.Generator, config: OcclusionConfig) -> np.ndarray:
    if rng.random() < config.grey:
        face = np.repeat((face @ np.array(LUMINANCE, np.float32))[..., None], 3, 2)
    if rng.random() < 0.25:
        face = cv2.GaussianBlur(face, (0, 0), float(rng.uniform(0.3, 1.2)))
    face = (face - 128) * rng.uniform(0.6, 1.3) + 128 + rng.normal(0, 25)
    face = face + rng.normal(0, rng.uniform(0, 8), face.shape)
    return np.clip(face, 0, 255).astype(np.float32)


class TrainedNetwork(nn.Module):
    """The network while it learns; `folded` gives what `OcclusionNetwork` runs on.

    Faces (N, 3, SIDE, SIDE) in [-1, 1] to logits (N, 4) of REGIONS and (N, 4) of TURNS.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (3, *(width for width, _ in LAYERS))
        self.convolutions = nn.ModuleList(
            nn.Conv2d(widths[k], width, 3, 2 if halves else 1, 1, bias=False)
            for k, (width, halves) in enumerate(LAYERS)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width, _ in LAYERS)
        cells = (SIDE >> sum(halves for _, halves in LAYERS)) ** 2
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(widths[-1] * cells, len(REGIONS) + len(TURNS))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            faces = functional.relu(norm(convolution(faces)))
        logits = self.head(self.dropout(faces.permute(0, 2, 3, 1).flatten(1)))
        return logits[:, : len(REGIONS)], logits[:, len(REGIONS) :]

    @torch.no_grad()
    def folded(self) -> dict[str, np.ndarray]:
        """Weights with the norms folded in: (9 * inputs, outputs) matrices, rows by y, x, channel,
        and biases."""
        arrays: dict[str, np.ndarray] = {}
        for k, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None and norm.running_var is not None
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            weight = (convolution.weight * gain[:, None, None, None]).permute(2, 3, 1, 0)
            arrays[f"layers.{k}.weight"] = weight.flatten(0, 2).numpy().astype(np.float16)
            arrays[f"layers.{k}.bias"] = (norm.bias - norm.running_mean * gain).numpy()
        arrays["head.weight"] = self.head.weight.T.numpy().astype(np.float16)
        arrays["head.bias"] = self.head.bias.numpy().copy()
        return arrays


def train(
    faces: np.ndarray, config: OcclusionConfig, progress: Progress = silent
) -> dict[str, np.ndarray]:
    """The weights of a network that learned from faces, uint8 (N, S, S, 3) aligned, S >= SIDE."""
    torch.manual_seed(config.seed)
    network = TrainedNetwork().train()
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, config.steps, pct_start=0.05
    )
    for pixels, hidden, turn in progress(_batches(faces, config), "training", config.steps):
        parts, turns = network(pixels)
        upright = (turn == 0).float()[:, None]
        loss = (functional.binary_cross_entropy_with_logits(parts, hidden, upright)) * 2
        loss = loss + functional.cross_entropy(turns, turn)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval().folded()


def _batches(faces: np.ndarray, config: OcclusionConfig) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    rng = np.random.default_rng(config.seed)
    for _ in range(config.steps):
        drawn = (draw_samples(faces, rng, config) for _ in range(config.batch // config.views))
        samples = [sample for views in drawn for sample in views]
        pixels = torch.from_numpy(np.stack([each.pixels for each in samples])) / 127.5 - 1
        hidden = torch.from_numpy(np.stack([each.hidden for each in samples])).float()
        yield pixels.permute(0, 3, 1, 2), hidden, torch.tensor([each.turn for each in samples])
