"""Contrast limited adaptive histogram equalisation of the luminance.

Pizer et al., "Adaptive histogram equalization and its variations", CVGIP 39 (1987); clipping after
Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV (1994).
Written here because the OpenCV build that people have beside this package needs libGL, which a
machine without a screen lacks.
"""

import numpy as np
from PIL import Image


def clahe(face: np.ndarray, clip: float = 2.0, tiles: int = 8) -> np.ndarray:
    """Equalise the luminance (Y of YCbCr) of an RGB picture, uint8 (H, W, 3); colours stay."""
    bands = Image.fromarray(face).convert("YCbCr").split()
    y = Image.fromarray(equalise(np.asarray(bands[0]), clip, tiles))
    return np.asarray(Image.merge("YCbCr", (y, *bands[1:])).convert("RGB"))


def equalise(grey: np.ndarray, clip: float = 2.0, tiles: int = 8) -> np.ndarray:
    """CLAHE of one channel, uint8 (H, W).

    Args:
        grey: the channel.
        clip: height at which a tile's histogram is cut, in multiples of its mean height.
        tiles: tiles along each side.
    """
    height, width = grey.shape
    # sides that tiles do not divide are mirrored until they do
    padded = np.pad(grey, ((0, -height % tiles), (0, -width % tiles)), mode="reflect")
    tall, wide = padded.shape[0] // tiles, padded.shape[1] // tiles
    blocks = padded.reshape(tiles, tall, tiles, wide).swapaxes(1, 2).reshape(tiles * tiles, -1)
    curves = np.stack([_curve(block, clip) for block in blocks]).reshape(tiles, tiles, 256)
    row, row_next, down = _between(height, tall, tiles)
    column, column_next, across = _between(width, wide, tiles)
    across, down = across[None, :], down[:, None]
    upper = (1 - across) * curves[row[:, None], column, grey]
    upper += across * curves[row[:, None], column_next, grey]
    lower = (1 - across) * curves[row_next[:, None], column, grey]
    lower += across * curves[row_next[:, None], column_next, grey]
    return np.rint((1 - down) * upper + down * lower).astype(np.uint8)


def _curve(block: np.ndarray, clip: float) -> np.ndarray:
    """What a tile maps each of the 256 values to, float32."""
    count = np.bincount(block, minlength=256)
    limit = max(1, int(clip * block.size / 256))
    excess = int(np.maximum(count - limit, 0).sum())
    count = np.minimum(count, limit) + excess // 256
    rest = excess % 256
    if rest:
        # what does not divide by 256 is spread evenly
        count[:: max(256 // rest, 1)][:rest] += 1
    return np.rint(np.cumsum(count) * np.float32(255 / block.size)).clip(0, 255).astype(np.float32)


def _between(length: int, tile: int, tiles: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pixel the tile before it, the tile after it, and its way from one to the other."""
    place = np.arange(length, dtype=np.float32) / tile - 0.5
    before = np.floor(place).astype(int)
    way = place - before
    return before.clip(0, tiles - 1), (before + 1).clip(0, tiles - 1), way
