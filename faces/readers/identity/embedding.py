"""The identity network for faces whose landmarks are known."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from faces.readers.landmarks.framing import Crop, five_points
from faces.readers.landmarks.table import Landmarks

#: Embeddings (N, 128) of faces, each with the part of its picture that shows the head.
Embed = Callable[[Sequence[Landmarks], Sequence[Crop]], np.ndarray]


def open_identity(weights: str | Path, device: str | None) -> Embed:
    """Open the identity network.

    Args:
        weights: its file, or "bundled".
        device: where to compute; None takes CUDA where there is one.

    Raises:
        CircumplexError: the file cannot be read.
    """
    from faces.readers.identity.reader import IdentityReader  # torch: only where it is used

    reader = IdentityReader(weights, device)

    def embed(faces: Sequence[Landmarks], heads: Sequence[Crop]) -> np.ndarray:
        points = [
            head.within(five_points(face.points)) * head.pixels.shape[1::-1]
            for face, head in zip(faces, heads, strict=True)
        ]
        return reader.read([head.pixels for head in heads], np.stack(points))

    return embed
