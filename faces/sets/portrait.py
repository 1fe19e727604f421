"""One face of a photo, and how many there were to choose from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets.alignment import crop_of_box, crop_of_points
from faces.sets.config import PrepareConfig
from faces.sets.detection import Detections
from faces.sets.moving import is_animated
from faces.sets.preparing import examine_picture
from faces.sets.sources.rows import BOX, POINTS


@dataclass(frozen=True, eq=False)
class Portrait:
    """A face cut out of a photo.

    Attributes:
        face: uint8 (C, S, S); found: faces of the photo that the detector is sure of; number:
            which of them it is, the largest being 1.
        crop: (2, 3), where a point of the face's unit square lies in the upright photo, in pixels.
        yaw, pitch, roll: in degrees.
        turned: degrees by which the photo was turned clockwise to stand upright.
        moves: whether the photo has several frames, of which this is of the first.
    """

    face: np.ndarray
    found: int
    number: int
    crop: np.ndarray
    yaw: float
    pitch: float
    roll: float
    turned: int = 0
    moves: bool = False

    @property
    def width(self) -> float:
        """Side of the crop in pixels of the photo."""
        return float(np.hypot(self.crop[0, 0], self.crop[1, 0]))

    @property
    def coloured(self) -> np.ndarray:
        """The face as uint8 (S, S, 3)."""
        face = np.broadcast_to(self.face, (3, *self.face.shape[1:]))
        return np.array(face.transpose(1, 2, 0), order="C")


def cut_portrait(path: str | Path, config: PrepareConfig, number: int | None = None) -> Portrait:
    """A face of a photo, cut as `prepare` cuts it.

    Args:
        path: a picture file.
        config: settings of the face set whose like is wanted.
        number: of the face, from 1, the largest; None for the largest.

    Raises:
        CircumplexError: unreadable, no face, none within the settings' limits, or not so many.
    """
    pick = _BySize(path, number or 1)
    row, face = examine_picture(path, config, pick)
    if config.align == "points":
        points = np.array([row[name] for name in POINTS]).reshape(5, 2)
        crop = crop_of_points(points, config.margin)
    else:
        crop = crop_of_box(np.array([row[name] for name in BOX]), config.margin)
    pose = row["yaw"], row["pitch"], row["roll"]
    return Portrait(
        face, pick.found, pick.number, crop, *pose, row["turned"], is_animated(Path(path))
    )


class _BySize:
    """Chooses among the faces that are sure, and remembers how many there were."""

    def __init__(self, path: str | Path, number: int) -> None:
        self.path, self.number, self.found = path, number, 1

    def __call__(self, faces: Detections, shape: tuple[int, ...], config: PrepareConfig) -> int:
        confident = np.flatnonzero(faces.confidence >= config.min_confidence)
        if not len(confident):  # refused later, for the confidence of the best
            return int(np.argmax(faces.confidence))
        self.found = len(confident)
        if not 1 <= self.number <= self.found:
            raise CircumplexError(
                f"{self.path} shows {self.found} face(s), the largest being 1; "
                f"there is no face {self.number}"
            )
        boxes = faces.boxes[confident]
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        return int(confident[np.argsort(-areas, kind="stable")[self.number - 1]])
