"""The part of the circumplex that the labels of a face set cover: beyond it is extrapolation."""

import numpy as np

Point = tuple[float, float]


def label_hull(labels: np.ndarray) -> tuple[Point, ...] | None:
    """Corners of the convex hull of (valence, arousal), counter-clockwise; NaN rows are left out.

    None where the labels lie on one line or on one point.
    """
    from scipy.spatial import ConvexHull, QhullError

    points = np.unique(labels[np.isfinite(labels).all(1)].astype(np.float64), axis=0)
    if len(points) < 3:
        return None
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners)


def inside(hull: tuple[Point, ...], points: np.ndarray, slack: float = 0.02) -> np.ndarray:
    """Whether each of `points` (N, 2) lies within `slack` of the hull, (N,) bool."""
    corners = np.asarray(hull)
    edges = np.roll(corners, -1, axis=0) - corners  # (M, 2)
    apart = edges.any(1)  # corners that were rounded onto each other have no edge
    corners, edges = corners[apart], edges[apart]
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)  # inwards, for counter-clockwise
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    distance = ((points[:, None] - corners) * normals).sum(2)  # (N, M)
    return (distance >= -slack).all(1)
