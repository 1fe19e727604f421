"""The networks among the classifiers, each from raw inputs to logits."""

import itertools
import os

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.readers.classifiers.config import LANDMARKS, PIXELS, ClassifierConfig, settled
from faces.readers.pose.hopenet import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    load_state,
    read_weights,
)
from faces.sets.alignment import LUMINANCE

_POSE_WIDTH = 32
#: The last layers of the backbones that do not end in `classifier`.
_LAST = {"resnet18": "fc", "googlenet": "fc"}


class VectorNetwork(nn.Module):
    """A multilayer perceptron on standardised numbers, (N, D) to logits (N, K)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, inputs: int, hidden: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("deviation", torch.ones(inputs))
        widths = (inputs, *hidden)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], classes))

    def standardise(self, vectors: np.ndarray) -> None:
        """Take mean and deviation of the training vectors (N, D); a constant stays 0."""
        deviation = vectors.std(0, dtype=np.float64)
        deviation[deviation <= 1e-9] = 1.0
        self.mean.copy_(torch.from_numpy(vectors.mean(0, dtype=np.float64)))
        self.deviation.copy_(torch.from_numpy(deviation))

    def forward(self, vectors: Tensor) -> Tensor:
        return self.layers((vectors - self.mean) / self.deviation)


class PictureNetwork(nn.Module):
    """A backbone of torchvision's on pictures (N, C, H, W) in [-1, 1], to logits (N, K)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, model: str, size: int, classes: int) -> None:
        super().__init__()
        from torchvision import models

        # GoogLeNet's own initialisation draws from SciPy for minutes; its side branches only train
        options = {"aux_logits": False, "init_weights": False} if model == "googlenet" else {}
        self.size = size
        self.backbone = getattr(models, model)(weights=None, **options)
        self.last = _LAST.get(model) or _end_of_classifier(self.backbone)
        self.replace_last(classes)
        for name, values in (("mean", IMAGENET_MEAN), ("deviation", IMAGENET_DEVIATION)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    def replace_last(self, classes: int) -> None:
        """Give the backbone a new last layer."""
        width = self.backbone.get_submodule(self.last).in_features
        parent, _, name = self.last.rpartition(".")
        setattr(self.backbone.get_submodule(parent), name, nn.Linear(width, classes))

    def forward(self, images: Tensor) -> Tensor:
        images = resized(images, self.size).expand(-1, 3, -1, -1)
        return self.backbone(((images + 1) / 2 - self.mean) / self.deviation)


class SmallNetwork(nn.Module):
    """The pixel reader's network under a head of its own, (N, C, H, W) in [-1, 1] to (N, K)."""

    luma: Tensor

    def __init__(self, size: int, classes: int) -> None:
        super().__init__()
        from faces.readers.pixels.config import PixelConfig
        from faces.readers.pixels.network import PixelNetwork

        self.size = size
        self.backbone = PixelNetwork(PixelConfig(size=size))
        self.dropout = nn.Dropout(self.backbone.config.dropout)
        self.head = nn.Linear(self.backbone.config.widths[-1], classes)
        self.register_buffer("luma", torch.tensor(LUMINANCE).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        if images.shape[1] == 3:
            images = (images * self.luma).sum(1, keepdim=True)
        features = self.backbone.features(resized(images, self.size))
        return self.head(self.dropout(features))


def build_network(config: ClassifierConfig, inputs: int, classes: int) -> nn.Module:
    """The network of `config.model`, of random weights; `inputs` is the length of its vectors."""
    if config.kind == PIXELS:
        if config.model == "small":
            return SmallNetwork(settled(config.size), classes)
        return PictureNetwork(config.model, settled(config.size), classes)
    hidden = (config.hidden,) if config.kind == LANDMARKS else (_POSE_WIDTH, _POSE_WIDTH)
    return VectorNetwork(inputs, hidden, classes)


def transfer(network: nn.Module, path: str | os.PathLike[str]) -> None:
    """Start a picture network from trained weights; its last layer stays random.

    Args:
        path: for a backbone of torchvision's the state dict that is published for it; for the
            small network a pixel reader, or "bundled" for the package's own.

    Raises:
        CircumplexError: missing, of another network, or the network takes none.
    """
    if isinstance(network, SmallNetwork):
        from faces.readers.pixels.reader import PixelReader

        trained = PixelReader.load(path, "cpu").network
        if trained.config != network.backbone.config:
            raise CircumplexError(f"{path} is a pixel reader of another size; set --size to match")
        network.backbone.load_state_dict(trained.state_dict())
    elif isinstance(network, PictureNetwork):
        # the file may lack or have the side branches and has a last layer of its own
        last = f"{network.last}."
        state = {
            name: value
            for name, value in read_weights(path).items()
            if not name.startswith((last, "aux1.", "aux2."))
        }
        own = network.backbone.state_dict()
        state |= {name: value for name, value in own.items() if name.startswith(last)}
        load_state(network.backbone, state, path)
    else:
        raise CircumplexError("weights to start from are for classifiers of pixels; leave them out")


def resized(images: Tensor, size: int) -> Tensor:
    """Images (N, C, H, W) as (N, C, size, size)."""
    if images.shape[2:] == (size, size):
        return images
    return nn.functional.interpolate(
        images, size=(size, size), mode="bilinear", antialias=True, align_corners=False
    )


def _end_of_classifier(backbone: nn.Module) -> str:
    """Name of the last layer in the backbone's `classifier`."""
    return f"classifier.{len(list(backbone.get_submodule('classifier').children())) - 1}"
