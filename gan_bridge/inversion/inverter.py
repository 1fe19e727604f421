"""A picture's latent: start, optimisation, pivotal tuning, verdict; the edit behind the gate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from gan_bridge.generators.protocol import Encoder, Generator, StyleBased, latent_owner
from gan_bridge.inversion.config import InvertConfig, PivotConfig
from gan_bridge.inversion.encoder import WEncoder
from gan_bridge.inversion.features import FaceNet, Features, load_features
from gan_bridge.inversion.gate import Figures, Gate, Verdict, compare
from gan_bridge.inversion.losses import PictureLoss
from gan_bridge.inversion.optimise import nearest, optimise
from gan_bridge.inversion.photos import crop_settings
from gan_bridge.inversion.pivot import tune
from gan_bridge.inversion.space import DifferentiableRenderer, measure_space, to_picture

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer


@dataclass(frozen=True, eq=False)
class Inversion:
    """What was found.

    Attributes:
        w: (1, L, W) float32; image: uint8 (S, S, 3), what the generator shows there.
        generator: that shows it, the tuned one where there is one.
        pivot_of: digest of the generator that directions belong to.
        figures: how near it is; before: the same at the start of the optimisation.
        start: "encoder" or "mean"; start_image: uint8 (S, S, 3), what the generator shows there.
        steps: of the optimisation, and `pivot_steps` of the tuning, taken.
        verdict, gate: whether it may be edited, and the bounds that say so.
        history: loss at each step of the optimisation.
        network: the tuned network, or None.
    """

    w: np.ndarray
    image: np.ndarray
    generator: Generator
    pivot_of: str
    figures: Figures
    before: Figures
    start: str
    start_image: np.ndarray
    steps: int
    pivot_steps: int
    verdict: Verdict
    gate: Gate
    history: tuple[float, ...]
    network: nn.Module | None = None

    @property
    def psnr(self) -> float:
        return self.figures.psnr

    @property
    def distance(self) -> float:
        return self.figures.distance


class Inverter:
    """Inverts pictures with one generator; what it measures of the generator is measured once.

    Args:
        generator: a StyleGAN, or a VAE.
        config, pivot: of the two optimisations.
        encoder: where to start from; without it a VAE encodes itself, and a StyleGAN starts at its
            mean w.
        features: networks for the perceptual and the identity loss; those that the package has if
            left out, and `Features()` for none.

    Raises:
        CircumplexError: the encoder belongs to another generator; pivotal tuning of a VAE.
    """

    def __init__(
        self,
        generator: Generator,
        config: InvertConfig | None = None,
        encoder: WEncoder | None = None,
        pivot: PivotConfig | None = None,
        features: Features | None = None,
        progress: Progress = silent,
    ) -> None:
        self.generator = generator
        self.config, self.pivot = config or InvertConfig(), pivot or PivotConfig()
        self.encoder, self.features = encoder, features or own_features(generator)
        # the gate's bound is of the package's own network, whatever is in the loss
        other = isinstance(self.features.identity, FaceNet)
        self.judge = own_features(generator) if other else self.features
        self.progress = progress
        if encoder is not None:
            encoder.check_model(generator)
        self.renderer = DifferentiableRenderer(generator)
        space = measure_space(generator, self.config.space_samples, progress)
        self.space = space.to(generator.device)
        self.gate = Gate()

    def __call__(self, image: np.ndarray) -> Inversion:
        """Invert a picture, uint8 (S, S, 3), prepared as the generator's faces were.

        Raises:
            CircumplexError: the picture is of another size.
        """
        generator, config, space = self.generator, self.config, self.space
        target = to_picture(image[None], generator).to(generator.device)
        loss = PictureLoss(target, config, self.features)
        starts = self._starts(image, target)
        start = nearest(self.renderer, loss, starts)
        before = compare(generator, space, starts[start], image, self.judge)
        found = optimise(self.renderer, space, loss, starts[start], config, self.progress)
        network: nn.Module | None = None
        history: tuple[float, ...] = ()
        if self.pivot.steps:
            args = (self.renderer, space, loss, found.w, self.pivot, self.progress)
            network, history = tune(*args)
        shown = generator
        if network is not None and isinstance(generator, StyleBased):
            shown = generator.with_network(network)
        figures = compare(shown, space, found.w, image, self.judge)
        w = found.w.cpu().numpy()
        return Inversion(
            w=w,
            image=shown.synthesize(w)[0],
            generator=shown,
            pivot_of=latent_owner(generator),
            figures=figures,
            before=before,
            start=start,
            start_image=generator.synthesize(starts[start].cpu().numpy())[0],
            steps=len(found.history),
            pivot_steps=len(history),
            verdict=self.gate.verdict(figures.identity),
            gate=self.gate,
            history=found.history,
            network=network,
        )

    def _starts(self, image: np.ndarray, target: Tensor) -> dict[str, Tensor]:
        """Where to begin: (1, L, W) by name; an encoder's comes first."""
        generator, starts = self.generator, {}
        if self.encoder is not None:
            starts["encoder"] = self.encoder.encode(target)
        elif isinstance(generator, Encoder):
            starts["encoder"] = torch.from_numpy(generator.encode(image[None])).to(target.device)
        mean = self.space.mean.expand(1, generator.num_layers, -1)
        return {**starts, "mean": mean}


def own_features(generator: Generator) -> Features:
    """The networks of the package, for pictures that are cut as the generator's faces."""
    return load_features(device=generator.device, cut=crop_settings(generator))


def invert(
    generator: Generator,
    image: np.ndarray,
    config: InvertConfig | None = None,
    encoder: WEncoder | None = None,
    pivot: PivotConfig | None = None,
    features: Features | None = None,
    progress: Progress = silent,
) -> Inversion:
    """The latent of one picture, uint8 (S, S, 3); the arguments are `Inverter`'s.

    Raises:
        CircumplexError: the picture is of another size; the encoder of another generator.
    """
    return Inverter(generator, config, encoder, pivot, features, progress)(image)


def edit(
    inversion: Inversion,
    explorer: "EmotionExplorer",
    valence: float,
    arousal: float,
    force: bool = False,
) -> np.ndarray:
    """The inverted face at (valence, arousal): uint8 (1, S, S, 3).

    It is moved from what it shows, so that a request for that leaves it as it was found.

    Raises:
        CircumplexError: the gate refuses the inversion and `force` is not given; the explorer
            works with another generator.
    """
    if explorer.generator.digest != inversion.generator.digest:
        raise CircumplexError(
            f"this face was inverted with {inversion.generator.name}, not with "
            f"{explorer.generator.name}; explore the one it was inverted with"
        )
    inversion.verdict.refuse_poor("this inversion", force)
    anchored = explorer.anchored(explorer.shown(inversion.w, inversion.image))
    return anchored.edit(inversion.w, valence, arousal)
