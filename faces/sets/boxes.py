"""Boxes (left, top, right, bottom) beside each other."""

import numpy as np

#: `overlap` from which on two boxes are of one face.
SAME_FACE = 0.5


def area(box: np.ndarray) -> float:
    """Width times height; 0 of a box that is none."""
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the smaller box that both cover."""
    return _common(a, b) / max(min(area(a), area(b)), 1e-9)


def intersection_over_union(a: np.ndarray, b: np.ndarray) -> float:
    """Share of what either box covers that both do."""
    both = _common(a, b)
    return both / max(area(a) + area(b) - both, 1e-9)


def _common(a: np.ndarray, b: np.ndarray) -> float:
    return area(np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])]))
