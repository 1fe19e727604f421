"""Which model a request is for: the records that command line, page, engine and workflows share."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from faces.ground.records import setting
from studio.validation import STYLEGAN, Request, require_layers

_PANEL = "Which model"


@dataclass(frozen=True, kw_only=True)
class GeneratorChoice(Request):
    """Which generator a request is for, and where it works.

    Attributes:
        generator: its vae.safetensors names a run as well as its folder does.
        device: "cpu", "cuda", "cuda:1", …; "auto" leaves it to the engine.
    """

    generator: str = setting(
        STYLEGAN,
        "stylegan3 or bundled (the β-VAE), the folder of a run, a .safetensors, .pkl or .pt.",
        flag=("--generator", "-g"),
        panel=_PANEL,
    )
    label: int | None = setting(
        None, "Class of a conditional StyleGAN.", flag="--class", panel=_PANEL
    )
    device: str = "auto"

    @classmethod
    def of(cls, source: "str | os.PathLike[str] | GeneratorChoice") -> Self:
        """The choice in a request, or, of a bare name or path, of nothing but the generator."""
        if isinstance(source, cls):
            return source
        if isinstance(source, GeneratorChoice):
            return cls(**source.models())
        return cls(generator=os.fspath(source))

    def models(self) -> dict[str, Any]:
        """The choice alone, for another request: `GridRequest(seed=0, **request.models())`."""
        names = {each.name for each in fields(ModelChoice)}
        return {name: value for name, value in vars(self).items() if name in names}


@dataclass(frozen=True, kw_only=True)
class DirectionsChoice(GeneratorChoice):
    """A generator, and along which directions its faces are moved."""

    directions: Path | None = setting(
        None,
        "directions.safetensors, the folder that `circumplex bridge` wrote, or bundled; or .npy, "
        ".npz, .pt of InterFaceGAN, GANSpace, SeFa: VALENCE[,AROUSAL], each FILE or FILE#NUMBER.",
        shown="those beside the generator",
        panel=_PANEL,
    )


@dataclass(frozen=True, kw_only=True)
class ModelChoice(DirectionsChoice):
    """A generator and its directions, and how they are used."""

    layers: str | None = setting(
        None,
        "Layers of a StyleGAN to edit, numbered from 0 (pose, shape) to the last (colour, detail): "
        "3-8, or 3-5:0.5,8 to go half as far in 3 to 5; all for every one.",
        shown="the profile's",
        panel=_PANEL,
    )
    raw: bool = setting(
        False, "Ask the latent, not the picture: leave the calibration out.", panel=_PANEL
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_layers(self.layers)
