"""dlib's network that tells people apart, as a torch module, differentiable in the picture.

A residual network of 29 convolutions (He et al. 2016, with half the channels) that dlib's author
trained on three million faces, so that pictures of one person come to lie within 0.6 of each other
and others beyond (King 2017, dlib's face recognition; weights in the public domain, CC0). The
weights are kept at eight bits, a scale for each filter.
"""

import os
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from faces.ground.artefacts import check_tensors, read_artefact
from faces.ground.files import check_schema
from faces.ground.packing import unpacked
from faces.readers.identity.config import WIDTH

SCHEMA, VERSION = "circumplex/identity-network", 1
BUNDLED = Path(__file__).parents[2] / "weights" / "identity.safetensors"
#: Side in pixels of the aligned face that the network takes.
CHIP = 150
_MEAN = (122.782, 117.001, 104.298)  # of red, green, blue in its training
_SCALE = 256.0
_STEM = 32
#: Channels of the blocks, and whether a block halves the side.
BLOCKS = (
    *((32, False),) * 3,
    *((64, True), *((64, False),) * 3),
    *((128, True), *((128, False),) * 2),
    *((256, True), *((256, False),) * 2),
    (256, True),
)


class IdentityNetwork(nn.Module):
    """From aligned faces to embeddings whose Euclidean distance says whether they are one person's.

    Below 0.6 two pictures are likely one person's; strangers are at about 0.8.
    """

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 7, 2)
        widths = [_STEM, *(width for width, _ in BLOCKS)]
        self.blocks = nn.ModuleList(
            _Block(*sides, halves)
            for sides, (_, halves) in zip(pairwise(widths), BLOCKS, strict=True)
        )
        self.head = nn.Linear(widths[-1], WIDTH, bias=False)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.to(memory_format=torch.channels_last)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] = BUNDLED, device: str | torch.device = "cpu"
    ) -> "IdentityNetwork":
        """The package's own weights, or those of another file that `scripts/make_identity.py` made.

        Raises:
            CircumplexError: missing, damaged, or of another kind or version.
        """
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, path)
        network = cls()
        tensors = {name: torch.from_numpy(value) for name, value in unpacked(arrays).items()}
        check_tensors(tensors, network.state_dict(), path)
        network.load_state_dict(tensors)
        return network.to(device).eval().requires_grad_(False)

    def forward(self, chips: Tensor) -> Tensor:
        """Embeddings (N, 128) of aligned faces (N, 3, 150, 150), RGB in [-1, 1]."""
        return self.maps(chips)[1]

    def maps(self, chips: Tensor) -> tuple[list[Tensor], Tensor]:
        """What comes after each block, (N, C, H, W) each, and the embeddings (N, 128)."""
        x = ((chips + 1) * (255 / 2) - self.mean) / _SCALE
        x = functional.relu(self.stem(x.contiguous(memory_format=torch.channels_last)))
        x, maps = functional.max_pool2d(x, 3, 2), []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps, self.head(x.float().mean((2, 3)))


class _Block(nn.Module):
    """Two convolutions beside a shortcut; dlib pads neither a halving convolution nor its pooling,
    and fills what is smaller, or has fewer channels, with zeros."""

    def __init__(self, inputs: int, outputs: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.first = nn.Conv2d(inputs, outputs, 3, *((2, 0) if halves else (1, 1)))
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x)))
        if self.halves:
            x = functional.avg_pool2d(x, 2)
            x = functional.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
            lacking = [x.shape[side] - y.shape[side] for side in (3, 2)]
            y = functional.pad(y, (0, lacking[0], 0, lacking[1]))
        return functional.relu(x + y)
