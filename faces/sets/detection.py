"""MTCNN in real batches: boxes and five points of the faces in many pictures at once.

The three networks are facenet-pytorch's (Zhang et al., "Joint face detection and alignment using
multitask cascaded convolutional networks", IEEE SPL 23, 2016), with the weights of its wheel, as
`faces.sets.cascade` runs them. Pictures of any sizes lie on canvases of one; those in which nothing
is found are looked at again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps

from faces.sets.canvas import put_on_canvas, tilted, upright
from faces.sets.cascade import Cascade

#: The order of the five points. Left and right are the viewer's.
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")

#: Pixels of the smallest face that `Detector.of_every_size` looks for where nothing else is said.
SMALLEST = 32
_SLACK = 0.85  # how much smaller than that the pyramid begins

# least confidence after each of the three networks, at the first and the second look
_FIRST, _SECOND = (0.6, 0.7, 0.7), (0.25, 0.25, 0.5)
_WIDER = 0.15
# degrees counter-clockwise by which small pictures are turned that seem to hold no face
_TILTS = (-35.0, 35.0)
# side of the canvas in pixels for small pictures, and the least one for larger ones
_SMALL, _LARGE = 128, 256
_SMALL_UP_TO = 160
_LEAST_FACE = 24  # pixels of the smallest face on a large canvas
_PICTURES = 8  # that go through the first network at once


@dataclass(frozen=True)
class Detections:
    """Faces found in one picture, the most confident first.

    Attributes:
        boxes: (n, 4) float32: left, top, right, bottom in the picture's pixels; may lie outside.
        points: (n, 5, 2) float32: x, y of POINTS in the picture's pixels.
        confidence: (n,) float32 in [0, 1].
    """

    boxes: np.ndarray
    points: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.confidence)


NO_FACES = Detections(
    np.empty((0, 4), np.float32), np.empty((0, 5, 2), np.float32), np.empty(0, np.float32)
)


class Detector:
    """MTCNN over lists of pictures of any sizes.

    Args:
        smallest: side of the smallest face looked for, as a share of the picture's longer side.
        border: width of the replicated border around each picture, as a share of its longer
            side. Faces that fill their picture are found only with one.
        device: where the networks run.
    """

    def __init__(
        self,
        smallest: float = 0.25,
        border: float = 0.2,
        device: str = "cpu",
    ) -> None:
        self.smallest = smallest
        self.border = border
        self.device = torch.device(device)
        self._cascade = Cascade(self.device)

    @torch.inference_mode()
    def of_every_size(self, picture: np.ndarray, smallest: int = SMALLEST) -> Detections:
        """Find the faces of one picture, uint8 (H, W, 3) RGB, however small beside it they are.

        Args:
            smallest: side in pixels of the smallest face looked for.
        """
        canvas = torch.from_numpy(np.require(picture, requirements=["C", "W"]))[None]
        canvases = canvas.to(self.device).permute(0, 3, 1, 2)
        boxes, points, scores, _ = self._cascade(canvases, smallest * _SLACK, _FIRST, 1)
        return Detections(boxes, points, scores)

    @torch.inference_mode()
    def __call__(
        self, pictures: Sequence[np.ndarray], second_look: bool = True
    ) -> list[Detections]:
        """Find the faces of each picture, uint8 (H, W, 3) RGB.

        A picture in which the first look finds nothing gets a second one: equalised, with a
        wider border and lower thresholds before the last network, unless `second_look` is off.
        A small one in which that is not sure either was cut to its face all the same, and is
        turned to either side: so is nearly half of FER+'s found that are not otherwise.
        """
        detections = self._detect(pictures, _FIRST, self.border)
        if not second_look:
            return detections
        empty = [index for index, faces in enumerate(detections) if not len(faces)]
        equalised = [np.asarray(ImageOps.equalize(Image.fromarray(pictures[i]))) for i in empty]
        second = self._detect(equalised, _SECOND, self.border + _WIDER)
        detections = _filled(detections, empty, second)
        unsure = [i for i in empty if _is_small(pictures[i]) and not _is_sure(detections[i])]
        return _filled(detections, unsure, self._detect_tilted([pictures[i] for i in unsure]))

    def _detect_tilted(self, pictures: list[np.ndarray]) -> list[Detections]:
        """What is found in pictures turned to one side and to the other, whichever is surer."""
        count = len(pictures)
        tilts = [tilt for tilt in _TILTS for _ in pictures]
        both = self._detect([*pictures, *pictures], _FIRST, self.border, tilts)
        return [max(pair, key=_confidence) for pair in zip(both[:count], both[count:], strict=True)]

    def _detect(
        self,
        pictures: Sequence[np.ndarray],
        thresholds: tuple[float, float, float],
        border: float,
        tilts: Sequence[float] = (),
    ) -> list[Detections]:
        """One pass over all pictures, those of one canvas size together.

        Args:
            tilts: degrees counter-clockwise by which the canvas of each is turned; none without.
        """
        tilts = tilts or [0.0] * len(pictures)
        results: dict[int, Detections] = {}
        large = max(_LARGE, math.ceil(_LEAST_FACE / self.smallest * (1 + 2 * border)))
        sides = [_SMALL if _is_small(picture) else large for picture in pictures]
        for side in (_SMALL, large):
            members = [index for index, own in enumerate(sides) if own == side]
            if members:
                faces = self._detect_on_canvas(
                    [(pictures[i], tilts[i]) for i in members], side, thresholds, border
                )
                results.update(zip(members, faces, strict=True))
        return [results[index] for index in range(len(pictures))]

    def _detect_on_canvas(
        self,
        pictures: list[tuple[np.ndarray, float]],
        side: int,
        thresholds: tuple[float, float, float],
        border: float,
    ) -> list[Detections]:
        """Of pictures and the degrees by which the canvas of each is turned."""
        on_canvas = [(*put_on_canvas(picture, side, border), tilt) for picture, tilt in pictures]
        turned = np.stack([tilted(canvas, tilt) for canvas, _, _, tilt in on_canvas])
        stacked = torch.from_numpy(turned).to(self.device)
        canvases = stacked.permute(0, 3, 1, 2)  # bytes, channels last
        smallest = self.smallest * side / (1 + 2 * border)
        boxes, points, scores, owner = self._cascade(canvases, smallest, thresholds, _PICTURES)
        results = []
        for index, (_, scale, offset, tilt) in enumerate(on_canvas):
            members = owner == index
            box, point = upright(boxes[members], points[members], side, tilt)
            box = (box - np.tile(offset, 2)) / scale
            point = (point - offset) / scale
            results.append(
                Detections(box.astype(np.float32), point.astype(np.float32), scores[members])
            )
        return results


def _is_small(picture: np.ndarray) -> bool:
    """Whether a picture goes on a small canvas."""
    return max(picture.shape) <= _SMALL_UP_TO


def _is_sure(faces: Detections) -> bool:
    """Whether a face would have been found at the first look."""
    return _confidence(faces) > _FIRST[-1]


def _confidence(faces: Detections) -> float:
    """Of the surest of a picture's faces; 0 without one."""
    return float(faces.confidence.max(initial=0.0))


def _filled(
    detections: list[Detections], again: list[int], found: list[Detections]
) -> list[Detections]:
    """Detections with what another look found in some of the pictures, where it found anything."""
    later = {index: faces for index, faces in zip(again, found, strict=True) if len(faces)}
    return [later.get(index, faces) for index, faces in enumerate(detections)]
