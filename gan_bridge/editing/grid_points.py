"""Where the faces of a grid stand on the circumplex."""

from collections.abc import Sequence

import numpy as np

from faces.circumplex import DEFAULT_REACH
from gan_bridge.editing.reachable import ReachableRegion, spread_points

Point = tuple[float, float]


def grid_points(
    n: int = 7, reach: float | None = None, region: ReachableRegion | None = None
) -> Sequence[Point]:
    """The n² points (valence, arousal) of a grid, by rows from the top left.

    They are even over [-reach, reach]²; without a reach they are laid out within `region` where one
    is given, at each angle as far out as faces can show it. Values are rounded to six places, so
    that file names, tables and ticks agree.

    Args:
        n: points a side; reach: largest valence and arousal, DEFAULT_REACH without a region.
        region: what faces show.
    """
    if reach is None and region is not None:
        square = np.array(grid_points(n, 1.0))
        return [(_rounded(v), _rounded(a)) for v, a in spread_points(region, square)]
    largest = DEFAULT_REACH if reach is None else reach
    ticks = [_rounded(tick) for tick in np.linspace(-largest, largest, n)]
    return [(valence, arousal) for arousal in reversed(ticks) for valence in ticks]


def _rounded(value: float) -> float:
    return round(float(value), 6) + 0.0  # no negative zero
