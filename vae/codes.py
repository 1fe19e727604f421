"""Between pixels and codes: pictures out of tensors, the encoding of face sets."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from faces.ground import pixels
from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor as to_tensor
from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.model import BetaVAE


def to_uint8(images: Tensor) -> np.ndarray:
    """Float N×C×S×S in [-1, 1] to RGB uint8 N×S×S×3; clipped; grey is repeated."""
    rgb = pixels.to_uint8(images).expand(-1, 3, -1, -1)
    return rgb.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def check_shape(model: BetaVAE, faces: FaceSet) -> None:
    """Refuse a face set of another size or channel count than the model's.

    Raises:
        CircumplexError: naming both and the remedy.
    """
    wanted = (model.config.channels, model.config.image_size)
    if (faces.channels, faces.size) != wanted:
        raise CircumplexError(
            f"{faces.folder} holds {faces.channels}-channel faces of {faces.size} pixels, the run "
            f"takes {wanted[0]} channel(s) of {wanted[1]}; prepare it with --size {wanted[1]} "
            f"--channels {wanted[0]}"
        )


@torch.inference_mode()
def encode_batches(
    model: BetaVAE,
    faces: FaceSet,
    rows: np.ndarray,
    batch_size: int = 256,
    progress: Progress = silent,
) -> Iterator[np.ndarray]:
    """Yield the mean codes, n×D float32, of `rows` batch by batch, in order.

    Raises:
        CircumplexError: the face set has another size or channel count than the model.
    """
    check_shape(model, faces)
    device = model.posterior_mean.device
    starts = range(0, len(rows), batch_size)
    for start in progress(starts, "encode", len(starts)):
        images = to_tensor(faces.read(rows[start : start + batch_size])).to(device)
        yield model.encode(images)[0].float().cpu().numpy()


def encode_faces(
    model: BetaVAE,
    faces: FaceSet,
    rows: np.ndarray,
    batch_size: int = 256,
    progress: Progress = silent,
) -> np.ndarray:
    """Mean codes of `rows`, n×D float32, in memory; see `encode_batches`."""
    batches = list(encode_batches(model, faces, rows, batch_size, progress))
    if not batches:
        return np.empty((0, model.config.latent_dim), np.float32)
    return np.concatenate(batches)
