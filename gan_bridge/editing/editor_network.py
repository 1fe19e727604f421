"""The network of an editor while it is trained."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.records import Record, setting
from gan_bridge.editing.editor import ARRAYS, Editor

#: Arrays that are stored as float16: most of the numbers, none of them large.
_AT_HALF = ("first", "second", "out", "basis")


@dataclass(frozen=True)
class EditorSize(Record):
    """How large an editor is.

    Attributes:
        coordinates: numbers that a face is known by, K; hidden: units of both layers, H.
        directions: of w that each layer is moved along, B.
    """

    coordinates: int = setting(96, at_least=1, at_most=4096)
    hidden: int = setting(192, at_least=4, at_most=4096)
    directions: int = setting(96, at_least=1, at_most=4096)


class EditorNetwork(nn.Module):
    """As `Editor`, in torch; it begins as the linear move.

    Args:
        w: (N, W) latents of many faces, moved to neutral: what faces differ in.
        layers: how many are edited.
        size: of the network.
        seed: of its first weights.
    """

    centre: Tensor
    components: Tensor
    basis: Tensor

    def __init__(self, w: np.ndarray, layers: int, size: EditorSize, seed: int = 0) -> None:
        super().__init__()
        self.layers = layers
        centre = w.mean(0)
        _, singular, axes = np.linalg.svd(w - centre, full_matrices=False)
        known = min(size.coordinates, len(axes))
        moved = min(size.directions, len(axes))
        spread = singular / np.sqrt(len(w))
        self.register_buffer("centre", torch.from_numpy(centre).float())
        whitened = axes[:known] / np.maximum(spread[:known, None], 1e-6)
        self.register_buffer("components", torch.from_numpy(whitened).float())
        basis = axes[:moved] * spread[:moved, None]
        self.register_buffer("basis", torch.from_numpy(basis).float())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.first = nn.Linear(known + 2, size.hidden)
            self.second = nn.Linear(size.hidden, size.hidden)
        self.out = nn.Parameter(torch.zeros(size.hidden, layers * moved))
        self.gain = nn.Parameter(torch.eye(2))
        self.offset = nn.Parameter(torch.zeros(2))

    def forward(self, neutral: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Latent targets (N, 2) and what each layer moves by beside, (N, L, W).

        Args:
            neutral: (N, W); points: (N, 2) aimed at.
        """
        z = (neutral - self.centre) @ self.components.T
        x = torch.cat([z, points], 1)
        x = torch.tanh(self.second(torch.tanh(self.first(x))))
        coefficients = (x @ self.out).unflatten(1, (self.layers, -1))
        return points @ self.gain + self.offset, coefficients @ self.basis

    def editor(self, radii: np.ndarray, evidence: dict[str, Any]) -> Editor:
        """What is learned, as the artefact."""
        found = {
            **{name: getattr(self, name) for name in ("centre", "components", "gain", "offset")},
            **{name: getattr(self, name).weight.T for name in ("first", "second")},
            **{f"{name}_bias": getattr(self, name).bias for name in ("first", "second")},
            **{name: getattr(self, name) for name in ("out", "basis")},
        }
        arrays = {name: value.detach().cpu().float().numpy() for name, value in found.items()}
        arrays["radii"] = radii.astype(np.float32)
        for name in _AT_HALF:
            arrays[name] = arrays[name].astype(np.float16)
        return Editor(
            **{name: np.ascontiguousarray(arrays[name]) for name in ARRAYS}, evidence=evidence
        )
