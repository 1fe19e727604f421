"""The network that sees which parts of a face are hidden and how it is turned, in NumPy alone.

It is so small that torch would cost more to load than it costs to run.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faces.ground.artefacts import check_tensors, parsing_header, read_artefact, write_artefact
from faces.ground.files import check_schema
from faces.sets.alignment import crop_of_points
from faces.sets.visibility.config import LAYERS, MARGIN, REGIONS, SIDE, TURNS

SCHEMA, VERSION = "circumplex/occlusion-network", 1
BUNDLED = Path(__file__).parents[2] / "weights" / "occlusion.safetensors"


@dataclass(frozen=True, eq=False)
class Output:
    """What the network says of N faces.

    Attributes:
        hidden: (N, 4) float32 in [0, 1], probability that each of REGIONS is hidden.
        turned: (N, 4) float32, probability of each of TURNS; rows sum to 1.
    """

    hidden: np.ndarray
    turned: np.ndarray


class OcclusionNetwork:
    """From aligned faces to what of them is hidden.

    Attributes:
        arrays: its weights by name, float32.
        provenance: what it was trained on, and how well it reads faces held out.
    """

    def __init__(
        self, arrays: dict[str, np.ndarray], provenance: dict[str, Any] | None = None
    ) -> None:
        self.arrays = {name: value.astype(np.float32) for name, value in arrays.items()}
        self.provenance = provenance or {}

    @classmethod
    def load(cls, path: str | os.PathLike[str] = BUNDLED) -> "OcclusionNetwork":
        """The package's own weights, or those of another file.

        Raises:
            CircumplexError: missing, damaged, or of another kind or version.
        """
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, path)
        with parsing_header(path):
            provenance = json.loads(header["provenance"])
        check_tensors(arrays, _expected(), path)
        return cls(arrays, provenance)

    def __call__(self, faces: np.ndarray) -> Output:
        """What is to be seen of faces, uint8 (N, SIDE, SIDE, 3) RGB, cut by `cut_face`."""
        maps = faces.astype(np.float32) / 127.5 - 1
        for k, (_, halves) in enumerate(LAYERS):
            weight, bias = self.arrays[f"layers.{k}.weight"], self.arrays[f"layers.{k}.bias"]
            maps = np.maximum(_patches(maps, 2 if halves else 1) @ weight + bias, 0)
        flat = maps.reshape(len(maps), int(np.prod(maps.shape[1:])))
        logits = flat @ self.arrays["head.weight"] + self.arrays["head.bias"]
        parts, turns = logits[:, : len(REGIONS)], logits[:, len(REGIONS) :]
        likely = np.exp(turns - turns.max(1, keepdims=True))
        return Output(1 / (1 + np.exp(-parts)), likely / likely.sum(1, keepdims=True))


def write_network(
    path: str | os.PathLike[str], arrays: dict[str, np.ndarray], provenance: dict[str, Any]
) -> None:
    """Write weights of `training.train`, whole or not at all."""
    check_tensors(arrays, _expected(), path)
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "provenance": json.dumps(provenance, sort_keys=True),
    }
    write_artefact(path, arrays, header)


def cut_face(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A face as the network takes it: uint8 (SIDE, SIDE, 3).

    Args:
        picture: uint8 (H, W, 3) RGB.
        points: (5, 2) in its pixels, as `faces.sets.detection.POINTS`.
    """
    crop = crop_of_points(points, MARGIN)  # unit square to pixels
    step = float(np.hypot(crop[0, 0], crop[1, 0])) / SIDE
    if step > 1:  # reduced first, so that what lies between samples is not lost
        corners = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]) @ crop.T
        size = np.array(picture.shape[1::-1])
        low = np.clip(np.floor(corners.min(0)) - 2 * step, 0, size - 1).astype(int)
        high = np.clip(np.ceil(corners.max(0)) + 2 * step, low + 1, size).astype(int)
        part = picture[low[1] : high[1], low[0] : high[0]]
        few = np.maximum(1, np.round((high - low) / step)).astype(int)
        picture = cv2.resize(part, tuple(few.tolist()), interpolation=cv2.INTER_AREA)
        crop = crop.copy()
        crop[:, 2] -= low
        crop = crop * (few / (high - low))[:, None]
    to_pixels = crop.copy()
    to_pixels[:, :2] /= SIDE
    to_pixels[:, 2] += to_pixels[:, :2].sum(1) / 2 - 0.5  # centres of pixels
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        picture, to_pixels, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def _patches(maps: np.ndarray, stride: int) -> np.ndarray:
    """What each 3 x 3 filter looks at of (N, H, W, C): (N, H', W', 9 * C)."""
    count, height, width, channels = maps.shape
    padded = np.zeros((count, height + 2, width + 2, channels), np.float32)
    padded[:, 1:-1, 1:-1] = maps
    down, across = (height - 1) // stride + 1, (width - 1) // stride + 1
    patches = np.empty((count, down, across, 9, channels), np.float32)
    for k in range(9):
        y, x = divmod(k, 3)
        rows, columns = slice(y, y + height, stride), slice(x, x + width, stride)
        patches[:, :, :, k] = padded[:, rows, columns]
    return patches.reshape(count, down, across, 9 * channels)


def _expected() -> dict[str, np.ndarray]:
    """Arrays of the shapes that a file of weights holds."""
    widths = (3, *(width for width, _ in LAYERS))
    shapes: dict[str, np.ndarray] = {}
    for k, (width, _) in enumerate(LAYERS):
        shapes[f"layers.{k}.weight"] = np.empty((9 * widths[k], width))
        shapes[f"layers.{k}.bias"] = np.empty(width)
    cells = (SIDE >> sum(halves for _, halves in LAYERS)) ** 2
    outputs = len(REGIONS) + len(TURNS)
    shapes["head.weight"] = np.empty((widths[-1] * cells, outputs))
    shapes["head.bias"] = np.empty(outputs)
    return shapes
