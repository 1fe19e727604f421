"""Whose face a picture shows and which models made it: out of a request, or out of a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.errors import CircumplexError
from faces.software import software
from studio.recipe import (
    Recipe,
    decode_latent,
    directions_digest,
    encode_latent,
    read_recipe,
)

if TYPE_CHECKING:
    from gan_bridge.explorer import EmotionExplorer
    from studio.engine import Engine
    from studio.requests import EditRequest, GridRequest


def start_latent(
    request: "GridRequest | EditRequest",
    truncation: float,
    explorer: "EmotionExplorer",
    engine: "Engine",
) -> np.ndarray:
    """The face before any edit, (1, L, W); an inverted one is its neutral face by then.

    Raises:
        CircumplexError: no face in the photo; a latent of another generator, or one that its gate
            refuses.
    """
    if request.photo is not None:
        return engine.photo_latent(request.photo, explorer.generator)
    if request.latent is not None:
        from gan_bridge.inversion import load_inverted, refuse_poor

        found = load_inverted(request.latent, explorer.generator)
        refuse_poor(found.verdict, request.latent, request.force)
        return explorer.move(found.w, 0.0, 0.0)
    assert request.seed is not None  # the request has seen to it
    return explorer.latent(request.seed, truncation)


def origin(
    explorer: "EmotionExplorer", seed: int | None, w: np.ndarray, truncation: float
) -> dict[str, Any]:
    """The part of a recipe that says whose face it is and which models made it."""
    return {
        "generator": explorer.generator.digest,
        "directions": directions_digest(explorer.directions),
        "seed": seed,
        "latent": encode_latent(w) if seed is None else None,
        "truncation": 1.0 if seed is None else truncation,
        "software": software(),
        **optional_parts(explorer),
    }


def optional_parts(explorer: "EmotionExplorer") -> dict[str, Any]:
    """The fields of a recipe that only layered, conditional or calibrated generators have."""
    strengths, label = explorer.default_strengths, getattr(explorer.generator, "category", None)
    found: dict[str, Any] = {} if label is None else {"label": label}
    if explorer.calibration is not None and explorer.is_calibrated():
        found["calibration"] = explorer.calibration.digest
    return found if (strengths == 1).all() else found | {"layers": tuple(strengths.tolist())}


def open_recipe(
    path: Path, generator: str, directions: Path | None, engine: "Engine"
) -> tuple[Recipe, "EmotionExplorer"]:
    """The recipe in a picture, and the models that it was made with.

    Raises:
        CircumplexError: there is no recipe, or the models are others than it names.
    """
    recipe = read_recipe(path)
    layers = "all" if recipe.layers is None else np.array(recipe.layers, float)
    raw = recipe.calibration is None
    explorer = engine.explorer(generator, directions, recipe.label, layers, raw)
    calibration = explorer.calibration
    present = {
        "generator": explorer.generator.digest,
        "directions": directions_digest(explorer.directions),
        "calibration": None if calibration is None else calibration.digest,
    }
    for kind, digest in present.items():
        wanted = getattr(recipe, kind)
        if wanted != digest:
            raise CircumplexError(
                f"{path} was made with {kind} {wanted[:12]}, {_those(digest)}; "
                f"name the right ones with --generator and --directions"
            )
    return recipe, explorer


def _those(digest: str | None) -> str:
    return "here is none" if digest is None else f"these are {digest[:12]}"


def latent_of(recipe: Recipe, explorer: "EmotionExplorer") -> np.ndarray:
    """The face of a recipe before its edit, (1, L, W)."""
    if recipe.latent is None:
        assert recipe.seed is not None  # the recipe has seen to it
        return explorer.latent(recipe.seed, recipe.truncation)
    generator = explorer.generator
    return decode_latent(recipe.latent, (generator.num_layers, generator.w_dim))


def read_picture(explorer: "EmotionExplorer", image: np.ndarray) -> tuple[float, float] | None:
    """What the probes read in a finished picture uint8 (H, W, 3); None where nothing can read it,
    or no face is found in it."""
    if not explorer.can_read:
        return None
    valence, arousal = explorer.read(image[None])[0].tolist()
    return None if np.isnan(valence) else (valence, arousal)
