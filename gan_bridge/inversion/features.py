"""Networks that see pictures as people rather than pixels do.

The one that tells people apart is the package's own, or InceptionResnetV1 by path; VGG16 comes by
path. Nothing is fetched. Where one is missing, the pixels do its work, and what that costs is said.
"""

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from faces.ground.artefacts import check_tensors
from faces.ground.errors import CircumplexError
from faces.ground.pixels import to_tensor
from faces.readers.identity.alignment import chips_of_crops
from faces.readers.identity.network import IdentityNetwork
from faces.sets.config import PrepareConfig
from vae.checkpoint import read_tensors

N = TypeVar("N", bound=nn.Module)
#: After the last rectifier of each of VGG16's five resolutions.
_TAPS = (3, 8, 15, 22, 29)
# of the pictures that torchvision's weights were trained on
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_LEAST_SIDE = 32  # five halvings of it leave a pixel
_FACE_SIDE = 160

WITHOUT_PERCEPTUAL = (
    "without VGG16 weights (--perceptual FILE) texture is matched pixel by pixel, which blurs it"
)
WITHOUT_IDENTITY = (
    "faces cut by their box lie nowhere in particular for the own identity network; without "
    "InceptionResnetV1 weights (--identity FILE) nothing holds the person but the pixels"
)


class Perceptual(nn.Module):
    """Activations of VGG16, normalised over the channels at each place.

    The distance of Zhang et al. 2018 (eq. 1) with equal weights for all channels.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(_STD)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, C, S, S) in [-1, 1] to five maps (N, C', S', S') of unit columns."""
        x = _coloured(images)
        if x.shape[-1] < _LEAST_SIDE:
            x = _resized(x, _LEAST_SIDE)
        x = ((x + 1) / 2 - self.mean) / self.std
        maps = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in _TAPS:
                maps.append(x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt())
        return maps

    @staticmethod
    def distance(maps: list[Tensor], target: list[Tensor]) -> Tensor:
        """(N,)."""
        pairs = zip(maps, target, strict=True)
        first, *rest = [(a - b).square().sum(1).mean((1, 2)) for a, b in pairs]
        return sum(rest, start=first)


class Identity(nn.Module):
    """Embedding by the package's own network, of faces that were cut by their points.

    Args:
        network: frozen; margin: of the cut, see `PrepareConfig`.
    """

    def __init__(self, network: IdentityNetwork, margin: float) -> None:
        super().__init__()
        self.network, self.margin = network, margin

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, S, S) in [-1, 1] to (N, 128)."""
        return self.network(chips_of_crops(images, self.margin))

    @staticmethod
    def distance(embedding: Tensor, target: Tensor) -> Tensor:
        """Squared Euclidean, (N,): below 0.36 likely one person, about 0.7 for strangers."""
        return (embedding - target).square().sum(1)


class FaceNet(nn.Module):
    """FaceNet's embedding of a face (Schroff et al. 2015), a point on the unit sphere."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, S, S) in [-1, 1] to (N, 512)."""
        return self.network(_resized(_coloured(images), _FACE_SIDE))

    @staticmethod
    def distance(embedding: Tensor, target: Tensor) -> Tensor:
        """Squared Euclidean, (N,), which is twice 1 - cosine."""
        return (embedding - target).square().sum(1)


@dataclass(frozen=True)
class Features:
    """The networks at hand; None for those that are not."""

    perceptual: Perceptual | None = None
    identity: Identity | FaceNet | None = None

    def notes(self) -> tuple[str, ...]:
        """What the missing ones cost, a line each."""
        return tuple(
            note
            for note, part in (
                (WITHOUT_PERCEPTUAL, self.perceptual),
                (WITHOUT_IDENTITY, self.identity),
            )
            if part is None
        )

    @torch.inference_mode()
    def identity_distance(self, image: np.ndarray, target: np.ndarray) -> float | None:
        """Euclidean distance of the embeddings of two pictures, uint8 (S, S, 3); None without a
        network."""
        if self.identity is None:
            return None
        levels = np.ascontiguousarray(np.stack([image, target]).transpose(0, 3, 1, 2))
        device = next(self.identity.parameters()).device
        one, other = self.identity(to_tensor(levels).to(device))
        return float((one - other).norm())


def load_features(
    perceptual: str | os.PathLike[str] | None = None,
    identity: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    cut: PrepareConfig | None = None,
) -> Features:
    """The networks at hand.

    Args:
        perceptual: torchvision's VGG16, its whole state dict or that of `features` alone; None
            leaves it out.
        identity: facenet-pytorch's InceptionResnetV1, with or without its classes; None for the
            package's own identity network.
        cut: how the pictures' faces were cut, for the latter; that of `prepare` if unsaid.

    Raises:
        CircumplexError: a file is missing, damaged, or not of that network.
    """
    return Features(
        None if perceptual is None else load_perceptual(perceptual).to(device),
        _own_identity(cut or PrepareConfig(), device)
        if identity is None
        else load_facenet(identity).to(device),
    )


def _own_identity(cut: PrepareConfig, device: str) -> Identity | None:
    """None where faces were not cut by their points, and so lie nowhere in particular."""
    if cut.align != "points":
        return None
    return Identity(IdentityNetwork.load(device=device), cut.margin)


def load_perceptual(path: str | os.PathLike[str]) -> Perceptual:
    """VGG16's convolutions from a .pth, .pt or .safetensors file.

    Raises:
        CircumplexError: missing, damaged, or not of VGG16.
    """
    from torchvision.models import vgg16

    with torch.device("meta"):  # neither memory nor random numbers for weights that are replaced
        layers = vgg16(weights=None, init_weights=False).features
    prefix = "features."
    tensors = read_weights(path)
    if any(name.startswith(prefix) for name in tensors):
        tensors = {
            name.removeprefix(prefix): value
            for name, value in tensors.items()
            if not name.startswith("classifier.")
        }
    return Perceptual(_filled(layers, tensors, f"{path}, as VGG16"))


def load_facenet(path: str | os.PathLike[str]) -> FaceNet:
    """InceptionResnetV1 from a .pth, .pt or .safetensors file.

    Raises:
        CircumplexError: missing, damaged, or not of that network.
    """
    from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1

    with torch.device("meta"):
        network = InceptionResnetV1()
    tensors = {
        name: value
        for name, value in read_weights(path).items()
        if not name.startswith("logits.")  # of the people it was trained on
    }
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):  # older files have none, and nothing reads them
            tensors.setdefault(name, torch.zeros(value.shape, dtype=value.dtype))
    return FaceNet(_filled(network, tensors, f"{path}, as InceptionResnetV1"))


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Named tensors of a .safetensors file or of a state dict that torch saved.

    Raises:
        CircumplexError: missing, damaged, or holding anything but tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise CircumplexError(f"{path} is missing; check its name")
    if path.suffix.lower() == ".safetensors":
        return read_tensors(path)[0]
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise CircumplexError(f"{path} is no file of weights ({reason}); get it anew") from error
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        raise CircumplexError(f"{path} holds more than named weights; give a state dict")
    return dict(found)


def _filled(network: N, tensors: dict[str, Tensor], where: str) -> N:
    check_tensors(tensors, network.state_dict(), where)
    stored = {name: v.float() if v.is_floating_point() else v for name, v in tensors.items()}
    network.load_state_dict(stored, assign=True)
    return network.eval().requires_grad_(False)


def _coloured(images: Tensor) -> Tensor:
    return images.expand(-1, 3, -1, -1)


def _resized(images: Tensor, side: int) -> Tensor:
    return functional.interpolate(
        images, (side, side), mode="bilinear", align_corners=False, antialias=True
    )
