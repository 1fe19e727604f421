"""What is read in pictures with gradients: affect to be moved, and what is to stay as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.ground.cutting import cut_out
from faces.ground.digests import file_digest
from faces.readers.appearance.reader import BUNDLED as APPEARANCE
from faces.readers.appearance.reader import AppearanceReader
from faces.readers.identity.alignment import chips_of_crops, points_of_crops
from faces.readers.identity.network import BUNDLED as IDENTITY
from faces.readers.pixels.reader import BUNDLED as PIXEL
from faces.readers.pixels.reader import PixelReader, read_with_mirror
from faces.sets.alignment import similarity
from faces.sets.config import cut_of
from vae.checkpoint import Run, load_run, on_device
from vae.codes import to_tensor
from vae.packaged import PACKAGED, WEIGHTS
from vae.probing.directions import Directions
from vae.training.greyness import luminance

#: Pictures (N, C, S, S) in [-1, 1] to valence and arousal (N, 2), differentiable.
AffectReader = Callable[[Tensor], Tensor]
_LEVELS = 255 / 2


def code_reader(run: Run, probes: Directions, margin: float) -> AffectReader:
    """What a β-VAE's probes read in faces that are cut by their points with that margin."""
    side, channels = run.config.image_size, run.config.channels
    own = cut_of(run.provenance).margin
    crop = similarity(points_of_crops(own), points_of_crops(margin))
    ends = probes.predict(np.zeros((1, run.config.latent_dim)))
    slopes = probes.predict(np.eye(run.config.latent_dim)) - ends
    device = run.model.posterior_mean.device
    level, weights = (torch.from_numpy(each).float().to(device) for each in (ends[0], slopes))

    def read(images: Tensor) -> Tensor:
        seen = luminance(images) if channels == 1 else images.expand(-1, 3, -1, -1)
        seen = cut_out(seen, crop, side)
        return run.model.encode(seen)[0].float() @ weights + level

    return read


def packaged_readers() -> dict[str, str]:
    """The files that `packaged_senses` reads with: digests by name."""
    files = {"pixel": PIXEL, "identity": IDENTITY, "appearance": APPEARANCE}
    files |= {name: folder / WEIGHTS for name, folder in PACKAGED.items()}
    return {name: file_digest(file) for name, file in files.items()}


def packaged_senses(margin: float, device: str = "cpu") -> "FaceSenses":
    """The package's own readers: several are not as easily deceived as one.

    Args:
        margin: of the crops, as `faces.sets` cut them.
    """
    codes = tuple(
        code_reader(on_device(load_run(name), device), Directions.load(name), margin)
        for name in PACKAGED
    )
    return FaceSenses(margin, codes, device)


@dataclass(frozen=True)
class Senses:
    """What N pictures show.

    Attributes:
        affect: (R, N, 2), valence and arousal by each of R readers; expression: (N, 8),
            probabilities by the pixel reader.
        embedding: (N, 128), who it is; female: (N,), probability; age: (N,), years.
        yaw, pitch: (N,), degrees; light: (N, 2), mean and deviation of luminance in levels of 255.
    """

    affect: Tensor
    expression: Tensor
    embedding: Tensor
    female: Tensor
    age: Tensor
    yaw: Tensor
    pitch: Tensor
    light: Tensor

    @classmethod
    def joined(cls, parts: "Sequence[Senses]") -> "Senses":
        """Those of all pictures."""
        return cls(
            **{
                each.name: torch.cat(
                    [getattr(part, each.name) for part in parts], 1 if each.name == "affect" else 0
                )
                for each in fields(cls)
            }
        )

    def cpu(self) -> "Senses":
        """The same on the CPU, with their gradients."""
        return Senses(**{each.name: getattr(self, each.name).cpu() for each in fields(self)})

    def rows(self, rows: Tensor) -> "Senses":
        """Those of some pictures."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return Senses(**{k: v[:, rows] if k == "affect" else v[rows] for k, v in found.items()})


class FaceSenses:
    """Readers of pictures that a generator makes, whose faces fill them.

    Args:
        margin: of the crops that the generator learned from, as `faces.sets` cut them.
        affect: readers of valence and arousal beside the bundled pixel reader.
        device: where they work.
    """

    def __init__(
        self, margin: float, affect: tuple[AffectReader, ...] = (), device: str = "cpu"
    ) -> None:
        self.margin, self.device = margin, device
        pixels = PixelReader.load("bundled", device)
        self._pixels, self._side = pixels.network, pixels.network.config.size
        self._affect = affect
        self._appearance = AppearanceReader.load(device=device)

    def __call__(self, images: Tensor, jitter: np.ndarray | None = None) -> Senses:
        """Of pictures (N, C, S, S), about [-1, 1]; differentiable in them.

        Args:
            jitter: (N, 2, 3), as `cut_out` takes them: affect is read in the pictures moved so. An
                editor could learn what deceives a reader of one framing; hardly of all.
        """
        images = images.float().clamp(-1.05, 1.05)
        grey = luminance(images)
        with torch.autocast(images.device.type, torch.bfloat16):
            seen = self._appearance(chips_of_crops(images, self.margin))
        moved = images if jitter is None else cut_out(images, jitter, images.shape[-1])
        expression, affect = self.read_affect(moved)
        levels = (grey + 1) * _LEVELS
        deviation, mean = torch.std_mean(levels, (1, 2, 3), correction=0)
        return Senses(
            affect=affect,
            expression=expression,
            embedding=seen.embedding.float(),
            female=seen.female.float(),
            age=seen.age.float(),
            yaw=seen.yaw.float(),
            pitch=seen.pitch.float(),
            light=torch.stack([mean, deviation], 1),
        )

    def read_affect(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Of pictures (N, C, S, S): probabilities of expressions (N, 8), and valence and arousal by
        each of R readers (R, N, 2), the bundled pixel reader first."""
        with torch.autocast(images.device.type, torch.bfloat16):
            expression, first = self._read_pixels(luminance(images))
            affect = [first, *(read(images) for read in self._affect)]
        return expression.float(), torch.stack([each.float() for each in affect])

    @torch.inference_mode()
    def mean_affect(self, pictures: np.ndarray) -> np.ndarray:
        """Valence and arousal (N, 2) in pictures uint8 (N, S, S, 3), the mean over the readers."""
        planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
        images = to_tensor(planes).to(self.device)
        return self.read_affect(images)[1].mean(0).double().cpu().numpy()

    def _read_pixels(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        resized = functional.interpolate(
            grey, (self._side, self._side), mode="bilinear", antialias=True, align_corners=False
        )
        return read_with_mirror(self._pixels, resized.contiguous(memory_format=torch.channels_last))
