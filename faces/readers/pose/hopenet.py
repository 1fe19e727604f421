"""Hopenet: yaw, pitch and roll of a head from pixels, each as the mean of 66 binned angles.

Source: Ruiz, Chong & Rehg, "Fine-grained head pose estimation without keypoints", CVPR workshops
2018: a ResNet-50 with three linear heads over bins 3° wide from -99° to 99°; the angle is the
expected value, 3 · Σ i·p_i - 99 (eq. 1 and section 3.2). The published weights are given by path.
"""

import os
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from faces.ground.errors import CircumplexError, first_line

BINS, BIN_WIDTH, FIRST_BIN = 66, 3.0, -99.0  # degrees
SIDE = 224  #: pixels of the square that the network was trained on
#: Of RGB in [0, 1]: with them the published weights were trained, and torchvision's.
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_HEADS = ("yaw", "pitch", "roll")
#: The network's yaw is positive towards the viewer's left, as in 300W-LP, its training set.
_SIGNS = (-1.0, 1.0, 1.0)
_BATCH = 32


class Hopenet(nn.Module):
    """The network; parameters are named as in the published files.

    Its fourth linear layer, a refinement over the three angles, is in those files but takes no
    part in their use; it is here so that they load whole.
    """

    def __init__(self) -> None:
        super().__init__()
        backbone = resnet50(weights=None)
        width = backbone.fc.in_features
        for name, module in backbone.named_children():
            if name != "fc":
                self.add_module(name, module)
        for name in _HEADS:
            self.add_module(f"fc_{name}", nn.Linear(width, BINS))
        self.fc_finetune = nn.Linear(width + 3, 3)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the bins of yaw, pitch and roll, each (N, 66), of normalised images."""
        x = images
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"):
            x = self.get_submodule(name)(x)
        x = self.get_submodule("avgpool")(x).flatten(1)
        yaw, pitch, roll = (self.get_submodule(f"fc_{name}")(x) for name in _HEADS)
        return yaw, pitch, roll


def decode(logits: Tensor) -> Tensor:
    """Expected angle in degrees, (N,), of the logits (N, 66) of one head."""
    bins = torch.arange(BINS, dtype=logits.dtype, device=logits.device)
    return BIN_WIDTH * (logits.softmax(1) @ bins) + FIRST_BIN


class HopenetReader:
    """Head pose by a Hopenet whose weights are open."""

    def __init__(self, network: Hopenet, device: str = "cpu") -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        self.device = device

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str = "cpu") -> "HopenetReader":
        """Open published weights, a state dict that `torch.save` wrote.

        Raises:
            CircumplexError: missing, not a file of tensors, or of another network.
        """
        with torch.device("meta"):  # 25 million random numbers would be drawn to be overwritten
            network = Hopenet()
        load_state(network, read_weights(path), path, assign=True)
        return cls(network, device)

    @torch.inference_mode()
    def read(self, heads: Sequence[np.ndarray]) -> np.ndarray:
        """Yaw, pitch, roll in degrees, float32 (N, 3), of crops as `head_crop` cuts them.

        Yaw is positive when the subject turns to the viewer's right, pitch up, roll clockwise as
        seen.

        Args:
            heads: uint8 (H, W, 3) RGB each, of any sizes.
        """
        angles = np.empty((len(heads), 3), np.float32)
        for start in range(0, len(heads), _BATCH):
            batch = [_to_input(head, self.device) for head in heads[start : start + _BATCH]]
            logits = self.network(torch.cat(batch))
            degrees = [s * decode(each).cpu() for s, each in zip(_SIGNS, logits, strict=True)]
            angles[start : start + _BATCH] = torch.stack(degrees, dim=1).numpy()
        return angles


def head_crop(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The part of a picture that the network wants, about the box of a face's landmarks.

    Widened by 0.12 of its size to the sides and below and by 0.4 above, where the landmarks end
    below the hair: the paper's rule for AFLW2000. Where that leaves the picture it is cut.

    Args:
        picture: uint8 (H, W, 3); box: left, top, right, bottom in its pixels.
    """
    left, top, right, bottom = np.asarray(box, np.float64)
    side, above = 0.12, 0.4
    low = np.floor([top - above * (bottom - top), left - side * (right - left)]).astype(int)
    high = np.ceil([bottom + side * (bottom - top), right + side * (right - left)]).astype(int)
    low, high = np.maximum(low, 0), np.minimum(np.maximum(high, low + 1), picture.shape[:2])
    return picture[low[0] : high[0], low[1] : high[1]]


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The state dict in a file of `torch.save`, read without running code from it.

    Raises:
        CircumplexError: missing, or not a file of named tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise CircumplexError(f"{path} is missing; give the file of the published weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CircumplexError(
            f"{path} is not a plain file of weights ({first_line(error)}); give the published "
            "state dict"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise CircumplexError(f"{path} holds no state dict; give a file of named tensors")
    # a network that was trained on several devices names its tensors so
    return {str(name).removeprefix("module."): value for name, value in state.items()}


def load_state(
    network: nn.Module, state: dict[str, Tensor], where: object, assign: bool = False
) -> None:
    """Load a state dict that must have exactly the network's tensors.

    Args:
        where: what to name in a message.
        assign: take the tensors themselves, in place of the network's own.

    Raises:
        CircumplexError: naming the first tensor that is missing, extra or of another shape.
    """
    wanted = network.state_dict()
    # files older than torch 0.4.1 do not count batches
    counters = {
        name: torch.zeros(value.shape, dtype=value.dtype)
        for name, value in wanted.items()
        if name.endswith("num_batches_tracked")
    }
    tensors = counters | state
    for name in sorted(set(wanted) ^ set(tensors)):
        what = "lacks the tensor" if name in wanted else "has a tensor of no known use,"
        raise CircumplexError(f"{where} {what} {name}; give weights of {type(network).__name__}")
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            raise CircumplexError(
                f"{where}: {name} is {tuple(value.shape)}, {type(network).__name__} has "
                f"{tuple(wanted[name].shape)}; give weights of this network"
            )
    tensors = {name: value.to(wanted[name].dtype) for name, value in tensors.items()}
    network.load_state_dict(tensors, assign=assign)


def _to_input(head: np.ndarray, device: str) -> Tensor:
    image = torch.from_numpy(np.ascontiguousarray(head)).to(device).permute(2, 0, 1)[None].float()
    image = nn.functional.interpolate(
        image / 255, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )
    mean = torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1)
    deviation = torch.tensor(IMAGENET_DEVIATION, device=device).view(1, 3, 1, 1)
    return (image - mean) / deviation
