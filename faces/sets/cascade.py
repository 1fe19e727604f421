"""The three networks of MTCNN over canvases of one size: proposals, better boxes, points.

They are facenet-pytorch's, with the weights of its wheel. What is done between them is this
module's: the pyramid starts at the smallest face that is asked for, crops are cut by one
`roi_align`, and non-maximum suppression runs once for the whole batch.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, roi_align

_CELL = 12  # pixels that one output of the first network looks at
_STRIDE = 2
_STEP = 0.709  # from one level of the pyramid to the next: half the area
_CROPS = 32  # that go through one of the other networks at once
_OVERLAP_LEVEL, _OVERLAP_STAGE, _OVERLAP_FACE = 0.5, 0.7, 0.4


class Cascade:
    """The networks one after the other, each with fewer and better boxes than the one before.

    Args:
        device: where they run.
    """

    def __init__(self, device: torch.device) -> None:
        # importing facenet-pytorch takes a second and is needed by no one else
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

        self.device = device
        self._nets: list[nn.Module] = [
            net().eval().to(device, memory_format=torch.channels_last) for net in (PNet, RNet, ONet)
        ]

    def __call__(
        self,
        canvases: Tensor,
        smallest: float,
        thresholds: tuple[float, float, float],
        block: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Find the faces on canvases.

        Args:
            canvases: bytes (N, 3, H, W), channels last, on the device.
            smallest: side in pixels of the smallest face looked for.
            thresholds: least confidence after each network.
            block: canvases that go through the first network at once.

        Returns:
            Boxes (n, 4), points (n, 5, 2), scores (n,), and the canvas of each (n,), in its pixels.
        """
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
        score = probability[:, 1]
        boxes, owner, shift, score = _confident(score > threshold, boxes, owner, shift, score)
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
        score = probability[:, 1]
        boxes, owner, shift, points, score = _confident(
            score > threshold, boxes, owner, shift, points, score
        )
        # the network gives five x, then five y, in units of its crop
        points = points.unflatten(1, (2, 5)).transpose(1, 2)
        points = boxes[:, None, :2] + points * (boxes[:, 2:] - boxes[:, :2])[:, None]
        boxes = _shifted(boxes, shift)
        keep = batched_nms(boxes, score, owner, _OVERLAP_FACE)
        return boxes[keep], points[keep], score[keep], owner[keep]


def _confident(which: Tensor, *candidates: Tensor) -> tuple[Tensor, ...]:
    """What is known of the candidates, each (n, …), of those which (n,) bool are kept."""
    return tuple(each[which] for each in candidates)


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
