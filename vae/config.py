"""What a β-VAE is and how it is trained: two frozen records that travel in every checkpoint."""

from dataclasses import dataclass

from faces.ground.records import Record, setting

IMAGE_SIZES = (64, 128, 256)
SCHEDULES = ("beta", "capacity", "tc")
PRECISIONS = ("bf16", "no")
_NETWORK, _SCHEDULE = "Network", "Schedule of the training"
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

    image_size: int = setting(128, choices=IMAGE_SIZES)
    channels: int = setting(1, choices=(1, 3))
    latent_dim: int = setting(64, "Latent units.", at_least=1, at_most=4096, panel=_NETWORK)
    encoder_width: int = setting(
        32, "Channels of the first stage.", at_least=4, at_most=512, panel=_NETWORK
    )
    decoder_width: int = setting(
        24, "Channels of the last stage.", at_least=4, at_most=512, panel=_NETWORK
    )


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
        perceptual: weight of the distance in what the identity network sees (Hou et al. 2017,
            "Deep Feature Consistent VAE"), so that codes keep who it is; 0 for pixels alone.
        grey_inputs: share of colour faces that the encoder is shown grey and at 48 pixels, so that
            faces of grey sets come to have the codes that they would have in colour.
        guide: weight of the linear head on valence and arousal; 0 is the plain β-VAE.
        express: weight of the expression term when a decoder is refined.
        class_balance: exponent on the class weights of the faces' losses; 0 is unweighted.
        augment: flip, small affine changes, brightness, contrast; half of the inputs also lose
            a square that the decoder must fill in.
        augment_strength: share of the usual changes: less where faces lie well in their crops.
        ema_decay: decay of the exponential moving average whose weights are the result.
        dev_share: share of the training split held out to choose the best epoch; the validation
            split takes no part in training. A refinement keeps its last epoch.
        patience: epochs without a better loss on that share before training stops; 0 never stops.
        precision: "bf16" or "no" (float32).
        seed: the one seed of order, augmentation, noise and initial weights.
        checkpoint_steps: steps between two saved states.
        preview_faces: faces on the reconstruction sheet of each epoch.
    """

    epochs: int = setting(30, "Passes over the faces.", at_least=1, panel=_SCHEDULE)
    batch_size: int = setting(256, "Faces a step.", at_least=1, panel=_SCHEDULE)
    learning_rate: float = setting(2e-3, "Peak of the cosine schedule.", above=0, panel=_SCHEDULE)
    weight_decay: float = setting(0.02, at_least=0)
    warmup_steps: int = setting(100, "Steps until the peak.", at_least=0, panel=_SCHEDULE)
    schedule: str = setting("beta", "beta, capacity or tc.", choices=SCHEDULES, panel=_SCHEDULE)
    beta: float = setting(4.0, "Weight β of the latent term.", at_least=0, panel=_SCHEDULE)
    beta_warmup: float = setting(0.2, at_least=0, at_most=1)
    capacity: float = setting(
        50.0, "Final capacity in nats (schedule capacity).", at_least=0, panel=_SCHEDULE
    )
    sigma: float = setting(0.2, above=0)
    perceptual: float = setting(
        0.0, "Weight of what the identity network sees.", at_least=0, panel=_SCHEDULE
    )
    grey_inputs: float = setting(
        0.0, "Share of colour faces that are shown grey.", at_least=0, at_most=1, panel=_SCHEDULE
    )
    guide: float = setting(
        2000.0,
        "Weight of the valence/arousal head; 0 is the plain β-VAE.",
        at_least=0,
        panel=_SCHEDULE,
    )
    express: float = setting(
        200.0, "Weight of the expression term (--refine).", at_least=0, panel=_SCHEDULE
    )
    class_balance: float = setting(
        0.0,
        "Exponent on the class weights; 0 is unweighted.",
        at_least=0,
        at_most=1,
        panel=_SCHEDULE,
    )
    augment: bool = setting(True, "Flip, shift, relight the faces.", panel=_SCHEDULE)
    augment_strength: float = setting(
        1.0, "Share of the usual changes.", at_least=0, at_most=1, panel=_SCHEDULE
    )
    ema_decay: float = setting(0.995, at_least=0, below=1)
    dev_share: float = setting(0.04, above=0, at_most=0.5)
    patience: int = setting(
        0,
        "Epochs without a better loss before stopping; 0 never.",
        at_least=0,
        panel=_SCHEDULE,
    )
    precision: str = setting("bf16", "bf16 or no.", choices=PRECISIONS, panel=_SCHEDULE)
    seed: int = setting(0, "The one seed.", at_least=0, panel=_SCHEDULE)
    checkpoint_steps: int = setting(
        200, "Steps between two saved states.", at_least=1, panel=_SCHEDULE
    )
    preview_faces: int = setting(16, at_least=0)
