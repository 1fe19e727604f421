"""Identity as the shape of what a face keeps while it moves: a stand-in without identity weights.

Points of MediaPipe's mesh that expression hardly moves (contour down to the ears, the bridge and
base of the nose, corners of the eyes, cheekbones) are superimposed by position, size and rotation
(generalised Procrustes analysis; Gower 1975), and faces are compared by the cosine of what is left
from the mean face. It knows nothing of skin, hair or texture, and is to be named as what it is.
"""

import numpy as np

#: Forehead and temples to the ears, nose, corners of the eyes, cheekbones.
STABLE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 109, 67, 103, 54, 21, 162, 127, 234,
    168, 6, 197, 195, 5, 4, 1, 33, 133, 362, 263, 116, 345, 123, 352, 227, 447,
)  # fmt: skip
_ROUNDS = 5


def shape_vectors(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Deviation of each shape from the mean of the reference shapes, (N, 3 K).

    Args:
        points: (N, K, 3), rows with NaN stay NaN.
        reference: (M, K, 3), shapes whose mean the others are compared with; NaN rows are left out.
    """
    known = reference[np.isfinite(reference).all((1, 2))]
    if not len(known):
        return np.full((len(points), points[0].size), np.nan)
    mean = _centred(known[:1])[0]
    for _ in range(_ROUNDS):
        mean = _centred(superimpose(known, mean).mean(0)[None])[0]
    return (superimpose(points, mean) - mean).reshape(len(points), -1)


def superimpose(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Shapes (N, K, 3) moved, scaled and turned onto `target` (K, 3) of unit size, without
    mirroring: orthogonal Procrustes (Schönemann 1966; Kabsch's sign)."""
    known = np.isfinite(points).all((1, 2))
    result = np.full(points.shape, np.nan)
    shapes = _centred(points[known])
    left, _, right = np.linalg.svd(shapes.transpose(0, 2, 1) @ target)
    mirrored = np.linalg.det(left @ right) < 0
    left[mirrored, :, -1] *= -1
    result[known] = shapes @ (left @ right)
    return result


def _centred(shapes: np.ndarray) -> np.ndarray:
    """Without position, at a root sum of squares of one."""
    shapes = shapes - shapes.mean(1, keepdims=True)
    return shapes / np.sqrt(np.square(shapes).sum((1, 2), keepdims=True))
