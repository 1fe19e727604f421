"""`circumplex edit`: one face at one point of the circumplex."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from faces.ground.files import write_bytes
from faces.ground.outputs import check_output
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from faces.sets.config import cut_of
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP, FaceChoice
from studio.further_factors import FurtherFactors, beyond_labels
from studio.model_choice import ModelChoice
from studio.stimuli.luminance import luma_statistics, match_luma
from studio.stimuli.origin import (
    Start,
    edited_latent,
    find_start,
    open_recipe,
    origin_fields,
    picture_fields,
    read_picture,
)
from studio.stimuli.recipe import Recipe, pasted_bytes, png_bytes
from studio.stimuli.refining import REFINE_HELP, REFINED, move_refined
from studio.stimuli.reproduction import Reproduction, compare_reproduction
from studio.validation import OVERWRITE_HELP, require
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer


@dataclass(frozen=True, kw_only=True)
class EditRequest(FaceChoice, FurtherFactors, ModelChoice):
    """One face at one point of the circumplex.

    Attributes:
        out: PNG file to write; None keeps the picture in memory.
        recipe: a fourth way to name a face: a PNG that this program wrote. It decides valence,
            arousal, others, truncation, label, layers, refine and raw, so none of them goes with
            it.
        valence, arousal: None is 0; truncation: None is DEFAULT_TRUNCATION; refine: None takes
            steps for photos and latents, see `move_refined`.
    """

    out: Path | None = None
    recipe: Path | None = setting(
        None,
        "Make the picture in this PNG again, and say how near it comes.",
        panel="Which face",
    )
    valence: float | None = setting(
        None, "Requested.", flag=("--valence", "-v"), at_least=-1, at_most=1, shown="0"
    )
    arousal: float | None = setting(
        None, "Requested.", flag=("--arousal", "-a"), at_least=-1, at_most=1, shown="0"
    )
    truncation: float | None = setting(
        None, TRUNCATION_HELP, at_least=0, at_most=2, shown=str(DEFAULT_TRUNCATION)
    )
    refine: int | None = setting(None, REFINE_HELP, at_least=0, at_most=1000, shown=REFINED)
    paste: bool = setting(
        False, "Put the face back into the photo, at its own size.", panel="Which face"
    )
    overwrite: bool = setting(False, OVERWRITE_HELP)

    sources: ClassVar[tuple[str, ...]] = (*FaceChoice.sources, "recipe")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recipe is not None:
            for name in ("valence", "arousal", "truncation", "label", "layers", "refine"):
                said = "class" if name == "label" else name
                require(
                    getattr(self, name) is None,
                    f"the recipe decides {said}; leave it out, or give a seed or a photo",
                )
            require(not self.others, "the recipe decides further factors; leave out set")
            require(not self.raw, "the recipe decides raw; leave it out, or give a seed or a photo")
        require(not self.paste or self.photo is not None, "paste goes with a photo")
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
        expected_rating: what people are expected to see in it, by the reading and the ratings that
            the editor is calibrated on: to be compared with `aimed` in the reading's place. None
            where requests are in readers' terms.
        aimed: valence and arousal that the edit aims at: the request or, where no face shows that,
            the nearest that faces show; reached: whether the request lies within that.
        luminance: mean and standard deviation of the luma, 0–255.
        others: of each further factor that was asked for, by name: requested, aimed (the request or
            the nearest that the labels fitted on show) and predicted, by the probes in the latent.
        notes: what the user should know of a photo's face, a line each.
        identity_distance: of a written edit from the photo that it started from; else None.
        reproduction: how near a picture made from a recipe comes to the first; None for others.
    """

    file: Path | None
    data: bytes
    recipe: Recipe
    reading: tuple[float, float] | None
    aimed: tuple[float, float]
    reached: bool
    luminance: tuple[float, float]
    others: dict[str, dict[str, float]]
    notes: tuple[str, ...] = ()
    identity_distance: float | None = None
    reproduction: Reproduction | None = None
    expected_rating: tuple[float, float] | None = None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        expected = self.expected_rating and _by_name(self.expected_rating)
        return {
            "file": self.file and str(self.file),
            "predicted": self.reading and _by_name(self.reading),
            **({} if expected is None else {"expected_rating": expected}),
            "aimed": _by_name(self.aimed),
            "reached": self.reached,
            "luminance": dict(zip(("mean", "sd"), self.luminance, strict=True)),
            "others": self.others,
            "notes": list(self.notes),
            "identity_distance": self.identity_distance,
            "recipe": self.recipe.to_dict(),
            **({} if self.reproduction is None else {"remade": self.reproduction.summary()}),
        }


def _by_name(point: tuple[float, float]) -> dict[str, float]:
    return dict(zip(("valence", "arousal"), point, strict=True))


def run(request: EditRequest, engine: Engine, progress: Progress = silent) -> EditResult:
    """One face at one point of the circumplex.

    A recipe makes its picture again: the very bytes, or, where this machine rounds otherwise, a
    picture with a recipe of its own; the result says by how much it differs.

    Raises:
        CircumplexError: models missing or not those of the recipe; photo unreadable or faceless; a
            file in the way.
    """
    check_output(request.out, request.overwrite)
    with engine.working():
        if request.recipe is None:
            edit = _moved(request, engine, progress)
        else:
            edit = _of_recipe(request.recipe, request, engine)
        explorer, recipe = edit.explorer, edit.recipe
        image = explorer.generator.synthesize(edit.w)[0]
        if recipe.luminance is not None:
            image = match_luma(image, *recipe.luminance)
        picture, reproduction = picture_fields(explorer, edit.w, image), None
        if request.recipe is not None:
            backend = picture["backend"]
            reproduction = compare_reproduction(request.recipe, recipe, image, backend)
        if reproduction is None or not reproduction.identical:
            recipe = replace(recipe, **picture, software=software())
        recipe = replace(recipe, finish=None)  # what is written here is the face itself
        reading = read_picture(explorer, image)
        expected = _expected_rating(explorer, edit.w, image)
        target = np.array([[recipe.valence, recipe.arousal]])
        aimed, reached = explorer.aim(target)[0].tolist(), bool(explorer.covers(target)[0])
        # a moment that a dot on its way across the page has not
        distance = _identity_distance(edit, image, engine) if request.out is not None else None
    data = png_bytes(image, recipe.to_dict())
    if request.paste and edit.start is not None:
        data = _pasted(request, edit.start, image, recipe)
    if request.out is not None:
        write_bytes(request.out, data)
    return EditResult(
        request.out,
        data,
        recipe,
        reading,
        (aimed[0], aimed[1]),
        reached,
        luma_statistics(image),
        _others(explorer, edit.w),
        (*(() if edit.start is None else edit.start.notes), *beyond_labels(explorer)),
        distance,
        reproduction,
        expected,
    )


def _expected_rating(
    explorer: "EmotionExplorer", w: np.ndarray, image: np.ndarray
) -> tuple[float, float] | None:
    """By what the readers that the editor aims for find in the picture."""
    if not explorer.is_rated:
        return None
    valence, arousal = explorer.shown(w, image).tolist()
    return valence, arousal


@dataclass(frozen=True, eq=False)
class _Edit:
    """A latent after its edit, w (1, L, W), and how it came about; `start` of a new one."""

    explorer: "EmotionExplorer"
    recipe: Recipe
    w: np.ndarray
    start: Start | None = None


def _moved(request: EditRequest, engine: Engine, progress: Progress) -> _Edit:
    start = _start(request, engine, progress)
    recipe = _recipe(request, start)
    place = recipe.valence, recipe.arousal
    w, steps = move_refined(start, *place, request.refine, engine, progress)
    return _Edit(start.explorer, replace(recipe, refined=steps or None), w, start)


def _of_recipe(path: Path, request: EditRequest, engine: Engine) -> _Edit:
    recipe, explorer = open_recipe(path, request, engine)
    return _Edit(explorer, recipe, edited_latent(recipe, explorer))


def _identity_distance(edit: _Edit, image: np.ndarray, engine: Engine) -> float | None:
    """How far the edited face is from the photo's; None of others, and where nothing can tell."""
    photo = None if edit.start is None else edit.start.photo
    if photo is None or photo.identity_distance is None:
        return None
    generator = edit.explorer.generator
    faces = [photo.portrait.coloured, image]
    margin = cut_of(generator.provenance).margin
    before, after = engine.identity_reader().read_crops(faces, margin)
    return float(np.linalg.norm(before - after))


def _others(explorer: "EmotionExplorer", w: np.ndarray) -> dict[str, dict[str, float]]:
    """What was asked of further factors, and what became of it in the latent w (1, L, W)."""
    names = [factor.name for factor in explorer.directions.others]
    predicted = dict(zip(names, explorer.predict_others(w)[0].tolist(), strict=True))
    return {
        name: {
            "requested": value,
            "aimed": explorer.aimed_others[name],
            "predicted": predicted[name],
        }
        for name, value in explorer.others.items()
    }


def _truncation(request: EditRequest) -> float:
    return DEFAULT_TRUNCATION if request.truncation is None else request.truncation


def _start(request: EditRequest, engine: Engine, progress: Progress) -> Start:
    explorer = engine.explorer(request).with_others(request.others)
    return find_start(request, _truncation(request), explorer, engine, progress)


def _recipe(request: EditRequest, start: Start) -> Recipe:
    """The recipe of a new picture, but for what the picture adds."""
    fields = origin_fields(start.explorer, request.seed, start.w, _truncation(request))
    return Recipe(
        **fields, valence=request.valence or 0.0, arousal=request.arousal or 0.0, luminance=None
    )


def _pasted(request: EditRequest, start: Start, image: np.ndarray, recipe: Recipe) -> bytes:
    """The photo with the edited face put back."""
    from studio.stimuli.pasting import colour_profile, paste_face

    assert request.photo is not None and start.photo is not None  # the request has seen to it
    found = start.photo
    face = found.portrait
    whole = paste_face(request.photo, face.crop, found.image, image, face.turned)
    return pasted_bytes(whole, recipe.to_dict(), colour_profile(request.photo))
