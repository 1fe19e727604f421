"""Finds the faces of an upright picture, of every size: looks at the whole, then at what MTCNN
proposes, enlarged, then once more with lower thresholds."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from faces.readers.landmarks.config import LandmarkerConfig
from faces.readers.landmarks.framing import frame_picture
from faces.readers.landmarks.models import LandmarkModels
from faces.readers.landmarks.table import Landmarks
from faces.sets.boxes import SAME_FACE, area, overlap

if TYPE_CHECKING:
    from faces.sets.detection import Detector

# forehead, nose, lips and chin: the line that tells where a face is and how it stands
_MIDDLE = np.array([10, 168, 1, 13, 14, 152])
_FOREHEAD, _CHIN = 10, 152
# the landmarker sees faces from this share of a picture's longer side on
_SEEN = 0.2
# a face's box, widened by this share of itself on each side, covers a picture that was cut to it
_AROUND, _COVERED = 0.5, 0.8
# what is looked at of a proposal: so many times its longer side, enlarged to so many pixels
_ROOM, _ENLARGED = 2.0, 256

Detail = Callable[[], np.ndarray]


class FaceFinder:
    """Finds faces by the rules of a LandmarkerConfig."""

    def __init__(self, config: LandmarkerConfig, models: LandmarkModels) -> None:
        self.config, self._models = config, models

    def find(self, picture: np.ndarray, detail: Detail | None = None) -> list[Landmarks]:
        """The faces of a picture, the largest first.

        Args:
            picture: uint8 (H, W, 3) RGB.
            detail: gives the same picture in more pixels, for small faces; asked only where they
                are looked for.
        """
        if faces := self.find_sure(picture, detail):
            return faces
        return self._look_again(picture)

    def find_sure(self, picture: np.ndarray, detail: Detail | None = None) -> list[Landmarks]:
        """The same without the look with lower thresholds."""
        faces = self._look(picture)
        if not self._suffice(faces, picture):
            faces = [*faces, *self._propose(picture, detail, faces)]
        return without_duplicates(faces)

    def may_hold_small_faces(self, picture: np.ndarray) -> bool:
        """Whether a face that is looked for may be too small for the landmarker alone."""
        return max(picture.shape[:2]) * _SEEN > self.config.smallest

    def _suffice(self, faces: list[Landmarks], picture: np.ndarray) -> bool:
        """Whether no smaller face can matter to what was asked for."""
        if not self.may_hold_small_faces(picture):
            return True
        if not faces:
            return False
        size = np.array(picture.shape[1::-1], np.float64)
        box = max(faces, key=lambda face: area(face.box)).box
        if self.config.faces == "all":
            return bool(_is_cut_to(box, size))
        if (box[2:] - box[:2]).max() < _SEEN * size.min():
            return False
        centred = bool((box[:2] <= size / 2).all() and (size / 2 <= box[2:]).all())
        return centred or self.config.faces == "largest"

    def _look(self, picture: np.ndarray) -> list[Landmarks]:
        """The first look: without a border, then with one; small pictures with one at once."""
        c = self.config
        borders = (0.0, c.border) if max(picture.shape) > c.small else (c.border,)
        for border in borders:
            frame = frame_picture(picture, border, c.enlarged)
            if faces := self._models.detect(frame):
                return [self._models.scored(face, frame) for face in faces]
        return []

    def _look_again(self, picture: np.ndarray) -> list[Landmarks]:
        """A second look with lower thresholds, whose finding another framing must confirm."""
        c = self.config
        earlier: list[Landmarks] = []
        for border, turn in c.second_looks:
            frame = frame_picture(picture, border, c.enlarged, turn)
            for face in self._models.detect(frame, lenient=True):
                if any(_disagreement(face, other) <= c.agreement for other in earlier):
                    return [self._models.scored(face, frame)]
                earlier.append(face)
        return []

    @cached_property
    def _detector(self) -> "Detector":
        from faces.sets.detection import Detector  # torch: only where small faces are looked for

        return Detector()

    def _propose(
        self, picture: np.ndarray, detail: Detail | None, known: list[Landmarks]
    ) -> list[Landmarks]:
        """Faces that MTCNN proposes and the landmarker confirms on an enlarged crop."""
        detailed = picture if detail is None else detail()
        times = np.tile(np.array(picture.shape[1::-1]) / np.array(detailed.shape[1::-1]), 2)
        proposals = self._detector.of_every_size(detailed, self.config.smallest).boxes
        found: list[Landmarks] = []
        for box in sorted(proposals, key=lambda box: -area(box))[: self.config.most]:
            if any(overlap(box * times, face.box) >= SAME_FACE for face in (*known, *found)):
                continue
            if (face := self._confirm(detailed, box)) is not None:
                found.append(replace(face, box=(face.box * times).astype(np.float32)))
        return found

    def _confirm(self, picture: np.ndarray, box: np.ndarray) -> Landmarks | None:
        """The face that the landmarker sees where MTCNN proposes one, if it does."""
        size = np.array(picture.shape[1::-1])
        half = _ROOM / 2 * max(float((box[2:] - box[:2]).max()), 1.0)
        centre = (box[:2] + box[2:]) / 2
        low = np.clip(np.floor(centre - half), 0, size - 1).astype(int)
        high = np.clip(np.ceil(centre + half), low + 1, size).astype(int)
        part = np.ascontiguousarray(picture[low[1] : high[1], low[0] : high[0]])
        frame = frame_picture(part, self.config.border, _ENLARGED)
        for face in self._models.detect(frame):
            placed = _placed(self._models.scored(face, frame), low, high - low, size)
            if overlap(placed.box, box) >= SAME_FACE:
                return placed
        return None


def without_duplicates(faces: list[Landmarks]) -> list[Landmarks]:
    """Faces by size, the largest first, without those that lie on a larger one."""
    distinct: list[Landmarks] = []
    for face in sorted(faces, key=lambda face: -area(face.box)):
        if all(overlap(face.box, other.box) < SAME_FACE for other in distinct):
            distinct.append(face)
    return distinct


def _is_cut_to(box: np.ndarray, size: np.ndarray) -> bool:
    """Whether a picture of some width and height was cut to the face in a box of it."""
    around = _AROUND * np.tile(box[2:] - box[:2], 2) * (-1, -1, 1, 1)
    wide = np.clip(box + around, 0, np.tile(size, 2))
    return bool(area(wide) >= _COVERED * size.prod())


def _placed(face: Landmarks, low: np.ndarray, part: np.ndarray, size: np.ndarray) -> Landmarks:
    """A face of a part of a picture, in the picture's coordinates.

    Args:
        low, part, size: (2,) corner and size of the part, size of the picture, in pixels.
    """
    points = face.points.copy()
    points[:, :2] = (points[:, :2] * part + low) / size
    points[:, 2] *= part[0] / size[0]  # in units of the width, as x is
    return replace(face, points=points, box=(face.box + np.tile(low, 2)).astype(np.float32))


def _disagreement(face: Landmarks, other: Landmarks) -> float:
    """Mean distance between two findings of one face, as a share of its height."""
    one, two = face.points[_MIDDLE, :2], other.points[_MIDDLE, :2]
    height = np.linalg.norm(face.points[_FOREHEAD, :2] - face.points[_CHIN, :2])
    return float(np.linalg.norm(one - two, axis=1).mean() / height)
