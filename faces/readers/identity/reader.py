"""Who a face is, as 128 numbers: the way of pictures into the identity network and out of it."""

import os
from collections.abc import Sequence

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.readers.identity.alignment import chip_of_points, points_of_crops
from faces.readers.identity.config import WIDTH
from faces.readers.identity.network import BUNDLED, IdentityNetwork

#: Faces that pass through the network at once; bounds memory at about 200 MiB.
_BATCH = 32
#: Length by which an embedding may differ from that of the same face alone: float32 rounds by the
#: batch.
CLOSE = 1e-4


class IdentityReader:
    """Embeds faces, so that the Euclidean distance of two says whether they are one person's.

    Below 0.6 two pictures are likely one person's; strangers are at about 0.8. Distances are
    `faces.readers.identity.distances`, and `group_people` says who is who.

    Args:
        weights: a file that `scripts/make_identity.py` made, or "bundled".
        device: where to compute; None takes CUDA where there is one.

    Raises:
        CircumplexError: missing, damaged, or of another kind or version.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] = "bundled",
        device: str | torch.device | None = None,
    ) -> None:
        file = BUNDLED if str(weights) == "bundled" else weights
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network = IdentityNetwork.load(file, self.device)

    def read(self, pictures: Sequence[np.ndarray], points: np.ndarray) -> np.ndarray:
        """Embed one face a picture.

        Args:
            pictures: N of any sizes, uint8 (H, W, 3) RGB.
            points: (N, 5, 2) in each picture's pixels, in the order of
                `faces.sets.detection.POINTS` (`landmarks.framing.five_points` makes them
                of MediaPipe's mesh); NaN where there is no face.

        Returns:
            (N, 128) float32; rows of NaN where there is no face.

        Raises:
            CircumplexError: a picture of another type or shape, naming its position.
        """
        points = np.asarray(points, np.float64).reshape(len(pictures), 5, 2)
        found = np.asarray(np.isfinite(points).all((1, 2)))
        embeddings = np.full((len(pictures), WIDTH), np.nan, np.float32)
        chips = [
            chip_of_points(checked(picture, at), points[at])
            for at, picture in enumerate(pictures)
            if found[at]
        ]
        embeddings[found] = self.read_chips(chips)
        return embeddings

    def read_crops(self, crops: Sequence[np.ndarray], margin: float) -> np.ndarray:
        """Embed faces that `faces.sets` cut by points, or that a generator trained on such draws.

        Nothing is looked for: every picture is taken for a face that lies where its like do.

        Args:
            crops: N, uint8 (S, S, 3) RGB; margin: of the cut, see `PrepareConfig`.

        Returns:
            (N, 128) float32.

        Raises:
            CircumplexError: as `read`.
        """
        points = [points_of_crops(margin, crop.shape[0]) for crop in crops]
        return self.read(crops, np.array(points).reshape(-1, 5, 2))

    @torch.inference_mode()
    def read_chips(self, chips: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings (N, 128) float32 of aligned faces, N of uint8 (150, 150, 3).

        A face's numbers depend on what stands beside it by no more than `CLOSE`.
        """
        parts = [torch.zeros(0, WIDTH)]
        for start in range(0, len(chips), _BATCH):
            stack = np.stack(chips[start : start + _BATCH]).transpose(0, 3, 1, 2)
            batch = to_tensor(np.ascontiguousarray(stack)).to(self.device)
            parts.append(self.network(batch).cpu())
        return torch.cat(parts).numpy()


def checked(picture: np.ndarray, at: int) -> np.ndarray:
    """The picture, in memory that torch takes.

    Raises:
        CircumplexError: not uint8 (H, W, 3).
    """
    shaped = picture.ndim == 3 and picture.shape[2] == 3 and min(picture.shape) > 0
    if picture.dtype != np.uint8 or not shaped:
        raise CircumplexError(
            f"picture {at} is {picture.dtype} {picture.shape}; the identity reader takes uint8 "
            "(H, W, 3)"
        )
    return np.require(picture, requirements=["C", "W"])
