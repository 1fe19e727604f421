"""The plot of an animation."""

import io

import numpy as np
import pytest
from PIL import Image

from studio.engine import Engine
from studio.reports.animation import readings_png
from studio.stimuli.animation import AnimatedFace, Animation
from studio.stimuli.frame_readings import FrameReadings

SHADE = np.array([0xF1, 0xE5, 0xD3])


def plot(engine: Engine, valence: np.ndarray, readers: int) -> np.ndarray:
    """Of faces that turn from neutral to `valence` (N,): (H, W, 3)."""
    explorer, count = engine.explorer("stylegan3"), len(valence)
    shape = explorer.generator.num_layers, explorer.generator.w_dim
    face = AnimatedFace(np.zeros((1, *shape)), explorer, 0, 0.7, np.zeros(0), np.zeros((0, *shape)))
    targets = np.stack([valence, np.zeros(count)], axis=1)
    times = np.arange(count) * 40.0
    animation = Animation(25, times, targets, times, np.zeros(count), (face,))
    read = {f"reader_{k}": targets * (0.5 + 0.1 * k) for k in range(readers)}
    read["reader_0"][2:5] = np.nan  # a gap
    seen = FrameReadings(read, np.zeros((count, 128)), np.ones(count, bool))
    with Image.open(io.BytesIO(readings_png(animation, seen))) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def shaded(picture: np.ndarray) -> float:
    return float((np.abs(picture - SHADE).max(2) < 6).mean())


@pytest.mark.parametrize("readers", [1, 3, 7])
def test_frames_beyond_what_faces_show_are_shaded(engine: Engine, readers: int) -> None:
    within = plot(engine, np.linspace(0, 0.3, 30), readers)
    half = plot(engine, np.concatenate([np.full(15, 0.1), np.full(15, 1.0)]), readers)
    assert shaded(within) == 0 and 0.2 < shaded(half) < 0.6
