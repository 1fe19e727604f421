"""`circumplex edit`: one face at one point of the circumplex."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import write_bytes
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from studio.engine import Engine
from studio.stimuli.luminance import luma_statistics, match_luma
from studio.stimuli.origin import (
    edited_latent,
    open_recipe,
    origin_fields,
    picture_fields,
    read_picture,
    start_latent,
)
from studio.stimuli.recipe import Recipe, png_bytes
from studio.stimuli.reproduction import Reproduction, compare_reproduction
from studio.validation import (
    STYLEGAN,
    require,
    require_affect,
    require_layers,
    require_seed,
    require_truncation,
)
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    import numpy as np

    from gan_bridge.editing.explorer import EmotionExplorer


@dataclass(frozen=True, kw_only=True)
class EditRequest:
    """One face at one point of the circumplex.

    Attributes:
        out: PNG file to write; None keeps the picture in memory.
        seed, photo, latent, recipe: the face: one of the four. A recipe (a PNG that this program
            wrote) itself decides valence, arousal and truncation, so none of them goes with it.
        valence, arousal: the request, in [-1, 1]; None is 0.
        truncation: as in GridRequest; None is DEFAULT_TRUNCATION.
        latent, force, generator, directions, label, layers, raw: as in GridRequest; a recipe
            decides the last three.
    """

    out: Path | None = None
    seed: int | None = None
    photo: Path | None = None
    latent: Path | None = None
    force: bool = False
    recipe: Path | None = None
    valence: float | None = None
    arousal: float | None = None
    truncation: float | None = None
    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    layers: str | None = None
    raw: bool = False

    def __post_init__(self) -> None:
        faces = (self.seed, self.photo, self.latent, self.recipe)
        given = [name for name in faces if name is not None]
        require(len(given) == 1, "give one of seed, photo, latent and recipe")
        if self.seed is not None:
            require_seed(self.seed)
        if self.recipe is not None:
            for name in ("valence", "arousal", "truncation", "label", "layers"):
                said = "class" if name == "label" else name
                require(
                    getattr(self, name) is None,
                    f"the recipe decides {said}; leave it out, or give a seed or a photo",
                )
            require(not self.raw, "the recipe decides raw; leave it out, or give a seed or a photo")
        require_layers(self.layers)
        require_affect(self.valence or 0.0, "valence")
        require_affect(self.arousal or 0.0, "arousal")
        require_truncation(self.truncation or 0.0)
        suffix_fits = self.out is None or self.out.suffix.lower() == ".png"
        require(suffix_fits, f"{self.out} does not end in .png, the format of edits; rename it")


@dataclass(frozen=True)
class EditResult:
    """An edited face: PNG bytes, how it was made, what the probes read in it.

    Attributes:
        file: where it was written, or None.
        data: the PNG, with its recipe inside.
        recipe: how it was made.
        reading: valence and arousal that the probes read in the finished picture, encoded anew;
            None where the generator cannot encode and its reader is not at hand.
        luminance: mean and standard deviation of the luma, 0–255.
        reproduction: how near a picture made from a recipe comes to the first; None for others.
    """

    file: Path | None
    data: bytes
    recipe: Recipe
    reading: tuple[float, float] | None
    luminance: tuple[float, float]
    reproduction: Reproduction | None = None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "file": self.file and str(self.file),
            "predicted": self.reading
            and dict(zip(("valence", "arousal"), self.reading, strict=True)),
            "luminance": dict(zip(("mean", "sd"), self.luminance, strict=True)),
            "recipe": self.recipe.to_dict(),
            **({} if self.reproduction is None else {"remade": self.reproduction.summary()}),
        }


def run(request: EditRequest, engine: Engine, progress: Progress = silent) -> EditResult:
    """One face at one point of the circumplex.

    A recipe makes its picture again: the very bytes, or, where this machine rounds otherwise, a
    picture with a recipe of its own; the result says by how much it differs.

    Raises:
        CircumplexError: models missing or not those of the recipe; photo unreadable or faceless.
    """
    with engine.working():
        if request.recipe is not None:
            recipe, explorer = open_recipe(
                request.recipe, request.generator, request.directions, engine
            )
            w = edited_latent(recipe, explorer)
        else:
            explorer = engine.explorer(
                request.generator, request.directions, request.label, request.layers, request.raw
            )
            recipe, w = _edit(request, explorer, engine)
        image = explorer.generator.synthesize(w)[0]
        if recipe.luminance is not None:
            image = match_luma(image, *recipe.luminance)
        picture, reproduction = picture_fields(explorer, w, image), None
        if request.recipe is not None:
            backend = picture["backend"]
            reproduction = compare_reproduction(request.recipe, recipe, image, backend)
        if reproduction is None or not reproduction.identical:
            recipe = replace(recipe, **picture, software=software())
        reading = read_picture(explorer, image)
    data = png_bytes(image, recipe.to_dict())
    if request.out is not None:
        write_bytes(request.out, data)
    return EditResult(request.out, data, recipe, reading, luma_statistics(image), reproduction)


def _edit(
    request: EditRequest, explorer: "EmotionExplorer", engine: Engine
) -> tuple[Recipe, "np.ndarray"]:
    """The recipe of a new picture, but for what the picture adds, and its latent (1, L, W)."""
    truncation = DEFAULT_TRUNCATION if request.truncation is None else request.truncation
    start = start_latent(request, truncation, explorer, engine)
    recipe = Recipe(
        **origin_fields(explorer, request.seed, start, truncation),
        valence=request.valence or 0.0,
        arousal=request.arousal or 0.0,
        luminance=None,
    )
    return recipe, explorer.move(start, recipe.valence, recipe.arousal)
