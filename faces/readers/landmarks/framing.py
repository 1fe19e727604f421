"""How a picture is put before a model and a face cut out of it; points find their way back."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from faces.readers.landmarks.table import Landmarks

# Framing of FER+ (medians over its training pictures): centre of the landmarks, and their longer
# side, as shares of the picture.
_CENTRE = np.array([0.50, 0.55])
_SHARE = 0.92
# a picture whose overlap with the crop (IoU) is at least this is framed like the crop itself
_FRAMED = 0.5
_SQUARE = 1.1  # most ratio of the sides of such a picture
# Points of the mesh for each of the five: irises, tip of the nose, corners of the mouth. On 194
# portraits they lie within 0.03 distances of the eyes of where MTCNN finds the five.
_FIVE = ((468,), (473,), (1, 4), (61,), (291,))
# half a head's cut-out in root mean squares of the five points: an aligned face turned by 45
# degrees, and what sampling looks at around it, reach to 3.3
_HEAD = 3.3


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture, perhaps enlarged, within a border that repeats its edge, perhaps turned.

    Attributes:
        pixels: uint8 (H, W, 3) RGB, contiguous.
        size: (2,) width and height of the picture in its own pixels.
        scale: (2,) pixels of the frame per pixel of the picture.
        border: width of the border in pixels of the frame.
        turn: degrees by which all was turned about its centre, counter-clockwise as seen.
    """

    pixels: np.ndarray
    size: np.ndarray
    scale: np.ndarray
    border: int
    turn: float = 0.0

    def normalised(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3), normalised in the frame, as normalised in the picture."""
        sides = np.array(self.pixels.shape[1::-1], np.float64)
        inner = self.size * self.scale
        upright = _about(points[:, :2] * sides, sides / 2, -self.turn)
        xy = (upright - self.border) / inner
        z = points[:, 2:] * (sides[0] / inner[0])  # in units of the width, as x is
        return np.concatenate([xy, z], axis=1).astype(np.float32)

    def upright(self, matrix: np.ndarray) -> np.ndarray:
        """A face's matrix (4, 4) in the frame as that in the picture."""
        back = np.eye(4)
        c, s = np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))
        back[:2, :2] = [[c, s], [-s, c]]  # clockwise: y points up here
        return (back @ matrix).astype(np.float32)

    def from_picture(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2) in pixels of the picture as pixels of the frame."""
        centre = np.array(self.pixels.shape[1::-1]) / 2
        return _about(points * self.scale + self.border, centre, self.turn)


def frame_picture(picture: np.ndarray, border: float, enlarged: int, turn: float = 0.0) -> Frame:
    """Put a picture in a frame.

    Args:
        picture: uint8 (H, W, 3) RGB.
        border: as a share of the longer side.
        enlarged: a smaller longer side is enlarged to this many pixels.
        turn: degrees, counter-clockwise as seen.
    """
    height, width = picture.shape[:2]
    size = np.array([width, height], np.float64)
    times = max(1.0, enlarged / max(height, width))
    inner = np.maximum(1, np.round(size * times)).astype(int)
    pixels = np.ascontiguousarray(picture)
    if times > 1:
        image = Image.fromarray(pixels)
        pixels = np.asarray(image.resize(tuple(inner), Image.Resampling.BICUBIC))
    wide = round(border * int(inner.max()))
    if wide:
        import cv2  # ten times as fast as np.pad

        pixels = cv2.copyMakeBorder(pixels, wide, wide, wide, wide, cv2.BORDER_REPLICATE)
    if turn:
        pixels = np.asarray(Image.fromarray(pixels).rotate(turn, Image.Resampling.BILINEAR))
    return Frame(np.ascontiguousarray(pixels), size, inner / size, wide, turn)


def _about(points: np.ndarray, centre: np.ndarray, degrees: float) -> np.ndarray:
    """Points (N, 2) in pixels, turned counter-clockwise as seen (y points down)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (points - centre) @ np.array([[c, -s], [s, c]]) + centre


@dataclass(frozen=True, eq=False)
class Crop:
    """A face cut out of its picture.

    Attributes:
        pixels: uint8 (H, W, 3) RGB.
        box: (4,) left, top, right, bottom in the picture, normalised; may lie outside.
    """

    pixels: np.ndarray
    box: np.ndarray

    def within(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2), normalised in the picture, as normalised in the crop."""
        return (points[:, :2] - self.box[:2]) / (self.box[2:] - self.box[:2])


def crop_face(picture: np.ndarray, face: Landmarks, max_side: int = 160) -> Crop:
    """Cut a face as the pictures of FER+ are framed: a square, upright as the picture is.

    A picture that is framed so already is taken whole, without a change of its pixels. What lies
    outside the picture repeats its edge.

    Args:
        picture: uint8 (H, W, 3) RGB.
        face: what was found in it.
        max_side: longest side of the result in pixels; a larger crop is reduced to it.
    """
    size = np.array(picture.shape[1::-1], np.float64)
    low, high = (reduced(face.points[:, :2], axis=0) * size for reduced in (np.min, np.max))
    side = max(1.0, float((high - low).max()) / _SHARE)
    corner = (low + high) / 2 - _CENTRE * side
    box = np.concatenate([corner, corner + side])
    if _is_framed(box, size):
        box = np.concatenate([np.zeros(2), size])
        return Crop(_reduced(picture, max_side), box / np.tile(size, 2))
    corner = np.round(corner).astype(int)
    box = np.concatenate([corner, corner + round(side)])
    return Crop(_reduced(_cut(picture, box), max_side), box / np.tile(size, 2))


def five_points(points: np.ndarray) -> np.ndarray:
    """The five points (..., 5, 2) of meshes (..., 478, 2 or 3), in the mesh's own units.

    In the order of `faces.sets.detection.POINTS`: left and right are the viewer's.
    """
    return np.stack([points[..., list(each), :2].mean(-2) for each in _FIVE], -2)


def crop_head(picture: np.ndarray, face: Landmarks) -> Crop:
    """What the identity network looks at of a face, and more: whole pixels of the picture.

    Args:
        picture: uint8 (H, W, 3) RGB.
        face: what was found in it.
    """
    size = np.array(picture.shape[1::-1])
    five = five_points(face.points) * size
    centre = five.mean(0)
    reach = _HEAD * np.sqrt(np.square(five - centre).sum(1).mean()) + 4
    low = np.clip(np.floor(centre - reach), 0, size - 1).astype(int)
    high = np.clip(np.ceil(centre + reach), low + 1, size).astype(int)
    pixels = np.ascontiguousarray(picture[low[1] : high[1], low[0] : high[0]])
    return Crop(pixels, np.concatenate([low, high]) / np.tile(size, 2))


def _is_framed(box: np.ndarray, size: np.ndarray) -> bool:
    both = np.maximum(np.minimum(box[2:], size) - np.maximum(box[:2], 0), 0).prod()
    union = size.prod() + (box[2:] - box[:2]).prod() - both
    return bool(both / union >= _FRAMED and size.max() <= _SQUARE * size.min())


def _cut(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A box of whole pixels, perhaps beyond the edge."""
    left, top, right, bottom = box.tolist()
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(top, max(bottom, top + 1)), 0, height - 1)
    columns = np.clip(np.arange(left, max(right, left + 1)), 0, width - 1)
    return np.ascontiguousarray(picture[rows[:, None], columns])


def _reduced(pixels: np.ndarray, max_side: int) -> np.ndarray:
    longest = max(pixels.shape[:2])
    if longest <= max_side:
        return np.ascontiguousarray(pixels)
    share = max_side / longest
    size = tuple(max(1, round(side * share)) for side in pixels.shape[1::-1])
    return np.asarray(
        Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=3)
    )
