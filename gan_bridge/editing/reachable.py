"""Which requests a face can show at all, and the nearest one to any other.

Faces with strong negative valence and low arousal, say, hardly occur: no generator learns them.
The region is star-shaped about neutral, its radius a smooth function of the angle on the
circumplex; a request beyond it keeps its angle, which is the kind of affect, and loses intensity.
"""

from dataclasses import dataclass

import numpy as np

#: Angles at which the radius is kept, evenly from 0.
ANGLES = 72
_DIRECTIONS = 72
#: Sharpness of the bend at the border: 8 leaves 98 % of a request at four fifths of the radius.
_BEND = 8
_SMOOTHING = np.radians(8.0)  # standard deviation of the smoothing over angles
_LEAST_RADIUS = 0.05
#: Of the radius: so far out a request is still met almost as it is.
_WELL_WITHIN = 0.9


@dataclass(frozen=True, eq=False)
class ReachableRegion:
    """A star-shaped region of (valence, arousal).

    Attributes:
        radii: (ANGLES,) float64, distance from neutral to the border at angles evenly from 0.
    """

    radii: np.ndarray

    def radius(self, angle: np.ndarray) -> np.ndarray:
        """Distance of the border at angles (N,) in radians: the series of the kept radii."""
        spectrum = np.fft.rfft(self.radii) / len(self.radii)
        orders = np.arange(len(spectrum))
        waves = np.exp(1j * np.asarray(angle, np.float64)[:, None] * orders)
        # every order but the first and the last stands for two
        doubled = np.where((orders == 0) | (2 * orders == len(self.radii)), 1.0, 2.0)
        return np.maximum((waves * spectrum * doubled).real.sum(1), _LEAST_RADIUS)

    def covers(self, targets: np.ndarray) -> np.ndarray:
        """Whether targets (N, 2) lie within, (N,) bool."""
        targets = np.asarray(targets, np.float64)
        distance = np.hypot(*targets.T)
        return distance <= self.radius(np.arctan2(targets[:, 1], targets[:, 0])) + 1e-9

    def aim(self, targets: np.ndarray) -> np.ndarray:
        """The points (N, 2) aimed at for targets (N, 2): almost the target well within, the border
        for what lies far beyond; smooth in the target."""
        targets = np.asarray(targets, np.float64)
        distance = np.hypot(*targets.T)
        ratio = distance / self.radius(np.arctan2(targets[:, 1], targets[:, 0]))
        return targets * ((1 + ratio**_BEND) ** (-1 / _BEND))[:, None]

    def clipped(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2), those beyond the border moved straight to it."""
        distance = np.hypot(*points.T)
        border = self.radius(np.arctan2(points[:, 1], points[:, 0]))
        return points * np.minimum(1, border / np.maximum(distance, 1e-12))[:, None]

    def points(self, rings: int) -> np.ndarray:
        """Neutral, and points on rings of which the last is the border: (1 + rings · 288, 2)."""
        angle = np.arange(4 * ANGLES) * 2 * np.pi / (4 * ANGLES)
        border = self.radius(angle)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        shares = np.arange(1, rings + 1) / rings
        return np.concatenate([np.zeros((1, 2)), *(share * border for share in shares)])


def spread_points(region: ReachableRegion, points: np.ndarray) -> np.ndarray:
    """Points (N, 2) of the square [-1, 1]², laid out within the region: each keeps its angle, and
    goes that share of the way to the border that it goes to the square's."""
    points = np.asarray(points, np.float64)
    share = _WELL_WITHIN * np.abs(points).max(1)
    angle = np.arctan2(points[:, 1], points[:, 0])
    ways = np.stack([np.cos(angle), np.sin(angle)], 1)
    return (share * region.radius(angle))[:, None] * ways


def region_of_labels(labels: np.ndarray, share: float = 0.99) -> ReachableRegion:
    """The region in which faces with labels (N, 2) were seen.

    Along each direction it reaches as far as that share of the labels does; between directions it
    is convex, and its border is smoothed.
    """
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles)], 1)
    support = np.maximum(np.quantile(labels @ directions.T, share, axis=0), _LEAST_RADIUS)
    ahead = np.cos(angles[:, None] - angles)  # of direction k at angle i
    with np.errstate(divide="ignore"):
        distances = np.where(ahead > 1e-6, support / np.maximum(ahead, 1e-6), np.inf)
    return ReachableRegion(_smoothed(distances.min(1)))


def _smoothed(radii: np.ndarray) -> np.ndarray:
    orders = np.arange(len(radii) // 2 + 1)
    damped = np.fft.rfft(radii) * np.exp(-((orders * _SMOOTHING) ** 2) / 2)
    return np.fft.irfft(damped, len(radii))
