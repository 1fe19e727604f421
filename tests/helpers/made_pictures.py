"""Pictures made of portraits: small faces in large frames, and things painted over faces."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PORTRAITS = Path(__file__).parents[1] / "data" / "portraits"


def portrait(name: str) -> Image.Image:
    """One of the portraits in tests/data, by its name without the suffix."""
    return Image.open(PORTRAITS / f"{name}.jpg").convert("RGB")


def in_frame(
    parts: Sequence[tuple[Image.Image, int, tuple[int, int]]], size: tuple[int, int]
) -> np.ndarray:
    """Portraits pasted into a grey frame of some width and height.

    Args:
        parts: of each portrait, the picture, the width in pixels that it is given, and the corner.
    """
    rough = np.random.default_rng(0).normal(128, 12, (size[1] // 40, size[0] // 40, 3))
    frame = Image.fromarray(np.clip(rough, 0, 255).astype(np.uint8)).resize(size)
    for picture, width, corner in parts:
        high = round(width * picture.height / picture.width)
        frame.paste(picture.resize((width, high), Image.Resampling.LANCZOS), corner)
    return np.array(frame)


def masked(picture: Image.Image, points: np.ndarray) -> np.ndarray:
    """A picture with a mask over nose and mouth, by its landmarks (478, 3)."""
    painted = picture.copy()
    # bridge of the nose, cheeks, jaw, chin
    corners = points[[6, 117, 132, 150, 152, 379, 361, 346], :2] * picture.size
    corners[0] = (corners[1] + corners[-1]) / 2  # below the bridge
    ImageDraw.Draw(painted).polygon([tuple(each) for each in corners.tolist()], (205, 222, 232))
    return np.array(painted)


def behind_glasses(picture: Image.Image, points: np.ndarray) -> np.ndarray:
    """A picture with dark glasses on, by its landmarks (478, 3)."""
    painted = picture.copy()
    draw = ImageDraw.Draw(painted)
    places = points[:, :2] * picture.size
    reach = 0.34 * np.linalg.norm(places[468] - places[473])
    for centre in (places[468], places[473]):
        box = np.concatenate(
            [centre - np.array([reach, 0.8 * reach]), centre + np.array([reach, 0.8 * reach])]
        )
        draw.ellipse(box.tolist(), (12, 12, 14))
    draw.line([*map(tuple, places[[468, 473]].tolist())], (12, 12, 14), 3)
    return np.array(painted)
