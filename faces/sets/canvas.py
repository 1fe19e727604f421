"""Pictures of any size on square canvases of one, and back: what a detector looks at in batches."""

import numpy as np
from PIL import Image


def put_on_canvas(
    picture: np.ndarray, side: int, border: float
) -> tuple[np.ndarray, float, np.ndarray]:
    """Scale a picture to a square canvas with a replicated border.

    Returns:
        The canvas, uint8 (side, side, 3); the scale; and the offset (x, y), such that
        a point p of the picture lies at p * scale + offset.
    """
    height, width = picture.shape[:2]
    inner = side / (1 + 2 * border)
    scale = inner / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    around = ((top, side - size[1] - top), (left, side - size[0] - left), (0, 0))
    return np.pad(small, around, mode="edge"), scale, np.array([left, top], np.float64)


def tilted(canvas: np.ndarray, degrees: float) -> np.ndarray:
    """A canvas turned about its centre, counter-clockwise as seen."""
    if not degrees:
        return canvas
    return np.asarray(Image.fromarray(canvas).rotate(degrees, Image.Resampling.BILINEAR))


def upright(
    boxes: np.ndarray, points: np.ndarray, side: int, degrees: float
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) and points (n, 5, 2) of turned canvases as those of the canvases before.

    The centre of a box is turned and its size stays.
    """
    if not degrees:
        return boxes, points
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    back, middle = np.array([[c, s], [-s, c]]), side / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    centre = (boxes[:, :2] + half - middle) @ back + middle
    return np.concatenate([centre - half, centre + half], 1), (points - middle) @ back + middle
