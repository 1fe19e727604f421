"""What is to be seen of faces that the landmarker found."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from faces.readers.landmarks.framing import five_points
from faces.readers.landmarks.table import Landmarks
from faces.sets.visibility.reader import read_visibility


def with_visibility(picture: np.ndarray, faces: Sequence[Landmarks]) -> list[Landmarks]:
    """The faces of a picture, uint8 (H, W, 3) RGB, each with what of it is to be seen."""
    size = np.array(picture.shape[1::-1])
    points = [five_points(face.points) * size for face in faces]
    seen = read_visibility(picture, points)
    return [replace(face, visibility=each) for face, each in zip(faces, seen, strict=True)]
