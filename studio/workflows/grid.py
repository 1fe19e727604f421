"""`circumplex grid`: one face on n × n points of the circumplex."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import write_bytes
from faces.ground.progress import Progress, silent
from gan_bridge.editing.explorer import grid_points
from gan_bridge.editing.layer_strengths import name_layers
from gan_bridge.generators.batching import fitting_batch
from studio.engine import Engine
from studio.stimuli.grid import (
    REACHABLE,
    TRAINING_LABELS,
    figure_bytes,
    grid_figure,
    tile_sheet,
)
from studio.stimuli.origin import (
    backend_of,
    origin_fields,
    start_latent,
)
from studio.stimuli.recipe import picture_digest, png_bytes
from studio.validation import (
    STYLEGAN,
    require,
    require_layers,
    require_seed,
    require_truncation,
)
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer


FIGURE_FORMATS = ("png", "pdf", "svg")


@dataclass(frozen=True, kw_only=True)
class GridRequest:
    """One face on n × n points of the circumplex.

    Attributes:
        out: file to write, PNG, PDF or SVG by its suffix; None keeps the bytes in memory.
        format: png, pdf or svg; the suffix of `out`, or png, where it is not given.
        seed, photo, latent: the face: one of the three. A latent is the inverted.safetensors of
            `circumplex invert`, which is moved to its neutral face first.
        force: take a latent that the gate of its inversion found too poor to edit.
        n: faces a side.
        reach: largest valence and arousal asked for, in (0, 1].
        plain: the bare tiles without axes or words (PNG only).
        truncation: 0 for the mean face, 1 for the full spread of the training faces.
        generator: "stylegan3", "bundled" (the β-VAE), the folder of a run, its vae.safetensors,
            or a StyleGAN's file.
        directions: file, folder or "bundled"; None for those that belong to the generator.
        label: class of a conditional StyleGAN.
        layers: edited, as "3-8" or "3-5:0.5,8"; None for those that the directions name, or all.
        raw: ask the latent and not the picture: leave the calibration out.
        memory: GiB of a GPU that pictures may take together; None makes them one at a time.
    """

    out: Path | None = None
    format: str = ""
    seed: int | None = None
    photo: Path | None = None
    latent: Path | None = None
    force: bool = False
    n: int = 7
    reach: float = 0.8
    plain: bool = False
    truncation: float = DEFAULT_TRUNCATION
    generator: str = STYLEGAN
    directions: Path | None = None
    label: int | None = None
    layers: str | None = None
    raw: bool = False
    memory: float | None = None

    def __post_init__(self) -> None:
        require(
            self.memory is None or self.memory > 0, f"memory is {self.memory}; it must be above 0"
        )
        require_layers(self.layers)
        given = [name for name in (self.seed, self.photo, self.latent) if name is not None]
        require(len(given) == 1, "give one of seed, photo and latent")
        if self.seed is not None:
            require_seed(self.seed)
        require(2 <= self.n <= 25, f"n is {self.n}; it must be between 2 and 25")
        require(0 < self.reach <= 1, f"reach is {self.reach}; it must be above 0 and at most 1")
        require_truncation(self.truncation)
        self._choose_format()

    def _choose_format(self) -> None:
        known = FIGURE_FORMATS[:1] if self.plain else FIGURE_FORMATS
        wanted = self.format
        if self.out is not None:
            wanted = self.out.suffix.lower().lstrip(".")
            ends = ", ".join("." + name for name in known)
            require(wanted in known, f"{self.out} ends in none of {ends}; rename it")
        wanted = wanted or FIGURE_FORMATS[0]
        require(wanted in known, f"format is {wanted!r}; it must be one of {', '.join(known)}")
        require(self.format in ("", wanted), f"{self.out} is not {self.format}; rename it")
        object.__setattr__(self, "format", wanted)


@dataclass(frozen=True)
class GridResult:
    """A grid as the bytes of its file."""

    file: Path | None
    data: bytes
    recipe: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"file": self.file and str(self.file), **self.recipe}


def run(request: GridRequest, engine: Engine, progress: Progress = silent) -> GridResult:
    """One face on n × n points of the circumplex, as a figure or as bare tiles.

    Raises:
        CircumplexError: models missing or not of one kind; photo unreadable or without a face.
    """
    with engine.working():
        explorer = engine.explorer(
            request.generator, request.directions, request.label, request.layers, request.raw
        )
        w = start_latent(request, request.truncation, explorer, engine)
        points = grid_points(request.n, request.reach)
        batch = fitting_batch(explorer.generator, request.memory)
        images = explorer.path(w, progress(points, "grid", len(points)), batch=batch)
        images = images.reshape(request.n, request.n, *images.shape[1:])
        recipe = {
            "schema": "circumplex/grid",
            "version": 2,
            **origin_fields(explorer, request.seed, w, request.truncation),
            "picture": picture_digest(tile_sheet(images)),
            "backend": backend_of(explorer.generator),
            "n": request.n,
            "reach": request.reach,
            **({"batch": batch} if batch > 1 else {}),  # it decides over the last bits
        }
        if request.plain:
            data = png_bytes(tile_sheet(images), recipe)
        else:
            covered = explorer.covers(np.array(points)).reshape(images.shape[:2])
            title, note = _title(request), _note(recipe, explorer)
            beyond = REACHABLE if explorer.is_calibrated() else TRAINING_LABELS
            figure = grid_figure(images, request.reach, title, note, covered, beyond)
            data = figure_bytes(figure, request.format, recipe)
    if request.out is not None:
        write_bytes(request.out, data)
    return GridResult(request.out, data, recipe)


def _title(request: GridRequest) -> str:
    face = "A photo" if request.seed is None else f"Seed {request.seed}"
    return f"{face} around the circumplex"


def _note(recipe: dict[str, Any], explorer: "EmotionExplorer") -> str:
    layers = f"layers {name_layers(explorer.default_strengths)} · " if "layers" in recipe else ""
    aimed = f"calibration {recipe['calibration'][:8]} · " if "calibration" in recipe else ""
    return (
        f"{explorer.generator.name} · directions {recipe['directions'][:8]} · {aimed}{layers}"
        f"truncation {recipe['truncation']:g} · words after Russell (1980) · {recipe['software']}"
    )
