"""What an inversion is asked to do. Records of plain values, saved with what came of them."""

import math
from dataclasses import dataclass

from faces.ground.records import Record

SPACES = ("w", "w+")
PRECISIONS = ("bf16", "no")
#: Seeds of a training: each has samples of its own, see `space.training_seeds`.
MOST_TRAININGS = 2**20


class _Checked(Record):
    seed: int  # of the records below, which are frozen

    def _check_counts(self, *names: str, least: int = 0) -> None:
        for name in names:
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            self._require(whole and least <= value < 2**31, name, f"{least} or more")

    def _check_seed(self) -> None:
        seed = self.seed
        whole = isinstance(seed, int) and not isinstance(seed, bool)
        fine = whole and 0 <= seed < MOST_TRAININGS
        self._require(fine, "seed", f"a whole number from 0 to {MOST_TRAININGS - 1}")

    def _check_weights(self, *names: str) -> None:
        for name in names:
            self._require(0 <= getattr(self, name) < math.inf, name, "0 or more")


@dataclass(frozen=True)
class InvertConfig(_Checked):
    """Optimisation of a latent.

    Lengths in w are in standard deviations of the generator's own w, along its principal axes.

    Attributes:
        space: "w", one latent for all layers, or "w+", one for each (Abdal et al. 2019). There
            the layers move together for the share `together` of the steps: what one latent can
            say is better to edit than what takes many (Tov et al. 2021).
        steps: of Adam, at most; learning_rate: its peak, in standard deviations a step.
        pixel: weight of the squared error of pixels; pyramid: of the multi-scale error;
            perceptual, identity: of the features' distances, where their weights are given.
        prior: weight of the squared Mahalanobis distance to the mean w, per dimension.
        spread: weight of the variance between the layers (w+).
        noise: standard deviation of the noise on w at the start; it falls to none over the share
            `noise_ramp` of the steps (Karras et al. 2020, appendix D).
        patience: after so many steps without a gain of a thousandth of the loss the rate falls to
            nothing over as many, and it stops; 0 takes all steps.
        seed: of the noise.
        space_samples: own w that the mean and the covariance are measured on.
    """

    space: str = "w+"
    together: float = 0.5
    steps: int = 500
    learning_rate: float = 0.1
    pixel: float = 1.0
    pyramid: float = 1.0
    perceptual: float = 1.0
    identity: float = 0.5
    prior: float = 1e-3
    spread: float = 1e-2
    noise: float = 0.0
    noise_ramp: float = 0.5
    patience: int = 100
    seed: int = 0
    space_samples: int = 4096

    def __post_init__(self) -> None:
        self._require(self.space in SPACES, "space", f"one of {', '.join(SPACES)}")
        self._check_counts("steps", "patience")
        self._check_seed()
        self._check_counts("space_samples", least=16)
        self._require(0 < self.learning_rate < math.inf, "learning_rate", "above 0")
        self._check_weights("pixel", "pyramid", "perceptual", "identity", "prior", "spread")
        self._require(self.pixel + self.pyramid > 0, "pixel", "above 0 where pyramid is 0")
        self._check_weights("noise")
        self._require(0 <= self.together <= 1, "together", "between 0 and 1")
        self._require(0 < self.noise_ramp <= 0.9, "noise_ramp", "above 0 and at most 0.9")


@dataclass(frozen=True)
class PivotConfig(_Checked):
    """Pivotal tuning (Roich et al. 2021, "Pivotal Tuning for Latent-based Editing").

    Attributes:
        steps: of Adam; 0 leaves the network alone. learning_rate: its rate.
        target: the picture loss at which it stops.
        locality: weight of what the network shows around the pivot, held to what it showed before
            (eq. 4); reach: how far around it that is, in standard deviations of w.
        seed: of the places around the pivot.
    """

    steps: int = 0
    learning_rate: float = 1e-3
    target: float = 0.01
    locality: float = 1.0
    reach: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_counts("steps")
        self._check_seed()
        self._require(0 < self.learning_rate < math.inf, "learning_rate", "above 0")
        self._check_weights("target", "locality", "reach")


@dataclass(frozen=True)
class EncoderConfig(_Checked):
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

    space: str = "w"
    width: int = 32
    steps: int = 2000
    batch_size: int = 16
    learning_rate: float = 2e-3
    pixel: float = 0.0
    precision: str = "bf16"
    held_out: int = 64
    seed: int = 0
    space_samples: int = 4096

    def __post_init__(self) -> None:
        self._require(self.space in SPACES, "space", f"one of {', '.join(SPACES)}")
        self._require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}")
        self._check_counts("steps", "batch_size", "held_out", least=1)
        self._check_counts("width", least=8)
        self._require(self.width % 8 == 0, "width", "a multiple of 8")
        self._check_seed()
        self._check_counts("space_samples", least=16)
        self._require(0 < self.learning_rate < math.inf, "learning_rate", "above 0")
        self._check_weights("pixel")
