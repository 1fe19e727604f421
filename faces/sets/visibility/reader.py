"""What of each face of a picture is to be seen: hidden parts, light, and how it stands."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from faces.sets.alignment import LUMINANCE
from faces.sets.visibility.config import HIDDEN, REGIONS, TURNS, Visibility
from faces.sets.visibility.network import OcclusionNetwork, cut_face

# luminance that nine tenths of a face stay below in the dark; and that half of it reaches, burnt
_DARK, _BURNT = 40.0, 250.0


def read_visibility(picture: np.ndarray, points: Sequence[np.ndarray]) -> list[Visibility]:
    """What is to be seen of faces of a picture.

    Args:
        picture: uint8 (H, W, 3) RGB.
        points: of each face (5, 2), in pixels, in the order of `faces.sets.detection.POINTS`.
    """
    if not len(points):
        return []
    return visibility_of(np.stack([cut_face(picture, five) for five in points]))


def visibility_of(cuts: np.ndarray) -> list[Visibility]:
    """The same of faces that `cut_face` cut: uint8 (N, SIDE, SIDE, 3)."""
    read = _network()(cuts)
    light = np.sort((cuts @ np.array(LUMINANCE, np.float32)).reshape(len(cuts), -1))
    turn = read.turned.argmax(1)
    return [
        Visibility(
            tuple(name for name, p in zip(REGIONS, read.hidden[k], strict=True) if p >= HIDDEN),
            _exposure(light[k]),
            TURNS[turn[k]],
            float(read.turned[k, turn[k]]),
            float(read.hidden[k].max()),
        )
        for k in range(len(cuts))
    ]


def _exposure(luminance: np.ndarray) -> str:
    """One of EXPOSURES, of the sorted luminance of a face."""
    if luminance[int(0.9 * len(luminance))] < _DARK:
        return "dark"
    return "overexposed" if luminance[len(luminance) // 2] >= _BURNT else "normal"


@cache
def _network() -> OcclusionNetwork:
    return OcclusionNetwork.load()
