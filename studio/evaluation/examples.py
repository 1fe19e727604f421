"""The faces that a page of an evaluation shows."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from faces.circumplex import word

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

_FACES = 4
_ANGLES = tuple(range(0, 360, 45))


def example_names(intensity: float) -> list[str]:
    """What each column of `draw_examples` shows."""
    words = [word(*point, neutral_within=0) for point in _points(intensity)]
    return ["neutral", *(f"{angle}° {name}" for angle, name in zip(_ANGLES, words, strict=True))]


def draw_examples(
    explorer: "EmotionExplorer", seeds: Sequence[int], intensity: float, truncation: float
) -> np.ndarray:
    """The first faces, neutral and around the circle: uint8 (rows, columns, H, W, 3)."""
    points = [(0.0, 0.0), *_points(intensity)]
    return np.stack([explorer.path(seed, points, truncation) for seed in seeds[:_FACES]])


def _points(intensity: float) -> list[tuple[float, float]]:
    return [
        (intensity * math.cos(math.radians(angle)), intensity * math.sin(math.radians(angle)))
        for angle in _ANGLES
    ]
