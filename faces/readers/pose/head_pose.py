"""Head pose in degrees from the facial transformation matrix, and the five directions.

Signs: yaw is positive when the subject turns to the viewer's right, pitch positive up, roll
positive clockwise as seen. The matrix takes MediaPipe's canonical face (x right as seen, y up, z
towards the viewer) into the camera's space with the same axes. Its rotation is read as

    R = Rz(-roll) Ry(yaw) Rx(-pitch)

that is, the head nods about the line of its ears, turns, and is tilted in the picture last:
turning the picture by θ therefore adds θ to roll and leaves yaw and pitch alone, and a mirror flips
the signs of yaw and roll. Roll is the slope of the line of the eyes as seen.
"""

from dataclasses import dataclass

import numpy as np

from faces.ground.records import Record, setting

#: Directions in which a head can face, as the viewer sees it; a position is the direction's code.
DIRECTIONS: tuple[str, ...] = ("forward", "left", "right", "up", "down")
ANGLES: tuple[str, ...] = ("yaw", "pitch", "roll")


@dataclass(frozen=True)
class HeadPose:
    """Yaw, pitch and roll in degrees; signs as at the top of this module."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class PoseConfig(Record):
    """When a head no longer faces forward.

    Attributes:
        yaw: degrees to either side from which on it faces left or right.
        up: degrees of pitch from which on it faces up.
        down: degrees of pitch below zero from which on it faces down.
    """

    yaw: float = setting(
        20.0, "Degrees from which on a head faces left or right.", above=0, below=90
    )
    up: float = setting(15.0, "Degrees from which on it faces up.", above=0, below=90)
    down: float = setting(15.0, "Degrees from which on it faces down.", above=0, below=90)


def head_angles(matrices: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll of each head.

    Args:
        matrices: (N, 4, 4) or (N, 3, 3): rotation, perhaps with scale; NaN where nothing was found.

    Returns:
        (N, 3) float32 in degrees, columns as in ANGLES; yaw in [-90, 90]; NaN where the input is.
    """
    matrices = np.asarray(matrices, np.float64)[..., :3, :3]
    turns = matrices / np.linalg.norm(matrices, axis=-2, keepdims=True)
    yaw = np.arcsin(np.clip(-turns[..., 2, 0], -1.0, 1.0))
    pitch = np.arctan2(-turns[..., 2, 1], turns[..., 2, 2])
    roll = np.arctan2(-turns[..., 1, 0], turns[..., 0, 0])
    return np.degrees(np.stack([yaw, pitch, roll], -1)).astype(np.float32)


def head_directions(angles: np.ndarray, config: PoseConfig | None = None) -> np.ndarray:
    """The direction in which each head faces.

    A head beyond two thresholds faces where it is further beyond, in units of the threshold.

    Args:
        angles: (N, 3) degrees as `head_angles` gives; NaN where nothing was found.
        config: the thresholds.

    Returns:
        (N,) int8 codes: positions in DIRECTIONS, -1 where an angle is NaN.
    """
    config = config or PoseConfig()
    yaw, pitch = np.asarray(angles, np.float64)[..., :2].T
    # beyond[k] is how far the head is turned towards DIRECTIONS[k]; forward stands at its edge
    turned = (-yaw / config.yaw, yaw / config.yaw, pitch / config.up, -pitch / config.down)
    beyond = np.stack([np.ones_like(yaw), *turned])
    codes = np.argmax(np.nan_to_num(beyond), axis=0).astype(np.int8)
    return np.where(np.isnan(yaw) | np.isnan(pitch), np.int8(-1), codes)
