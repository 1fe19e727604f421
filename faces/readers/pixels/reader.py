"""Expression, valence and arousal read from the pixels of a face by one compact network.

How a face is to be cut: a square, upright crop filled by the face from forehead to chin, as in FER,
or as `faces.sets` aligns it; the space between eyes and mouth takes about 0.4 of the side (0.3 to
0.5 were seen in training). Colour is reduced to luminance, any size to the network's own.
The labels it learnt are votes of annotators: it tells how a face is likely to be described.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from faces.circumplex import EXPRESSIONS
from faces.ground.artefacts import check_tensors, parsing_header, read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.packing import packed, unpacked
from faces.ground.pixels import to_tensor
from faces.readers.pixels.config import PixelConfig
from faces.readers.pixels.network import PixelNetwork
from faces.sets.alignment import luminance

SCHEMA, VERSION = "circumplex/pixel-reader", 1
_ABOUT = ("training", "provenance")
BUNDLED = Path(__file__).parents[2] / "weights" / "pixel_reader.safetensors"

#: Faces that pass through the network at once; bounds memory at about 150 MiB.
_BATCH = 128


@dataclass(frozen=True)
class PixelReadings:
    """What N faces show, as the pixel reader sees it.

    Attributes:
        probabilities: (N, 8) float32, rows sum to 1, in the order of EXPRESSIONS.
        valence, arousal: (N,) float32 in [-1, 1].
    """

    probabilities: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray

    def expressions(self) -> list[str]:
        """The most probable expression of each face."""
        return [EXPRESSIONS[code] for code in self.probabilities.argmax(1)]


class PixelReader:
    """A trained network with the pictures' way into it.

    Attributes:
        network: PixelNetwork in evaluation mode, float32, without gradients of its own weights;
            differentiable in the pixels.
        training: the settings it was trained with (PixelTrainConfig's).
        provenance: what it was trained on and how well it read the faces held out.
    """

    def __init__(
        self, network: PixelNetwork, training: dict[str, Any], provenance: dict[str, Any]
    ) -> None:
        self.network, self.training, self.provenance = network, training, provenance

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] = "bundled", device: str | torch.device | None = None
    ) -> "PixelReader":
        """Open a reader's file, or the package's own by the name "bundled".

        Args:
            device: where to compute; None takes CUDA where there is one.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or not finite.
        """
        file = BUNDLED if str(path) == "bundled" else Path(path)
        arrays, header = read_artefact(file)
        check_schema(header, SCHEMA, VERSION, file)
        with parsing_header(file):
            network = PixelNetwork(PixelConfig.from_dict(json.loads(header["config"])))
            training, provenance = (json.loads(header[name]) for name in _ABOUT)
        weights = unpacked(arrays)
        check_tensors(weights, network.state_dict(), file)
        network.load_state_dict({n: torch.from_numpy(np.array(v)) for n, v in weights.items()})
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        network = network.to(device).to(memory_format=torch.channels_last)
        return cls(network.eval().requires_grad_(False), training, provenance)

    def read(self, pictures: Sequence[np.ndarray]) -> PixelReadings:
        """Read faces, each together with its mirror image.

        Args:
            pictures: uint8 (H, W, 3) RGB or (H, W) grey, cut as the module says.

        Raises:
            CircumplexError: a picture of another type or shape, naming its position.
        """
        batches = [self._read(batch) for batch in self._batches(pictures)]
        probabilities = _concatenated([p for p, _ in batches], len(EXPRESSIONS))
        affect = _concatenated([a for _, a in batches], 2)
        return PixelReadings(probabilities, affect[:, 0], affect[:, 1])

    def features(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """The layer before the heads, (N, F) float32; mirror images are not looked at.

        Raises:
            CircumplexError: as `read`.
        """
        with torch.inference_mode():
            batches = [self.network.features(batch).cpu() for batch in self._batches(pictures)]
        return _concatenated(batches, self.network.config.widths[-1])

    def _batches(self, pictures: Sequence[np.ndarray]) -> Iterator[Tensor]:
        device = next(self.network.parameters()).device
        for start in range(0, len(pictures), _BATCH):
            batch = pictures[start : start + _BATCH]
            size = self.network.config.size
            grey = [grey_square(picture, size, start + i) for i, picture in enumerate(batch)]
            x = to_tensor(np.stack(grey)[:, None]).to(device)
            yield x.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def _read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return read_with_mirror(self.network, x)


def read_with_mirror(
    network: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor
) -> tuple[Tensor, Tensor]:
    """Probabilities (N, 8) and affect (N, 2) in [-1, 1], the mean over a face and its mirror."""
    (logits, affect), (logits_mirrored, affect_mirrored) = (network(v) for v in (x, x.flip(3)))
    probabilities = (logits.float().softmax(1) + logits_mirrored.float().softmax(1)) / 2
    return probabilities, ((affect.float() + affect_mirrored.float()) / 2).clamp(-1.0, 1.0)


def grey_square(picture: np.ndarray, size: int, at: int = 0) -> np.ndarray:
    """A face crop as grey uint8 (size, size); `at` is its position, for the message.

    Raises:
        CircumplexError: not uint8, or not (H, W, 3) or (H, W).
    """
    shaped = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if picture.dtype != np.uint8 or not shaped or min(picture.shape) == 0:
        raise CircumplexError(
            f"picture {at} is {picture.dtype} {picture.shape}; the pixel reader takes uint8 "
            "(H, W, 3) or (H, W)"
        )
    grey = luminance(picture) if picture.ndim == 3 else picture
    if grey.shape == (size, size):
        return grey
    return np.asarray(Image.fromarray(grey).resize((size, size), Image.Resampling.BICUBIC))


def save_reader(
    path: str | os.PathLike[str],
    network: PixelNetwork,
    training: str,
    provenance: dict[str, Any],
) -> None:
    """Write a reader at eight bits, whole or not at all.

    Args:
        training: its settings as JSON.
        provenance: faces, figures, software.
    """
    arrays = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    header = {
        "schema": SCHEMA,
        "version": str(VERSION),
        "config": network.config.to_json(),
        "training": training,
        "provenance": json.dumps(provenance, sort_keys=True),
    }
    write_artefact(path, packed(arrays), header)


def _concatenated(batches: list[Tensor], width: int) -> np.ndarray:
    """The batches' rows in one array, (N, width); of no batch, an empty one."""
    return torch.cat([batch.cpu() for batch in batches] or [torch.zeros(0, width)]).numpy()
