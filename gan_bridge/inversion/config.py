"""What an inversion is asked to do. Records of plain values, saved with what came of them."""

from dataclasses import dataclass

from faces.ground.records import Record, setting

SPACES = ("w", "w+")
PRECISIONS = ("bf16", "no")
#: Seeds of a training: each has samples of its own, see `space.training_seeds`.
MOST_TRAININGS = 2**20
_MOST = 2**31  #: counts that the files hold


def _seed() -> int:
    return setting(0, "The one seed.", at_least=0, below=MOST_TRAININGS)


@dataclass(frozen=True)
class InvertConfig(Record):
    """Optimisation of a latent.

    Lengths in w are in standard deviations of the generator's own w, along its principal axes.

    Attributes:
        space: "w", one latent for all layers, or "w+", one for each (Abdal et al. 2019). There
            the layers move together for the share `together` of the steps: what one latent can
            say is better to edit than what takes many (Tov et al. 2021).
        steps: of Adam, at most; learning_rate: its peak, in standard deviations a step.
        pixel: weight of the squared error of pixels; pyramid: of the multi-scale error;
            perceptual, identity: of the features' distances, where those networks are at hand. In
            photos that the bundled generator never saw, an identity of 0.1 brought the distance to
            the person from 0.6 to below 0.3 for 0.2 dB; with 0.5 some w left the generator's own.
        prior: weight of the squared Mahalanobis distance to the mean w, per dimension.
        spread: weight of the variance between the layers (w+).
        noise: standard deviation of the noise on w at the start; it falls to none over the share
            `noise_ramp` of the steps (Karras et al. 2020, appendix D).
        patience: after so many steps without a gain of a thousandth of the loss the rate falls to
            nothing over as many, and it stops; 0 takes all steps.
        seed: of the noise.
        space_samples: own w that the mean and the covariance are measured on.
    """

    space: str = setting("w+", "w, one latent for all layers, or w+, one for each.", choices=SPACES)
    together: float = setting(0.5, at_least=0, at_most=1)
    steps: int = setting(
        500, "Of the optimisation, at most; 0 keeps the start.", at_least=0, below=_MOST
    )
    learning_rate: float = setting(0.1, above=0)
    pixel: float = setting(1.0, at_least=0)
    pyramid: float = setting(1.0, at_least=0)
    perceptual: float = setting(1.0, at_least=0)
    identity: float = setting(0.1, at_least=0)
    prior: float = setting(1e-3, at_least=0)
    spread: float = setting(1e-2, at_least=0)
    noise: float = setting(0.0, at_least=0)
    noise_ramp: float = setting(0.5, above=0, at_most=0.9)
    patience: int = setting(100, at_least=0, below=_MOST)
    seed: int = _seed()
    space_samples: int = setting(4096, at_least=16, below=_MOST)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.pixel + self.pyramid > 0, "pixel", "above 0 where pyramid is 0")


@dataclass(frozen=True)
class PivotConfig(Record):
    """Pivotal tuning (Roich et al. 2021, "Pivotal Tuning for Latent-based Editing").

    Attributes:
        steps: of Adam; 0 leaves the network alone. learning_rate: its rate.
        target: the picture loss at which it stops.
        locality: weight of what the network shows around the pivot, held to what it showed before
            (eq. 4); reach: how far around it that is, in standard deviations of w.
        seed: of the places around the pivot.
    """

    steps: int = setting(
        0,
        "Steps that tune a copy of the network around the latent; 0 for none.",
        flag="--pivot",
        at_least=0,
        below=_MOST,
    )
    learning_rate: float = setting(1e-3, above=0)
    target: float = setting(0.01, at_least=0)
    locality: float = setting(1.0, at_least=0)
    reach: float = setting(0.5, at_least=0)
    seed: int = _seed()


@dataclass(frozen=True)
class EncoderConfig(Record):
    """An encoder and its training on the generator's own samples.

    Attributes:
        space: "w" or "w+"; for w+ half of the samples mix the styles of two.
        width: channels of the first stage; steps, batch_size, learning_rate: the schedule.
        pixel: weight of the multi-scale error of what the generator makes of the found w; 0 spares
            the way back through it, three quarters of the time.
        precision: of the encoder's convolutions, "bf16" or "no" (float32). A CPU that knows bf16
            spent a seventh less with it at 64 pixels, a third less at 256; others do without.
        held_out: samples that the figures are measured on.
        seed: of weights and samples.
        space_samples: as in InvertConfig.
    """

    space: str = setting("w", choices=SPACES)
    width: int = setting(32, at_least=8, below=_MOST)
    steps: int = setting(
        2000,
        "Of that training; it is not resumed.",
        flag="--encoder-steps",
        at_least=1,
        below=_MOST,
    )
    batch_size: int = setting(16, at_least=1, below=_MOST)
    learning_rate: float = setting(2e-3, above=0)
    pixel: float = setting(0.0, at_least=0)
    precision: str = setting("bf16", choices=PRECISIONS)
    held_out: int = setting(64, at_least=1, below=_MOST)
    seed: int = _seed()
    space_samples: int = setting(4096, at_least=16, below=_MOST)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.width % 8 == 0, "width", "a multiple of 8")
