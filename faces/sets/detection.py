"""MTCNN in real batches: boxes and five points of the faces in many pictures at once.

The three networks are facenet-pytorch's (Zhang et al., "Joint face detection and alignment using
multitask cascaded convolutional networks", IEEE SPL 23, 2016), with the weights of its wheel. What
is done between them is this module's: all pictures lie on canvases of one size, the pyramid starts
at the smallest face that is asked for, crops are cut by one `roi_align`, and non-maximum
suppression runs once for the whole batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torchvision.ops import batched_nms, roi_align

from faces.sets.canvas import put_on_canvas, tilted, upright

#: The order of the five points. Left and right are the viewer's.
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")

#: Pixels of the smallest face that `Detector.of_every_size` looks for where nothing else is said.
SMALLEST = 32
_SLACK = 0.85  # how much smaller than that the pyramid begins

_CELL = 12  # pixels that one output of the first network looks at
_STRIDE = 2
_STEP = 0.709  # from one level of the pyramid to the next: half the area
# least confidence after each of the three networks, at the first and the second look
_FIRST, _SECOND = (0.6, 0.7, 0.7), (0.25, 0.25, 0.5)
_WIDER = 0.15
# degrees counter-clockwise by which small pictures are turned that seem to hold no face
_TILTS = (-35.0, 35.0)
# side of the canvas in pixels for small pictures, and the least one for larger ones
_SMALL, _LARGE = 128, 256
_SMALL_UP_TO = 160
_LEAST_FACE = 24  # pixels of the smallest face on a large canvas
_PICTURES, _CROPS = 8, 32  # that go through a network at once
_OVERLAP_LEVEL, _OVERLAP_STAGE, _OVERLAP_FACE = 0.5, 0.7, 0.4


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
        # importing facenet-pytorch takes a second and is needed by no one else
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

        self.smallest = smallest
        self.border = border
        self.device = torch.device(device)
        self._nets: list[nn.Module] = [
            net().eval().to(self.device, memory_format=torch.channels_last)
            for net in (PNet, RNet, ONet)
        ]

    @torch.inference_mode()
    def of_every_size(self, picture: np.ndarray, smallest: int = SMALLEST) -> Detections:
        """Find the faces of one picture, uint8 (H, W, 3) RGB, however small beside it they are.

        Args:
            smallest: side in pixels of the smallest face looked for.
        """
        canvas = torch.from_numpy(np.require(picture, requirements=["C", "W"]))[None]
        canvases = canvas.to(self.device).permute(0, 3, 1, 2)
        boxes, points, scores, _ = self._detect_on(canvases, smallest * _SLACK, _FIRST, 1)
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
        boxes, points, scores, owner = self._detect_on(canvases, smallest, thresholds, _PICTURES)
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

    def _detect_on(
        self,
        canvases: Tensor,
        smallest: float,
        thresholds: tuple[float, float, float],
        block: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All three networks: boxes, points, scores, and the canvas of each, in its pixels."""
        proposed = self._propose(canvases, smallest, thresholds[0], block)
        images = _centred(canvases).contiguous()
        refined = self._refine(images, *proposed, thresholds[1])
        finished = self._finish(images, *refined, thresholds[2])
        boxes, points, scores, owner = (tensor.cpu().numpy() for tensor in finished)
        return boxes, points, scores, owner

    def _propose(
        self, canvases: Tensor, smallest: float, threshold: float, block: int
    ) -> tuple[Tensor, Tensor]:
        """First network over the pyramid: square boxes (n, 4) and the picture of each (n,)."""
        sides = canvases.shape[2:]
        scale = min(1.0, _CELL / smallest)
        boxes, scores, owners, shifts = [], [], [], []
        while min(sides) * scale >= _CELL:
            size = [int(side * scale + 1) for side in sides]
            # bytes in channels-last order have a vectorised kernel, floats do not
            level = nn.functional.interpolate(
                canvases, size, mode="bilinear", antialias=True, align_corners=False
            )
            shift, probability = _in_blocks(self._nets[0], _centred(level), block)
            owner, row, column = (probability[:, 1] >= threshold).nonzero(as_tuple=True)
            corner = _STRIDE * torch.stack((column, row), 1)
            times = torch.tensor([sides[1] / size[1], sides[0] / size[0]] * 2, device=self.device)
            box = torch.cat((corner, corner + _CELL), 1) * times
            score = probability[owner, 1, row, column]
            keep = batched_nms(box, score, owner, _OVERLAP_LEVEL)
            boxes.append(box[keep])
            scores.append(score[keep])
            owners.append(owner[keep])
            shifts.append(shift[owner, :, row, column][keep])
            scale *= _STEP
        if not boxes:  # narrower than any face
            nothing = canvases.new_empty((0, 4), dtype=torch.float32)
            return nothing, canvases.new_empty(0, dtype=torch.int64)
        box, score, owner, shift = map(torch.cat, (boxes, scores, owners, shifts))
        keep = batched_nms(box, score, owner, _OVERLAP_STAGE)
        return _square(_shifted(box[keep], shift[keep])), owner[keep]

    def _refine(
        self, images: Tensor, boxes: Tensor, owner: Tensor, threshold: float
    ) -> tuple[Tensor, Tensor]:
        """Second network: fewer and better square boxes."""
        if not len(boxes):  # the networks cannot reshape nothing
            return boxes, owner
        shift, probability = _in_blocks(self._nets[1], _crops(images, boxes, owner, 24), _CROPS)
        confident = probability[:, 1] > threshold
        boxes, owner, shift, score = (
            boxes[confident],
            owner[confident],
            shift[confident],
            probability[confident, 1],
        )
        keep = batched_nms(boxes, score, owner, _OVERLAP_STAGE)
        return _square(_shifted(boxes[keep], shift[keep])), owner[keep]

    def _finish(
        self, images: Tensor, boxes: Tensor, owner: Tensor, threshold: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Third network: boxes (n, 4), points (n, 5, 2), scores (n,) and pictures (n,)."""
        if not len(boxes):
            return boxes, boxes.new_empty(0, 5, 2), boxes.new_empty(0), owner
        crops = _crops(images, boxes, owner, 48)
        shift, points, probability = _in_blocks(self._nets[2], crops, _CROPS)
        confident = probability[:, 1] > threshold
        boxes, owner, shift, score = (
            boxes[confident],
            owner[confident],
            shift[confident],
            probability[confident, 1],
        )
        # the network gives five x, then five y, in units of its crop
        points = points[confident].unflatten(1, (2, 5)).transpose(1, 2)
        points = boxes[:, None, :2] + points * (boxes[:, 2:] - boxes[:, :2])[:, None]
        boxes = _shifted(boxes, shift)
        keep = batched_nms(boxes, score, owner, _OVERLAP_FACE)
        return boxes[keep], points[keep], score[keep], owner[keep]


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


def _crops(images: Tensor, boxes: Tensor, owner: Tensor, side: int) -> Tensor:
    """The boxes' contents (n, 3, side, side)."""
    where = torch.cat((owner[:, None].to(boxes.dtype), boxes), 1)
    crops = roi_align(images, where, side, sampling_ratio=1, aligned=True)
    return crops.contiguous(memory_format=torch.channels_last)


def _centred(pixels: Tensor) -> Tensor:
    """Bytes as the networks know them, in [-1, 1)."""
    return (pixels.float() - 127.5) / 128


def _in_blocks(net: nn.Module, batch: Tensor, block: int) -> tuple[Tensor, ...]:
    """A network's outputs for a batch, computed in blocks of one size.

    Every new shape costs oneDNN a compiled kernel with its memory, and changes the last bits.
    """
    count = len(batch)
    short = batch.new_zeros(-count % block, *batch.shape[1:])
    outputs = [net(part) for part in torch.cat((batch, short)).split(block)]
    return tuple(torch.cat(parts)[:count] for parts in zip(*outputs, strict=True))


def _shifted(boxes: Tensor, shift: Tensor) -> Tensor:
    """Boxes moved by what a network found, in shares of their own width and height."""
    return boxes + shift * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)


def _square(boxes: Tensor) -> Tensor:
    """Squares around the boxes' centres, as long as their longer sides."""
    half = (boxes[:, 2:] - boxes[:, :2]).amax(1, keepdim=True) / 2
    centre = (boxes[:, 2:] + boxes[:, :2]) / 2
    return torch.cat((centre - half, centre + half), 1)
