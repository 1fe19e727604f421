"""Whether a found face is still the person of the photo: one gate for all that edits photos."""

from dataclasses import dataclass

import numpy as np
import torch

from faces.ground.errors import CircumplexError
from faces.ground.records import Record
from faces.readers.identity.config import SAME_PERSON
from gan_bridge.generators.protocol import Generator
from gan_bridge.inversion.features import Features
from gan_bridge.inversion.losses import psnr, pyramid_error
from gan_bridge.inversion.space import Space, to_picture


@dataclass(frozen=True)
class Figures(Record):
    """How near an inversion came, and where its latent lies.

    Attributes:
        psnr: of the picture, in dB; error: multi-scale error (`losses.pyramid_error`).
        distance: of w from the mean, as in Space.distance; spread: between the layers.
        identity: Euclidean distance of the embeddings of the found face and the photo's; None
            where no network says it.
    """

    psnr: float
    error: float
    distance: float
    spread: float
    identity: float | None = None


@dataclass(frozen=True)
class Verdict(Record):
    """What the gate says: `reasons` is empty where the inversion may be edited."""

    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.reasons

    def refuse_poor(self, what: object, force: bool = False) -> None:
        """Refuse to edit what the gate did not let through, unless that is forced.

        Raises:
            CircumplexError: with the gate's reasons.
        """
        if not (self.passed or force):
            raise CircumplexError(
                f"{what} is too poor to edit: {'; '.join(self.reasons)}; take more steps with "
                "circumplex invert (--pivot tunes a StyleGAN), or --force it"
            )


@dataclass(frozen=True)
class Gate(Record):
    """The bound on an inversion.

    Attributes:
        identity: distance up to which two pictures are likely one person's.
    """

    identity: float = SAME_PERSON

    def verdict(self, distance: float | None) -> Verdict:
        """Compare the identity distance with the bound; what no network has seen is let through."""
        if distance is None or distance <= self.identity:
            return Verdict(())
        return Verdict(
            (
                f"the face found is {distance:.2f} from the photo's in identity, where "
                f"two people begin at {self.identity:.2f}",
            )
        )


def compare(
    generator: Generator, space: Space, w: torch.Tensor, image: np.ndarray, features: Features
) -> Figures:
    """How near the picture of `w` (1, L, W) is to `image` uint8 (S, S, 3)."""
    shown = generator.synthesize(w.cpu().numpy())
    target = to_picture(image[None], generator)
    return Figures(
        psnr=psnr(_in_own_channels(generator, shown[0]), _in_own_channels(generator, image)),
        error=float(pyramid_error(to_picture(shown, generator), target)[0]),
        distance=float(space.distance(w)[0]),
        spread=float(space.spread(w)[0]),
        identity=features.identity_distance(shown[0], image),
    )


def _in_own_channels(generator: Generator, image: np.ndarray) -> np.ndarray:
    """A picture in the generator's own channels: colours are not a grey network's to find."""
    from faces.sets.alignment import luminance

    return luminance(image) if generator.channels == 1 else image
