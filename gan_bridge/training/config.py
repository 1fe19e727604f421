"""How a GAN is trained here: one frozen record that travels with its result."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from faces.ground.records import Record

PRECISIONS = ("bf16", "no")
#: What `steps` may differ in between a training and its continuation.
_OPEN_ENDED = ("steps",)


@dataclass(frozen=True)
class GANTrainConfig(Record):
    """Training from a checkpoint or from a random start.

    The defaults suit sets of some thousand faces (Karras et al. 2020, "Training Generative
    Adversarial Networks with Limited Data").

    Attributes:
        steps: updates of each network; batch_size: faces a step, over all processes.
        g_rate, d_rate: learning rates of generator and discriminator.
        r1_gamma: weight γ of the gradient penalty R1; None for 0.001 S² / batch_size at S pixels,
            which is what Karras et al. 2021 train their config T with.
        r1_interval: steps from one R1 update to the next (lazy regularisation).
        path_weight: weight of path-length regularisation, StyleGAN2 only; 0 is off.
        path_interval: steps between its updates.
        augment_p: probability of each augmentation at the start.
        ada_target: the value that E[sign D(real)] is kept near by moving that probability; 0 leaves
            it where it is.
        ada_kimg: thousand faces in which the probability can go from 0 to 1.
        ada_interval: steps between two adjustments of it.
        ada_limit: the probability never exceeds it: from 0.8 on, augmentations leak into the
            pictures (section 2.2).
        mirror: half of the real faces are mirrored.
        ema_kimg: half-life of the moving average whose weights are the result, in thousand faces.
        ema_ramp: in a training from random weights, the half-life is at most this share of the
            faces seen so far; 0 for no such bound.
        style_mixing: share of pictures whose late layers follow a second w.
        train_layers: what of the generator is trained: "all", or, with commas between, "mapping",
            "synthesis", numbers and ranges of the layers that a w feeds ("0", "4-9"), patterns of
            module names ("L3_*", "b32").
        freeze_d: discriminator blocks, from the highest resolution, that stay as they are
            (Mo et al. 2020, "Freeze the Discriminator").
        d_warmup: steps in which only the discriminator learns, where it is new and the generator
            is not.
        blur_sigma: Gaussian blur, in pixels, on all that the discriminator sees at first, gone
            after `blur_kimg` thousand faces (Karras et al. 2021, appendix F, for config R).
        precision: "bf16" for the layers that may run at reduced precision, or "no".
        score_faces: pictures that the score is taken over, and most faces held out of training
            for it; 0 takes no score.
        dev_share: share of the faces that are held out at most.
        sheet_side: pictures along a side of the sample sheet.
        log_steps, checkpoint_steps, snapshot_steps: steps between two rows of figures, two saved
            states, and two snapshots (networks, sheet, score).
        seed: the one seed of weights, order, latents and augmentation.
    """

    steps: int = 20_000
    batch_size: int = 32
    g_rate: float = 0.0025
    d_rate: float = 0.002
    r1_gamma: float | None = None
    r1_interval: int = 16
    path_weight: float = 0.0
    path_interval: int = 4
    augment_p: float = 0.0
    ada_target: float = 0.6
    ada_kimg: float = 200.0
    ada_interval: int = 4
    ada_limit: float = 0.8
    mirror: bool = True
    ema_kimg: float = 10.0
    ema_ramp: float = 0.05
    style_mixing: float = 0.0
    train_layers: str = "all"
    freeze_d: int = 0
    d_warmup: int = 500
    blur_sigma: float = 0.0
    blur_kimg: float = 200.0
    precision: str = "bf16"
    score_faces: int = 1000
    dev_share: float = 0.1
    sheet_side: int = 6
    log_steps: int = 20
    checkpoint_steps: int = 50
    snapshot_steps: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "r1_interval", "path_interval", "ada_interval"):
            self._require(getattr(self, name) >= 1, name, "1 or more")
        for name in ("log_steps", "checkpoint_steps", "snapshot_steps", "sheet_side"):
            self._require(getattr(self, name) >= 1, name, "1 or more")
        for name in ("g_rate", "d_rate", "ada_kimg", "blur_kimg"):
            self._require(0 < getattr(self, name) < math.inf, name, "a number above 0")
        for name in ("path_weight", "ema_kimg", "ema_ramp", "freeze_d", "d_warmup"):
            self._require(0 <= getattr(self, name) < math.inf, name, "0 or more")
        for name in ("blur_sigma", "score_faces", "seed"):
            self._require(0 <= getattr(self, name) < math.inf, name, "0 or more")
        for name in ("augment_p", "ada_limit", "style_mixing"):
            self._require(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._require(0 <= self.ada_target < 1, "ada_target", "at least 0 and below 1")
        gamma = self.r1_gamma
        self._require(gamma is None or 0 <= gamma < math.inf, "r1_gamma", "0 or more, or null")
        self._require(0 < self.dev_share <= 0.5, "dev_share", "above 0 and at most 0.5")
        self._require(bool(self.train_layers.strip()), "train_layers", "all, or a list of layers")
        self._require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}")

    def gamma(self, resolution: int) -> float:
        """The weight of R1 at that resolution."""
        if self.r1_gamma is not None:
            return self.r1_gamma
        return 0.001 * resolution**2 / self.batch_size

    def ema_decay(self, step: int, ramp: bool = True) -> float:
        """Decay of the moving average in the step that is `step`-th from 0."""
        half_life = self.ema_kimg * 1000
        if self.ema_ramp and ramp:
            half_life = min(half_life, (step + 1) * self.batch_size * self.ema_ramp)
        return 0.5 ** (self.batch_size / max(half_life, 1e-8))

    def next_p(self, p: float, sign: float) -> float:
        """The augmentation probability after E[sign D(real)] was `sign` (eq. 1 and section 3)."""
        if not self.ada_target:
            return p
        moved = self.batch_size * self.ada_interval / (self.ada_kimg * 1000)
        return min(max(p + math.copysign(moved, sign - self.ada_target), 0.0), self.ada_limit)

    def blur(self, step: int) -> float:
        """Standard deviation of the blur in a step, in pixels."""
        return self.blur_sigma * max(0.0, 1 - step * self.batch_size / (self.blur_kimg * 1000))

    def lasting(self) -> dict[str, Any]:
        """The settings that a training keeps when it is continued."""
        return {name: value for name, value in asdict(self).items() if name not in _OPEN_ENDED}
