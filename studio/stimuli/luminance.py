"""Luma of pictures, its sharpness, and pictures of equal luma.

Luma is the Rec. 709 weighting of the 8-bit sRGB values, in 0–255: what matching tools for vision
experiments equate (Willenbockel et al., "Controlling low-level image properties: the SHINE
toolbox", Behav. Res. Methods 42, 2010). It becomes luminance in cd/m² only on a calibrated screen.
"""

import numpy as np

_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
#: Clipping and rounding pull the result off the target; each round corrects what the last left.
_ROUNDS = 100
_CLOSE = 0.02


def luma(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) to float64 (H, W) in [0, 255]."""
    return image.astype(np.float64) @ _WEIGHTS


def luma_statistics(image: np.ndarray, inside: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and standard deviation of the luma of a uint8 (H, W, 3) picture.

    Args:
        inside: (H, W) bool, the pixels that count; None for all.
    """
    values = _counted(luma(image), inside)
    return float(values.mean()), float(values.std())


def sharpness(image: np.ndarray, inside: np.ndarray | None = None) -> float:
    """Variance of the Laplacian of the luma (Pech-Pacheco et al., ICPR 2000), in levels²: it falls
    as a uint8 (H, W, 3) picture loses detail.

    Args:
        inside: (H, W) bool, the pixels that count; None for all but the border.
    """
    values = luma(image)
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    laplacian = around - 4 * middle
    return float(_counted(laplacian, None if inside is None else inside[1:-1, 1:-1]).var())


def count_clipped(before: np.ndarray, after: np.ndarray, inside: np.ndarray | None = None) -> int:
    """Pixels of which a channel reached 0 or 255 by the way from `before` to `after`, both uint8
    (H, W, 3): what lay beyond is lost.

    Args:
        inside: (H, W) bool, the pixels that count; None for all.
    """
    ends = ((after == 0) | (after == 255)) & (before != after)
    return int(_counted(ends.any(2), inside).sum())


def match_luma(
    image: np.ndarray, mean: float, deviation: float, inside: np.ndarray | None = None
) -> np.ndarray:
    """The picture uint8 (H, W, 3) with its luma moved and stretched to `mean` and `deviation`.

    All three channels move by the same amount, so colour differences stay. Where 0 or 255 cuts
    values off, gain and offset are corrected until the finished 8-bit picture is within 0.02 of
    the target or no longer gets closer. Where rounding alone stands in the way, as in pictures of
    few grey levels, values are dithered and the closer of the two results is kept.

    Args:
        inside: (H, W) bool, the pixels whose mean and deviation are to be so; None for all.
    """
    plain, miss = _approach(image, mean, deviation, 0.5, inside)
    if miss < _CLOSE:
        return plain
    dithered, other = _approach(image, mean, deviation, _pattern(*image.shape[:2]), inside)
    return dithered if other < miss else plain


def _counted(values: np.ndarray, inside: np.ndarray | None) -> np.ndarray:
    return values if inside is None else values[inside]


def _approach(
    image: np.ndarray,
    mean: float,
    deviation: float,
    threshold: np.ndarray | float,
    inside: np.ndarray | None,
) -> tuple[np.ndarray, float]:
    """The closest 8-bit picture on the way, and by how much it misses both targets together.

    A value is rounded up where its fraction and `threshold` (H, W, 1) come to one.
    """
    original = luma(image)
    counted = _counted(original, inside)
    level, spread = float(counted.mean()), float(counted.std())
    gain, offset = (deviation / spread if spread else 0.0), mean
    best, best_miss = image, float("inf")
    for _ in range(_ROUNDS):
        target = (original - level) * gain + offset
        moved = image.astype(np.float64) + (target - original)[..., None]
        candidate = np.floor(moved + threshold).clip(0, 255).astype(np.uint8)
        got_mean, got_deviation = luma_statistics(candidate, inside)
        miss = abs(got_mean - mean) + abs(got_deviation - deviation)
        if miss < best_miss:
            best, best_miss = candidate, miss
        if miss < _CLOSE:
            break
        offset += mean - got_mean
        # half of the correction: the whole of it swings about targets that black or white cuts
        gain *= (deviation / got_deviation) ** 0.5 if got_deviation else 1.0
    return best, best_miss


def _pattern(height: int, width: int) -> np.ndarray:
    """Thresholds (H, W, 1) in [0, 1), spread evenly over every neighbourhood (the additive
    recurrence of the plastic number)."""
    rows, columns = np.mgrid[:height, :width]
    return ((rows * 0.7548776662466927 + columns * 0.5698402909980532) % 1.0)[..., None]
