"""What a β-VAE is and how it is trained: two frozen records that travel in every checkpoint."""

from dataclasses import dataclass

from faces.ground.records import Record

IMAGE_SIZES = (64, 128, 256)
SCHEDULES = ("beta", "capacity", "tc")
PRECISIONS = ("bf16", "no")
#: How far a sampled face stands from the mean face by default: 0 is the mean face, 1 the full
#: spread of the training faces. Command line, page and scripts share it.
DEFAULT_TRUNCATION = 0.7


@dataclass(frozen=True)
class VAEConfig(Record):
    """The network.

    Attributes:
        image_size: side of the square image in pixels, 64, 128 or 256.
        channels: 1 (grey) or 3 (RGB).
        latent_dim: number of units of the latent code.
        encoder_width: channels of the encoder's first stage; each stage doubles it, up to 8 times.
        decoder_width: likewise the decoder's last stage.
    """

    image_size: int = 128
    channels: int = 1
    latent_dim: int = 64
    encoder_width: int = 32
    decoder_width: int = 24

    def __post_init__(self) -> None:
        self._require(self.image_size in IMAGE_SIZES, "image_size", f"one of {IMAGE_SIZES}")
        self._require(self.channels in (1, 3), "channels", "1 (grey) or 3 (colour)")
        self._require(1 <= self.latent_dim <= 4096, "latent_dim", "between 1 and 4096")
        for name in ("encoder_width", "decoder_width"):
            self._require(4 <= getattr(self, name) <= 512, name, "between 4 and 512")


@dataclass(frozen=True)
class TrainConfig(Record):
    """How the network is trained.

    Attributes:
        epochs: passes over the training split.
        batch_size: faces a step, over all processes.
        learning_rate: peak of the cosine schedule, reached after `warmup_steps`
            or a quarter of the training, whichever is less.
        weight_decay: AdamW's decoupled decay.
        schedule: "beta" (Higgins et al. 2017, eq. 4, β warmed up), "capacity" (Burgess et al. 2018,
            eq. 8) or "tc" (Chen et al. 2018, eq. 4: β on the total correlation alone).
        beta: weight of the KL term, of its distance to the capacity, or of the total correlation.
        beta_warmup: share of the training over which β, or the capacity, rises from 0.
        capacity: final capacity in nats, for the schedule "capacity".
        sigma: standard deviation of the Gaussian likelihood, on the image range [-1, 1].
        guide: weight of the linear head on valence and arousal; 0 is the plain β-VAE.
        express: weight of the expression term when a decoder is refined.
        class_balance: exponent on the class weights of the faces' losses; 0 is unweighted.
        augment: flip, small affine changes, brightness, contrast; half of the inputs also lose
            a square that the decoder must fill in.
        ema_decay: decay of the exponential moving average whose weights are the result.
        dev_share: share of the training split held out to choose the best epoch; the validation
            split takes no part in training.
        patience: epochs without a better loss on that share before training stops; 0 never stops.
        precision: "bf16" or "no" (float32).
        seed: the one seed of order, augmentation, noise and initial weights.
        checkpoint_steps: steps between two saved states.
        preview_faces: faces on the reconstruction sheet of each epoch.
    """

    epochs: int = 30
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup_steps: int = 100
    schedule: str = "beta"
    beta: float = 4.0
    beta_warmup: float = 0.2
    capacity: float = 50.0
    sigma: float = 0.2
    guide: float = 2000.0
    express: float = 200.0
    class_balance: float = 0.0
    augment: bool = True
    ema_decay: float = 0.995
    dev_share: float = 0.04
    patience: int = 0
    precision: str = "bf16"
    seed: int = 0
    checkpoint_steps: int = 200
    preview_faces: int = 16

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "checkpoint_steps"):
            self._require(getattr(self, name) >= 1, name, "1 or more")
        for name in ("learning_rate", "sigma"):
            self._require(0 < getattr(self, name) < float("inf"), name, "a number above 0")
        for name in (
            "weight_decay",
            "warmup_steps",
            "beta",
            "capacity",
            "guide",
            "express",
            "patience",
            "seed",
        ):
            self._require(0 <= getattr(self, name) < float("inf"), name, "0 or more")
        for name in ("beta_warmup", "class_balance"):
            self._require(0 <= getattr(self, name) <= 1, name, "between 0 and 1")
        self._require(0 <= self.ema_decay < 1, "ema_decay", "at least 0 and below 1")
        self._require(0 < self.dev_share <= 0.5, "dev_share", "above 0 and at most 0.5")
        self._require(self.preview_faces >= 0, "preview_faces", "0 or more")
        self._require(self.schedule in SCHEDULES, "schedule", f"one of {', '.join(SCHEDULES)}")
        self._require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}")
