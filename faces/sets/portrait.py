"""One face of a photo, and how many there were to choose from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets.config import PrepareConfig
from faces.sets.detection import Detections
from faces.sets.preparing import prepare_picture


@dataclass(frozen=True, eq=False)
class Portrait:
    """A face cut out of a photo.

    Attributes:
        face: uint8 (C, S, S); found: faces of the photo that the detector is sure of; number:
            which of them it is, the largest being 1.
    """

    face: np.ndarray
    found: int
    number: int


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
    face = prepare_picture(path, config, pick)
    return Portrait(face, pick.found, pick.number)


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
