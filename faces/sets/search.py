"""Finds the faces of pictures: at once where they fill them, then small ones, then turned ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from faces.sets.boxes import SAME_FACE, overlap
from faces.sets.detection import Detections, Detector
from faces.sets.pictures import Picture
from faces.sets.turning import CROPPED
from faces.sets.visibility.config import Visibility
from faces.sets.visibility.network import cut_face
from faces.sets.visibility.reader import visibility_of

_SURE = 0.95  # least confidence of a small face
_TURNS = (180, 90, 270)

Detail = Callable[[], Picture]


@dataclass(frozen=True, eq=False)
class FoundFaces:
    """The faces of one picture.

    Attributes:
        picture: the one they are in; faces: in its pixels.
        closer: the same in more pixels, where small faces were looked for.
        turned: degrees by which it was turned clockwise to stand upright.
        is_turned: it still stands on its side or head: turned, it shows no face.
    """

    picture: Picture
    faces: Detections
    closer: Picture | None = None
    turned: int = 0
    is_turned: bool = False


class FaceSearch:
    """MTCNN, quickly for faces that fill their picture and slowly for all others.

    Args:
        detector: of the quick look.
        min_confidence: least confidence of a face that ends the search.
        thorough: small faces are looked for beside large ones too.
    """

    def __init__(self, detector: Detector, min_confidence: float, thorough: bool = False) -> None:
        self._detector, self._least, self._thorough = detector, min_confidence, thorough

    def __call__(self, pictures: Sequence[Picture], details: Sequence[Detail]) -> list[FoundFaces]:
        """The faces of each picture.

        Args:
            details: of each picture, what gives it in more pixels, for small faces.
        """
        found = self._look(pictures, details, second_look=True)
        seen = self._largest(found)
        wanted = [
            (index, turn)
            for index, picture in enumerate(pictures)
            for turn in _turns(picture, seen[index])
        ]
        again = self._look(
            [pictures[index].turned(turn) for index, turn in wanted],
            [_turning(details[index], turn) for index, turn in wanted],
            second_look=False,
        )
        for (index, turn), other, now in zip(wanted, again, self._largest(again), strict=True):
            before = seen[index]
            better = now is not None and (
                now.is_upright if before is None else now.is_clearer_than(before)
            )
            if found[index].turned == 0 and better:
                found[index] = replace(other, turned=turn)
        return [
            replace(each, is_turned=True)
            if largest is not None and largest.is_turned and each.turned == 0
            else each
            for each, largest in zip(found, seen, strict=True)
        ]

    def _look(
        self, pictures: Sequence[Picture], details: Sequence[Detail], second_look: bool
    ) -> list[FoundFaces]:
        """The faces of pictures as they stand."""
        quick = self._detector([picture.pixels for picture in pictures], second_look)
        return [
            FoundFaces(picture, faces)
            if self._suffice(picture, faces)
            else self._look_closely(picture, faces, detail)
            for picture, faces, detail in zip(pictures, quick, details, strict=True)
        ]

    def _suffice(self, picture: Picture, faces: Detections) -> bool:
        if max(picture.pixels.shape) <= CROPPED:
            return True
        return not self._thorough and bool((faces.confidence >= self._least).any())

    def _look_closely(self, picture: Picture, quick: Detections, detail: Detail) -> FoundFaces:
        """What the quick look found, and beside it small faces in the picture's detail."""
        closer = detail()
        small = self._detector.of_every_size(closer.pixels)
        times = picture.scale / closer.scale
        boxes = small.boxes * np.tile(times, 2).astype(np.float32)
        new = [all(overlap(box, other) < SAME_FACE for other in quick.boxes) for box in boxes]
        kept = np.array(new, bool) & (small.confidence >= _SURE)
        both = Detections(
            np.concatenate([quick.boxes, boxes[kept]]),
            np.concatenate([quick.points, small.points[kept] * times.astype(np.float32)]),
            np.concatenate([quick.confidence, small.confidence[kept]]),
        )
        return FoundFaces(picture, both, closer)

    def _largest(self, found: Sequence[FoundFaces]) -> list[Visibility | None]:
        """What is to be seen of each picture's largest face that is sure; None without one."""
        cuts: dict[int, np.ndarray] = {}
        for index, each in enumerate(found):
            sure = np.flatnonzero(each.faces.confidence >= self._least)
            if len(sure):
                sides = each.faces.boxes[sure, 2:] - each.faces.boxes[sure, :2]
                points = each.faces.points[sure[int(sides.prod(1).argmax())]]
                closer = each.closer or each.picture
                cuts[index] = cut_face(closer.pixels, points * closer.scale / each.picture.scale)
        if not cuts:
            return [None] * len(found)
        seen = dict(zip(cuts, visibility_of(np.stack(list(cuts.values()))), strict=True))
        return [seen.get(index) for index in range(len(found))]


def _turns(picture: Picture, largest: Visibility | None) -> tuple[int, ...]:
    """Degrees by which a picture is to be turned clockwise and looked at again."""
    if picture.offset.any():  # a part, where the source says that the face is
        return ()
    if largest is not None:
        return largest.suspected_turns
    if max(picture.pixels.shape) <= CROPPED:  # of a set that was cut, where speed counts
        return ()
    return _TURNS


def _turning(detail: Detail, degrees: int) -> Detail:
    return lambda: detail().turned(degrees)
