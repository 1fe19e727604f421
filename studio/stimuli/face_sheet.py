"""Some of the faces that were read on one sheet to look at, with their points and labels."""

import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faces.readers.face_reading import FaceReading
from faces.readers.landmarks.geometry import BROWS, EYE_RINGS

ACROSS, FACES = 4, 16
_TILE, _GAP, _CAPTION, _MARGIN = 224, 10, 40, 18
_PAPER, _INK, _FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)
_POINT, _MASK = (64, 224, 208), (0, 0, 0)


class Sample:
    """Keeps a fixed number of a stream's readings, each with the same chance (Vitter's R, 1985)."""

    def __init__(self, count: int = FACES, seed: int = 0) -> None:
        self.count = count
        self._sample: list[tuple[int, FaceReading]] = []
        self._offered = 0
        self._random = random.Random(seed)

    def add(self, reading: FaceReading) -> None:
        """Offer one reading."""
        place = (
            self._offered
            if self._offered < self.count
            else self._random.randrange(self._offered + 1)
        )
        if place < self.count:
            self._sample[place : place + 1] = [(self._offered, reading)]
        self._offered += 1

    def holds(self, reading: FaceReading) -> bool:
        """Whether the cut-out of a reading is in the sample now."""
        crops = (each.crop for _, each in self._sample)
        return reading.crop is not None and any(crop is reading.crop for crop in crops)

    def readings(self) -> list[FaceReading]:
        """The sample, in the order in which they came."""
        return [reading for _, reading in sorted(self._sample, key=lambda pair: pair[0])]


def face_sheet(readings: Sequence[FaceReading], mask_eyes: bool = False) -> Image.Image:
    """Draw up to sixteen faces, four in a row, with their points and what they are said to show.

    Args:
        readings: with crops; those without a face are left out.
        mask_eyes: cover eyes and brows with a bar, under the points.
    """
    faces = [each for each in readings if each.crop is not None and each.found][:FACES]
    rows = max(1, -(-len(faces) // ACROSS))
    side = 2 * _MARGIN + ACROSS * (_TILE + _GAP) - _GAP
    down = 2 * _MARGIN + rows * (_TILE + _CAPTION + _GAP) - _GAP
    sheet = Image.new("RGB", (side, down), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, reading in enumerate(faces):
        row, column = divmod(place, ACROSS)
        corner = (
            _MARGIN + column * (_TILE + _GAP),
            _MARGIN + row * (_TILE + _CAPTION + _GAP),
        )
        sheet.paste(_tile(reading, mask_eyes), corner)
        _label(draw, corner, reading)
    return sheet


def _tile(reading: FaceReading, mask_eyes: bool) -> Image.Image:
    crop, face = reading.crop, reading.landmarks
    if crop is None or face is None:
        raise ValueError("a face on the sheet needs its crop and its landmarks")
    tile = Image.fromarray(crop.pixels).resize((_TILE, _TILE), Image.Resampling.BICUBIC)
    points = crop.within(face.points[:, :2]) * _TILE
    draw = ImageDraw.Draw(tile)
    if mask_eyes:
        draw.polygon(eye_bar(points), _MASK)
    for x, y in points:
        draw.rectangle((x - 0.5, y - 0.5, x + 0.5, y + 0.5), _POINT)
    return tile


def eye_bar(points: np.ndarray) -> list[tuple[float, float]]:
    """Corners of a bar over eyes and brows that lies as the head is tilted; points (478, 2)."""
    indices = [i for part in (EYE_RINGS, BROWS) for ring in part.values() for i in ring]
    covered = points[indices]
    along = points[263] - points[33]  # outer corner to outer corner
    length = float(np.hypot(*along)) or 1.0
    axes = np.array([along, [-along[1], along[0]]]) / length
    inside = covered @ axes.T
    room = np.array([0.15, 0.12]) * length
    (left, top), (right, bottom) = inside.min(0) - room, inside.max(0) + room
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ axes
    return [(float(x), float(y)) for x, y in corners]


def _label(draw: ImageDraw.ImageDraw, corner: tuple[int, int], reading: FaceReading) -> None:
    x, y = corner[0], corner[1] + _TILE + 2
    text = reading.label or "no label"
    expression = reading.expression
    if expression is not None and reading.probabilities is not None:
        text += f"; read {expression} {reading.probabilities.max():.2f}"
    draw.text((x, y), text, _INK, ImageFont.load_default(13))
    if reading.pose is not None:
        pose = reading.pose
        angles = f"yaw {pose.yaw:+.0f}°  pitch {pose.pitch:+.0f}°  roll {pose.roll:+.0f}°"
        draw.text((x, y + 18), angles, _FAINT, ImageFont.load_default(12))
