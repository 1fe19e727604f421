"""Readings of an evaluation whose truth is known by construction."""

from collections.abc import Callable, Mapping

import numpy as np

from studio.evaluation.edits import EditReadings
from studio.stimuli.points import ring_points

INTENSITIES = (0.2, 0.4, 0.8)
DIRECTIONS = 8


def targets_of(
    directions: int = DIRECTIONS, intensities: tuple[float, ...] = INTENSITIES
) -> np.ndarray:
    """Neutral, then every point, (1 + P, 2)."""
    return np.array([(0.0, 0.0), *ring_points(directions, intensities)])


def edit_readings(
    readers: Mapping[str, Callable[[np.ndarray], np.ndarray] | np.ndarray],
    seeds: int = 5,
    turn: float = 0.0,
    noise: float = 0.1,
    directions: int = DIRECTIONS,
    intensities: tuple[float, ...] = INTENSITIES,
    expected: np.ndarray | None = None,
) -> EditReadings:
    """Faces of which readers say the given (S, 1 + P, 2), or what they make of targets (1 + P, 2).

    Args:
        turn: degrees of yaw for a unit of intensity; noise: deviation of the 40 numbers of an
            edit's identity from those of the face, whose own are 1; expected: what readers are to
            find (1 + P, 2), where that is not the targets.
    """
    rng = np.random.default_rng(0)
    targets = targets_of(directions, intensities)
    shape = (seeds, len(targets))
    pose = np.zeros((*shape, 3))
    pose[:, 1:, 0] = turn * np.linalg.norm(targets[1:], axis=1)
    faces = rng.normal(size=(seeds, 1, 40))
    return EditReadings(
        seeds=tuple(range(seeds)),
        directions=directions,
        intensities=intensities,
        expected=targets if expected is None else expected,
        affect={
            name: np.stack([read(targets)] * seeds) if callable(read) else read.copy()
            for name, read in readers.items()
        },
        pose=pose,
        identity=faces + noise * rng.normal(size=(*shape, 40)),
        identity_by="made",
        found=np.ones(shape, bool),
        appearance=np.broadcast_to((0.2, 30.0), (*shape, 2)).copy(),
        picture=np.broadcast_to((120.0, 40.0, 200.0), (*shape, 3)).copy(),
    )
