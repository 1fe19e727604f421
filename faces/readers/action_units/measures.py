"""What action units are read off: the landmarker's blendshapes, and distances between landmarks.

Some blendshapes of MediaPipe's landmarker never leave zero (cheekSquint, noseSneer, jawForward,
cheekPuff), and some move with every smile. The distances stand beside them: where a unit moves
points of the mesh, it can be seen there.
"""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from faces.readers.landmarks.table import BLENDSHAPES, MESH, Landmarks

_EYE_LEFT, _EYE_RIGHT = 263, 33  # outer corners
#: Distances by name: two points of the mesh (sides are the subject's), as a share of the distance
#: between the outer corners of the eyes.
_DISTANCES = MappingProxyType(
    {
        "cheekEyeLeft": (280, 263),  # the cheek's middle to the eye's outer corner
        "cheekEyeRight": (50, 33),
        "alaEyeLeft": (294, 362),  # the wing of the nose to the eye's inner corner
        "alaEyeRight": (64, 133),
        "nostrilWidth": (294, 64),
        "lipNose": (2, 0),  # the nose's base to the upper lip's upper edge
        "mouthWidth": (291, 61),
    }
)
#: How far a lower lid's middle hangs below the line of its eye's corners, in the same units.
_LIDS = MappingProxyType({"lowerLidLeft": (374, 263, 362), "lowerLidRight": (145, 133, 33)})
#: Names of the measures of landmarks, in the order of `face_measures`.
MEASURES: tuple[str, ...] = (*_DISTANCES, *_LIDS)
#: What a unit's terms may name, in the order of `unit_signals`.
SIGNALS: tuple[str, ...] = (*BLENDSHAPES, *MEASURES)


def unit_signals(faces: Sequence[Landmarks]) -> np.ndarray:
    """Blendshapes and measures of N faces, (N, S) float64, columns as in SIGNALS."""
    measures = face_measures(
        np.stack([face.points for face in faces]), np.array([face.aspect for face in faces])
    )
    shapes = np.stack([face.blendshapes for face in faces]).astype(np.float64)
    return np.concatenate([shapes, measures], axis=1)


def face_measures(points: np.ndarray, aspects: np.ndarray) -> np.ndarray:
    """Distances between landmarks as shares of that between the outer corners of the eyes.

    Args:
        points: (N, 478, 3) normalised landmarks; NaN where no face was found.
        aspects: (N,) heights of the pictures over their widths.

    Returns:
        (N, M) float64, columns as in MEASURES.

    Raises:
        ValueError: another shape.
    """
    if points.ndim != 3 or points.shape[1] < MESH or points.shape[2] != 3:
        raise ValueError(f"points have shape {points.shape}; (N, 478, 3) is needed")
    scale = np.stack([np.ones_like(aspects), aspects, np.ones_like(aspects)], axis=1)
    points = points.astype(np.float64) * scale[:, None]  # (N, 478, 3), in widths of the picture
    span = np.linalg.norm(points[:, _EYE_LEFT] - points[:, _EYE_RIGHT], axis=1)
    apart = [
        np.linalg.norm(points[:, first] - points[:, second], axis=1)
        for first, second in _DISTANCES.values()
    ]
    lids = [_below(*(points[:, each, :2] for each in three)) for three in _LIDS.values()]
    return np.stack([*apart, *lids], axis=1) / span[:, None]


def _below(point: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How far points (N, 2) lie below lines, seen in the picture; `left` has the larger x."""
    line = left - right
    normal = np.stack([-line[:, 1], line[:, 0]], axis=1) / np.linalg.norm(line, axis=1)[:, None]
    return ((point - right) * normal).sum(1)
