"""An oval about the face with a soft edge: what experiments show where hair and background are not
to tell anything."""

from dataclasses import dataclass

import numpy as np

#: The oval in units of the distance from the line of the eyes to that of the mouth: its centre
#: below the eyes, its half height. It runs from the hairline to the chin, where the picture shows
#: both, and within the ears.
_CENTRE, _HALF_HEIGHT = 0.42, 1.52
_WIDTH_TO_HEIGHT = 0.86
_MOST = 0.98  # of half the picture: the edge lies within it


@dataclass(frozen=True)
class Oval:
    """An ellipse in a picture, lengths as shares of its side.

    Attributes:
        centre: from the left and from the top; radii: horizontal and vertical, to the outer end of
            the soft edge.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]

    def in_pixels(self, side: int) -> str:
        """As "centre (64.0, 66.2), radii 40.1 × 46.6 pixels" of a picture of that side."""
        x, y, across, down = (side * length for length in (*self.centre, *self.radii))
        return f"centre ({x:.1f}, {y:.1f}), radii {across:.1f} × {down:.1f} pixels"


def face_oval(margin: float) -> Oval:
    """The oval about the inner face, the same for every face, as faces are aligned by their points.

    Args:
        margin: of the crops that the generator learned from, as `faces.sets` cut them.
    """
    from faces.readers.identity.alignment import points_of_crops  # torch: only where it is used

    points = points_of_crops(margin)  # two eyes, the nose, two corners of the mouth
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    unit = mouth[1] - eyes[1]
    centre = np.array([eyes[0], eyes[1] + _CENTRE * unit])
    room = float(np.minimum(centre, 1 - centre).min()) * _MOST
    height = float(min(_HALF_HEIGHT * unit, room))
    return Oval((float(centre[0]), float(centre[1])), (height * _WIDTH_TO_HEIGHT, height))


def oval_mask(side: int, margin: float, edge: float) -> np.ndarray:
    """How much of each pixel is shown, (side, side) float64 in [0, 1].

    Args:
        margin: as of `face_oval`.
        edge: width of the soft edge as a share of the oval's radius; within it a cosine falls from
            1 to 0.
    """
    oval = face_oval(margin)
    centre, half = oval.centre, oval.radii
    at = (np.arange(side) + 0.5) / side
    radius = np.hypot((at[None, :] - centre[0]) / half[0], (at[:, None] - centre[1]) / half[1])
    if not edge:
        return (radius <= 1).astype(np.float64)
    way = ((radius - (1 - edge)) / edge).clip(0, 1)
    return (1 + np.cos(np.pi * way)) / 2
