"""How a move between two points is spread over its time."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

#: Shares of the time (N,) in [0, 1] to shares of the way, from 0 to 1.
Easing = Callable[[np.ndarray], np.ndarray]

LINEAR, MINIMUM_JERK = "linear", "min-jerk"


def linear(share: np.ndarray) -> np.ndarray:
    """The same speed all along."""
    return np.asarray(share, np.float64)


def minimum_jerk(share: np.ndarray) -> np.ndarray:
    """The smoothest move from rest to rest: velocity and acceleration are 0 at both ends.

    Flash and Hogan, "The coordination of arm movements", J. Neurosci. 5 (1985), eq. 3.
    """
    t = np.asarray(share, np.float64)
    return t**3 * (10 - 15 * t + 6 * t**2)


EASINGS: Mapping[str, Easing] = MappingProxyType({LINEAR: linear, MINIMUM_JERK: minimum_jerk})
