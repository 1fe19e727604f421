"""Which requests a face can show at all, and the nearest one to any other.

Faces with strong negative valence and low arousal, say, hardly occur: no generator learns them.
The region is star-shaped about a centre, as a rule neutral, its radius a smooth function of the
angle there; a request beyond it keeps its angle, which is the kind of affect, and loses intensity.
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
        radii: (ANGLES,) float64, distance from the centre to the border at angles evenly from 0.
        centre: valence and arousal that angles and distances are counted from.
    """

    radii: np.ndarray
    centre: tuple[float, float] = (0.0, 0.0)

    def radius(self, angle: np.ndarray) -> np.ndarray:
        """Distance of the border at angles (N,) in radians: the series of the kept radii."""
        spectrum = np.fft.rfft(self.radii) / len(self.radii)
        orders = np.arange(len(spectrum))
        waves = np.exp(1j * np.asarray(angle, np.float64)[:, None] * orders)
        # every order but the first and the last stands for two
        doubled = np.where((orders == 0) | (2 * orders == len(self.radii)), 1.0, 2.0)
        return np.maximum((waves * spectrum * doubled).real.sum(1), _LEAST_RADIUS)

    def border(self, angle: np.ndarray) -> np.ndarray:
        """Points (N, 2) of the border at angles (N,) in radians about the centre."""
        return self.at(np.ones(len(angle)), angle)

    def at(self, share: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Points (N, 2) at shares (N,) of the way from the centre to the border."""
        ways = np.stack([np.cos(angle), np.sin(angle)], 1)
        return self.centre + (share * self.radius(angle))[:, None] * ways

    def covers(self, targets: np.ndarray) -> np.ndarray:
        """Whether targets (N, 2) lie within, (N,) bool."""
        _, distance, border = self._polar(targets)
        return distance <= border + 1e-9

    def aim(self, targets: np.ndarray) -> np.ndarray:
        """The points (N, 2) aimed at for targets (N, 2): almost the target well within, the border
        for what lies far beyond; smooth in the target."""
        ways, distance, border = self._polar(targets)
        ratio = distance / border
        return self.centre + ways * ((1 + ratio**_BEND) ** (-1 / _BEND))[:, None]

    def clipped(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2), those beyond the border moved straight to it."""
        ways, distance, border = self._polar(points)
        return self.centre + ways * np.minimum(1, border / np.maximum(distance, 1e-12))[:, None]

    def points(self, rings: int) -> np.ndarray:
        """The centre, and points on rings of which the last is the border: (1 + rings · 288, 2)."""
        angle = np.arange(4 * ANGLES) * 2 * np.pi / (4 * ANGLES)
        shares = np.arange(1, rings + 1) / rings
        around = [self.at(np.full(len(angle), share), angle) for share in shares]
        return np.concatenate([np.array([self.centre], np.float64), *around])

    def _polar(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """From the centre to points (N, 2): the ways (N, 2), their lengths (N,), and how far the
        border lies that way (N,)."""
        ways = np.asarray(points, np.float64) - self.centre
        return ways, np.hypot(*ways.T), self.radius(np.arctan2(ways[:, 1], ways[:, 0]))


def spread_points(region: ReachableRegion, points: np.ndarray) -> np.ndarray:
    """Points (N, 2) of the square [-1, 1]², laid out within the region: each keeps its angle, and
    goes that share of the way from the region's centre to its border that it goes to the
    square's."""
    points = np.asarray(points, np.float64)
    share = _WELL_WITHIN * np.abs(points).max(1)
    return region.at(share, np.arctan2(points[:, 1], points[:, 0]))


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
