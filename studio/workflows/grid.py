"""`circumplex grid`: one face on n × n points of the circumplex."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import DEFAULT_REACH, DEFAULT_WORDS, WORD_CREDITS
from faces.ground.files import write_bytes
from faces.ground.outputs import check_output
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from gan_bridge.editing.grid_points import grid_points
from gan_bridge.editing.layer_strengths import name_layers
from gan_bridge.generators.batching import fitting_batch
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP, FaceChoice
from studio.further_factors import FurtherFactors, beyond_labels
from studio.model_choice import ModelChoice
from studio.stimuli.grid import (
    REACHABLE,
    TRAINING_LABELS,
    figure_bytes,
    grid_figure,
    tile_sheet,
)
from studio.stimuli.origin import (
    backend_of,
    find_start,
    origin_fields,
)
from studio.stimuli.recipe import picture_digest, png_bytes
from studio.validation import OVERWRITE_HELP, require
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer


SCHEMA, VERSION = "circumplex/grid", 3
FIGURE_FORMATS = ("png", "pdf", "svg")


@dataclass(frozen=True, kw_only=True)
class GridRequest(FaceChoice, FurtherFactors, ModelChoice):
    """One face on n × n points of the circumplex.

    Attributes:
        out: file to write, PNG, PDF or SVG by its suffix; None keeps the bytes in memory.
        format: png, pdf or svg; the suffix of `out`, or png, where it is not given.
    """

    out: Path | None = None
    format: str = ""
    n: int = setting(7, "Faces a side.", flag=("-n", "--n"), at_least=2, at_most=25)
    reach: float | None = setting(
        None,
        "Largest valence and arousal.",
        above=0,
        at_most=1,
        shown="as far as faces can show it at each angle; 0.8 where that is not known",
    )
    words: str = setting(
        DEFAULT_WORDS, f"Table of the words around it: {' or '.join(WORD_CREDITS)}."
    )
    plain: bool = setting(False, "Bare tiles without axes and words (PNG).")
    truncation: float = setting(DEFAULT_TRUNCATION, TRUNCATION_HELP, at_least=0, at_most=2)
    memory: float | None = setting(
        None, "GiB of a GPU that faces made at once may take.", above=0, shown="one at a time"
    )
    overwrite: bool = setting(False, OVERWRITE_HELP)

    def __post_init__(self) -> None:
        super().__post_init__()
        known = ", ".join(WORD_CREDITS)
        require(self.words in WORD_CREDITS, f"words is {self.words!r}; it must be one of {known}")
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
    notes: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        notes = {"notes": list(self.notes)} if self.notes else {}
        return {"file": self.file and str(self.file), **self.recipe, **notes}


def run(request: GridRequest, engine: Engine, progress: Progress = silent) -> GridResult:
    """One face on n × n points of the circumplex, as a figure or as bare tiles.

    Raises:
        CircumplexError: models missing or not of one kind; photo unreadable or without a face; a
            file in the way.
    """
    check_output(request.out, request.overwrite)
    with engine.working():
        explorer = engine.explorer(request).with_others(request.others)
        start = find_start(request, request.truncation, explorer, engine, progress)
        w, explorer = start.w, start.explorer
        points = grid_points(request.n, request.reach, explorer.region)
        fitted = request.reach is None and explorer.region is not None
        reach = request.reach or DEFAULT_REACH
        batch = fitting_batch(explorer.generator, request.memory)
        images = explorer.path(w, progress(points, "grid", len(points)), batch=batch)
        images = images.reshape(request.n, request.n, *images.shape[1:])
        recipe = {
            "schema": SCHEMA,
            "version": VERSION,
            **origin_fields(explorer, request.seed, w, request.truncation),
            "picture": picture_digest(tile_sheet(images)),
            "backend": backend_of(explorer.generator),
            "n": request.n,
            "reach": None if fitted else reach,
            "points": [list(point) for point in points],
            "aimed": explorer.aim(np.array(points)).round(4).tolist(),
            "reached": explorer.covers(np.array(points)).tolist(),
            **({"batch": batch} if batch > 1 else {}),  # it decides over the last bits
        }
        if request.plain:
            data = png_bytes(tile_sheet(images), recipe)
        else:
            covered = explorer.covers(np.array(points)).reshape(images.shape[:2])
            title, note = _title(request), _note(request, recipe, explorer)
            beyond = REACHABLE if explorer.is_calibrated() else TRAINING_LABELS
            labels = np.array(points).reshape(request.n, request.n, 2) if fitted else None
            figure = grid_figure(images, reach, title, note, covered, beyond, labels, request.words)
            data = figure_bytes(figure, request.format, recipe)
    if request.out is not None:
        write_bytes(request.out, data)
    notes = (*start.notes, *beyond_labels(explorer))
    return GridResult(request.out, data, recipe, notes)


def _title(request: GridRequest) -> str:
    face = "A photo" if request.seed is None else f"Seed {request.seed}"
    return f"{face} around the circumplex"


def _note(request: GridRequest, recipe: dict[str, Any], explorer: "EmotionExplorer") -> str:
    layers = f"layers {name_layers(explorer.default_strengths)} · " if "layers" in recipe else ""
    aimed = f"calibration {recipe['calibration'][:8]} · " if "calibration" in recipe else ""
    # matplotlib sets what stands between dollars as a formula
    named = {name.replace("$", r"\$"): value for name, value in explorer.aimed_others.items()}
    others = "".join(f"{name} {value:g} · " for name, value in named.items())
    return (
        f"{explorer.generator.name} · directions {recipe['directions'][:8]} · {aimed}{layers}"
        f"{others}truncation {recipe['truncation']:g} · {WORD_CREDITS[request.words]} · "
        f"{recipe['software']}"
    )
