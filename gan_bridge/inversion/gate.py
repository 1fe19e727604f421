"""Whether an inversion is good enough to edit, judged by what the generator's own samples say."""

from dataclasses import dataclass

import numpy as np
import torch

from faces.ground.progress import Progress, silent
from faces.ground.records import Record
from gan_bridge.generators.protocol import Generator
from gan_bridge.inversion.encoder import samples
from gan_bridge.inversion.losses import psnr, pyramid_error
from gan_bridge.inversion.space import CALIBRATION_SEEDS, Space, to_picture

#: A latent this far from the right one, in standard deviations along every axis, still shows the
#: same face in a glance; what it does to a picture is the most that an inversion may be off.
_OFF = 0.5
#: Share of the own samples that the bounds on the picture accept.
_ACCEPTED = 0.9
#: Own latents lie within the bound on them with this probability, widened by this factor: a photo
#: is allowed to be stranger than a sample.
_WITHIN, _ALLOWANCE = 0.99, 1.5


@dataclass(frozen=True)
class Figures(Record):
    """How near an inversion came, and where its latent lies.

    Attributes:
        psnr: of the picture, in dB; error: multi-scale error (`losses.pyramid_error`).
        distance: of w from the mean, as in Space.distance; spread: between the layers.
    """

    psnr: float
    error: float
    distance: float
    spread: float


@dataclass(frozen=True)
class Verdict(Record):
    """What the gate says: `reasons` is empty where the inversion may be edited."""

    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Gate(Record):
    """Bounds on an inversion of one generator.

    Attributes:
        psnr: least; error, distance, spread: most.
        samples: of the generator that they were measured on.
    """

    psnr: float
    error: float
    distance: float
    spread: float
    samples: int

    def judge(self, figures: Figures) -> Verdict:
        """Compare an inversion with the bounds."""
        reasons = []
        if figures.psnr < self.psnr:
            reasons.append(f"PSNR {figures.psnr:.1f} dB is below {self.psnr:.1f}")
        if figures.error > self.error:
            reasons.append(f"multi-scale error {figures.error:.3f} is above {self.error:.3f}")
        if figures.distance > self.distance:
            reasons.append(f"w lies {figures.distance:.2f} SD out, beyond {self.distance:.2f}")
        if figures.spread > self.spread:
            reasons.append(
                f"its layers differ by {figures.spread:.2f} SD, beyond {self.spread:.2f}"
            )
        return Verdict(tuple(reasons))


def calibrate(
    generator: Generator, space: Space, count: int = 32, progress: Progress = silent
) -> Gate:
    """Bounds from `count` samples of the generator and their style mixes.

    A picture may differ from the photo as much as nine in ten own pictures change when w is moved
    by half a standard deviation along every axis. w may lie 1.5 times as far out as 99 in 100 own
    ones, its layers may differ by 1.5 times what 99 in 100 style mixes of two samples show.
    """
    levels, errors = [], []
    latents = samples(generator, CALIBRATION_SEEDS, count, "w")
    mixed = samples(generator, CALIBRATION_SEEDS + 2 * count, 2 * count, "w+")[1::2]
    for index in progress(range(count), "calibrating the gate", count):
        stream = torch.Generator().manual_seed(CALIBRATION_SEEDS + index)
        w = latents[index : index + 1]
        push = torch.randn(1, 1, w.shape[2], generator=stream).to(w.device)
        off = space.colour(space.whiten(w) + _OFF * push)
        figures = compare(generator, space, off, generator.synthesize(w.cpu().numpy())[0])
        levels.append(figures.psnr)
        errors.append(figures.error)
    return Gate(
        psnr=float(np.quantile(levels, 1 - _ACCEPTED)),
        error=float(np.quantile(errors, _ACCEPTED)),
        distance=_ALLOWANCE * _quantile(space.distance(latents)),
        spread=_ALLOWANCE * _quantile(space.spread(mixed)),
        samples=count,
    )


def compare(generator: Generator, space: Space, w: torch.Tensor, image: np.ndarray) -> Figures:
    """How near the picture of `w` (1, L, W) is to `image` uint8 (S, S, 3)."""
    shown = generator.synthesize(w.cpu().numpy())
    target = to_picture(image[None], generator)
    return Figures(
        psnr=psnr(_in_own_channels(generator, shown[0]), _in_own_channels(generator, image)),
        error=float(pyramid_error(to_picture(shown, generator), target)[0]),
        distance=float(space.distance(w)[0]),
        spread=float(space.spread(w)[0]),
    )


def _in_own_channels(generator: Generator, image: np.ndarray) -> np.ndarray:
    """A picture in the generator's own channels: colours are not a grey network's to find."""
    from faces.sets.alignment import luminance

    return luminance(image) if generator.channels == 1 else image


def _quantile(values: torch.Tensor) -> float:
    return float(np.quantile(values.cpu().numpy(), _WITHIN))
