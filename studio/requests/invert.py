"""The request that finds a photo's latent: invert."""

from dataclasses import dataclass, field
from pathlib import Path

from gan_bridge.inversion.config import EncoderConfig, InvertConfig, PivotConfig
from studio.requests.checks import STYLEGAN, require


@dataclass(frozen=True, kw_only=True)
class InvertRequest:
    """Find the latent at which a generator shows the face of a photo.

    Attributes:
        photo: a picture file; face: which of its faces, the largest being 1; None for that one.
        out: folder of inverted.safetensors, inverted.png and, tuned, network.safetensors.
        generator, label: as in GridRequest.
        encoder: file of an encoder; where there is none yet it is trained, as `training` says, and
            written there. None starts at the mean face, or, with a VAE, at its own code.
        config, pivot: of the optimisation, and of pivotal tuning.
        perceptual, identity: files of weights, see `gan_bridge.inversion.features`.
        margin: widens the crop, as a share of its side; None for the margin of the faces that the
            generator was trained on.
    """

    photo: Path
    out: Path
    generator: str = STYLEGAN
    label: int | None = None
    face: int | None = None
    margin: float | None = None
    encoder: Path | None = None
    perceptual: Path | None = None
    identity: Path | None = None
    config: InvertConfig = field(default_factory=InvertConfig)
    pivot: PivotConfig = field(default_factory=PivotConfig)
    training: EncoderConfig = field(default_factory=EncoderConfig)

    def __post_init__(self) -> None:
        require(self.face is None or self.face >= 1, f"face is {self.face}; count them from 1")
        margin = self.margin
        fits = margin is None or -0.5 <= margin <= 2
        require(fits, f"margin is {margin}; it must be between -0.5 and 2")
        if self.encoder is not None:
            ends = self.encoder.suffix.lower() == ".safetensors"
            require(ends, f"{self.encoder} does not end in .safetensors, as encoders do; rename it")
