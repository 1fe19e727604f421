"""How a GAN is trained here: one frozen record that travels with its result."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from faces.ground.records import Record, setting

PRECISIONS = ("bf16", "no")
_SCHEDULE = "Schedule of the training"
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

    steps: int = setting(20_000, "Updates of each network.", at_least=1, panel=_SCHEDULE)
    batch_size: int = setting(32, "Faces a step.", at_least=1, panel=_SCHEDULE)
    g_rate: float = setting(0.0025, "Generator's rate.", above=0, panel=_SCHEDULE)
    d_rate: float = setting(0.002, "Discriminator's rate.", above=0, panel=_SCHEDULE)
    r1_gamma: float | None = setting(
        None,
        "Weight of R1; 0.001 S² / batch size if not given.",
        flag="--gamma",
        at_least=0,
        panel=_SCHEDULE,
    )
    r1_interval: int = setting(16, at_least=1)
    path_weight: float = setting(0.0, at_least=0)
    path_interval: int = setting(4, at_least=1)
    augment_p: float = setting(
        0.0, "Augmentation probability at first.", at_least=0, at_most=1, panel=_SCHEDULE
    )
    ada_target: float = setting(
        0.6,
        "Mean sign D(real) to hold; 0 keeps the probability.",
        at_least=0,
        below=1,
        panel=_SCHEDULE,
    )
    ada_kimg: float = setting(200.0, above=0)
    ada_interval: int = setting(4, at_least=1)
    ada_limit: float = setting(0.8, at_least=0, at_most=1)
    mirror: bool = setting(True, "Mirror half of the faces.", panel=_SCHEDULE)
    ema_kimg: float = setting(10.0, "Half-life of the moving average.", at_least=0, panel=_SCHEDULE)
    ema_ramp: float = setting(0.05, at_least=0)
    style_mixing: float = setting(0.0, at_least=0, at_most=1)
    train_layers: str = setting(
        "all", "all, mapping, synthesis, 0-5, names as L3_*.", flag="--layers", panel=_SCHEDULE
    )
    freeze_d: int = setting(
        0, "First discriminator blocks left as they are.", at_least=0, panel=_SCHEDULE
    )
    d_warmup: int = setting(500, at_least=0)
    blur_sigma: float = setting(0.0, at_least=0)
    blur_kimg: float = setting(200.0, above=0)
    precision: str = setting("bf16", "bf16 or no.", choices=PRECISIONS, panel=_SCHEDULE)
    score_faces: int = setting(1000, at_least=0)
    dev_share: float = setting(0.1, above=0, at_most=0.5)
    sheet_side: int = setting(6, at_least=1)
    log_steps: int = setting(20, at_least=1)
    checkpoint_steps: int = setting(50, at_least=1)
    snapshot_steps: int = setting(
        1000, "Steps between networks, sheet, score.", at_least=1, panel=_SCHEDULE
    )
    seed: int = setting(0, "The one seed.", at_least=0, panel=_SCHEDULE)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(bool(self.train_layers.strip()), "train_layers", "all, or a list of layers")

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
