"""Whose face a picture shows and which models made it: out of a request, or out of a recipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from gan_bridge.generators.backend import describe_backend
from studio.face_choice import FaceChoice
from studio.model_choice import DirectionsChoice, ModelChoice
from studio.stimuli.columns import IDENTITY_SCALE
from studio.stimuli.recipe import (
    Recipe,
    decode_latent,
    encode_latent,
    picture_digest,
    read_recipe,
)

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.generators.protocol import Generator
    from gan_bridge.inversion.photo_face import PhotoFace
    from studio.engine import Engine


@dataclass(frozen=True, eq=False)
class Start:
    """The face before any edit.

    Attributes:
        w: (1, L, W); explorer: that moves it, anchored at what a photo's face shows by itself.
        photo: what was found of a photo, or None.
        notes: what the user should know of it, a line each.
    """

    w: np.ndarray
    explorer: "EmotionExplorer"
    photo: "PhotoFace | None" = None
    notes: tuple[str, ...] = ()


def find_start(
    request: FaceChoice,
    truncation: float,
    explorer: "EmotionExplorer",
    engine: "Engine",
    progress: Progress = silent,
) -> Start:
    """The face that a request starts from.

    Raises:
        CircumplexError: no face in the photo; a latent of another generator; or a face that the
            gate refuses.
    """
    if request.photo is not None:
        photo = engine.photo_face(request.photo, explorer.generator, request.face, progress)
        photo.verdict.refuse_poor(request.photo, request.force)
        anchored = engine.anchored(explorer, photo.w, photo.image)
        notes = (*photo.notes, _nearness(photo.identity_distance))
        return Start(photo.w, anchored, photo, notes)
    if request.latent is not None:
        from gan_bridge.inversion import load_inverted

        found = load_inverted(request.latent, explorer.generator)
        found.verdict.refuse_poor(request.latent, request.force)
        image = explorer.generator.synthesize(found.w)[0]
        anchored = engine.anchored(explorer, found.w, image)
        distance = None if found.figures is None else found.figures.identity
        return Start(found.w, anchored, notes=(_nearness(distance),))
    assert request.seed is not None  # the request has seen to it
    return Start(explorer.latent(request.seed, truncation), explorer)


def _nearness(distance: float | None) -> str:
    if distance is None:
        return "how near the face found is to the photo's, nothing here can tell"
    return (
        f"identity distance of the face found from the photo's: {distance:.2f} "
        f"({IDENTITY_SCALE}; the search for it brings that number down)"
    )


def origin_fields(
    explorer: "EmotionExplorer", seed: int | None, w: np.ndarray, truncation: float
) -> dict[str, Any]:
    """The part of a recipe that says whose face it is and which models made it."""
    return {
        "generator": explorer.generator.digest,
        "directions": explorer.directions.digest,
        "seed": seed,
        "latent": encode_latent(w) if seed is None else None,
        "truncation": 1.0 if seed is None else truncation,
        "software": software(),
        **optional_fields(explorer),
    }


def optional_fields(explorer: "EmotionExplorer") -> dict[str, Any]:
    """The fields of a recipe that only layered, conditional or calibrated generators have, or
    moves of further factors."""
    strengths, label = explorer.default_strengths, explorer.generator.label
    found: dict[str, Any] = {} if label is None else {"label": label}
    if explorer.calibration is not None and explorer.is_calibrated():
        found["calibration"] = explorer.calibration.digest
    if explorer.anchor is not None:
        found["anchor"] = tuple(explorer.anchor.tolist())
    if explorer.others:
        found["others"] = explorer.others
    return found if (strengths == 1).all() else found | {"layers": tuple(strengths.tolist())}


def open_recipe(
    path: Path, choice: DirectionsChoice, engine: "Engine"
) -> tuple[Recipe, "EmotionExplorer"]:
    """The recipe in a picture, and the models that it was made with; `choice` says where they lie.
    Where it names one of the package's, another one of these is found by itself.

    Raises:
        CircumplexError: there is no recipe, or the models are others than it names.
    """
    recipe = read_recipe(path)
    return recipe, open_models(recipe, path, choice, engine)


def open_models(
    recipe: Recipe, path: Path, choice: DirectionsChoice, engine: "Engine"
) -> "EmotionExplorer":
    """The models that a recipe was made with, as `open_recipe` finds them.

    Args:
        path: of the file that holds the recipe, for messages.
    """
    layers = "all" if recipe.layers is None else np.array(recipe.layers, float)
    decided = {"label": recipe.label, "raw": recipe.calibration is None}
    models = choice.models() | {"generator": _packaged_or_given(recipe, choice, engine)}
    choice = ModelChoice(**models | decided)
    present_generator = engine.generator(choice).digest  # of another one the layers fit neither
    if recipe.generator != present_generator:
        raise _mismatch(path, "generator", recipe.generator, present_generator)
    explorer = engine.explorer(choice, layers=layers, calibration=recipe.calibration)
    if recipe.anchor is not None:
        explorer = explorer.anchored(recipe.anchor)
    for kind in ("directions", "calibration"):
        recorded, present = getattr(recipe, kind), getattr(explorer, kind)
        # of a name that version 0.1.0 gave, only the thing itself knows whether it is its own
        if recorded is not None and (present is None or not present.matches(recorded)):
            raise _mismatch(path, kind, recorded, None if present is None else present.digest)
    return explorer.with_others(recipe.others or {})


def _packaged_or_given(recipe: Recipe, choice: DirectionsChoice, engine: "Engine") -> str:
    """The generator that a recipe names, among the package's if it is asked for one of them."""
    from gan_bridge.generators.opening import PACKAGED as NETWORKS
    from vae.packaged import PACKAGED as RUNS

    names = [*NETWORKS, *RUNS]
    if choice.generator not in names or choice.label is not None:
        return choice.generator
    candidates = sorted(names, key=lambda name: name != choice.generator)  # the named one first
    found = (name for name in candidates if engine.generator(name).digest == recipe.generator)
    return next(found, choice.generator)


def _mismatch(path: Path, kind: str, recorded: str, present: str | None) -> CircumplexError:
    here = "here is none" if present is None else f"these are {present[:12]}"
    return CircumplexError(
        f"{path} was made with {kind} {recorded[:12]}, {here}; "
        f"name the right ones with --generator and --directions"
    )


def edited_latent(recipe: Recipe, explorer: "EmotionExplorer") -> np.ndarray:
    """The latent that a recipe's picture is made from, (1, L, W)."""
    shape = explorer.generator.num_layers, explorer.generator.w_dim
    if recipe.w is not None:
        return decode_latent(recipe.w, shape)
    if recipe.latent is not None:
        start = decode_latent(recipe.latent, shape)
    else:
        assert recipe.seed is not None  # the recipe has seen to it
        start = explorer.latent(recipe.seed, recipe.truncation)
    return explorer.move(start, recipe.valence, recipe.arousal)


def picture_fields(explorer: "EmotionExplorer", w: np.ndarray, image: np.ndarray) -> dict[str, Any]:
    """The part of a recipe that says what was made.

    Args:
        w: (1, L, W), after the edit; image: uint8 (H, W, 3), made from it.
    """
    return {
        "w": encode_latent(w),
        "picture": picture_digest(image),
        "backend": backend_of(explorer.generator),
    }


def backend_of(generator: "Generator") -> dict[str, str]:
    """What a generator computes with."""
    return describe_backend(generator.device)


def read_picture(explorer: "EmotionExplorer", image: np.ndarray) -> tuple[float, float] | None:
    """What the probes read in a finished picture uint8 (H, W, 3); None where nothing can read it,
    or no face is found in it."""
    if not explorer.can_read:
        return None
    valence, arousal = explorer.read(image[None])[0].tolist()
    return None if np.isnan(valence) else (valence, arousal)
