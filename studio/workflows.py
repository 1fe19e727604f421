"""What the program does: `(request, engine, progress) -> result`, for command line and app."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import only_writer, write_bytes, write_json
from faces.ground.launch import is_main_process
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from gan_bridge.editing.explorer import grid_points
from gan_bridge.editing.layer_strengths import name_layers
from gan_bridge.generators.batching import fitting_batch
from studio.engine import CALIBRATION, DIRECTIONS, Engine
from studio.requests import (
    DEFAULT_TRUNCATION,
    RUN_SETTINGS,
    EditRequest,
    ExportRequest,
    GridRequest,
    PrepareRequest,
    ProbeRequest,
    TrainRequest,
)
from studio.results import (
    EditResult,
    ExportResult,
    GridResult,
    PrepareResult,
    ProbeResult,
    TrainResult,
)
from studio.stimuli.export import Export, plan_stimuli
from studio.stimuli.grid import REACHED, SEEN, figure_bytes, grid_figure, tile_sheet
from studio.stimuli.luminance import luma_statistics, match_luma
from studio.stimuli.origin import (
    backend_of,
    edited_latent,
    made_by,
    open_recipe,
    origin,
    read_picture,
    start_latent,
)
from studio.stimuli.recipe import Recipe, picture_digest, png_bytes
from studio.stimuli.remade import compare_remade

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

#: Predictions that the report's traversals are moved to.
_TRAVERSED = np.linspace(-0.8, 0.8, 9)


def prepare(request: PrepareRequest, engine: Engine, progress: Progress = silent) -> PrepareResult:
    """Make a face set, or say what would become of its faces.

    Raises:
        CircumplexError: source missing or without a usable face; folder in use or otherwise set.
    """
    from faces.sets import check
    from faces.sets import prepare as prepare_faces

    options = {"form": request.form, "columns": dict(request.columns), "keep": request.keep}
    if request.check or request.faceset is None:
        counts = check(request.source, request.config, **options, progress=progress)
        return PrepareResult(None, counts)
    info = prepare_faces(
        request.source, request.faceset, request.config, **options, progress=progress
    )
    return PrepareResult(request.faceset, info["counts"], info["identity"])


def train(request: TrainRequest, engine: Engine, progress: Progress = silent) -> TrainResult:
    """Train a β-VAE; its settings are saved before the work starts.

    Raises:
        CircumplexError: face set unusable; folder in use, already a run, or nothing to resume.
    """
    from faces.sets import load_faceset
    from vae.training.train import train as train_vae

    faces = load_faceset(request.faceset)
    base = None if request.refine is None else engine.run(request.refine)
    network = base.config if base else request.network(faces.size, faces.channels)
    if is_main_process() and not request.resume:
        _save_settings(request)
    run = train_vae(
        faces,
        request.run,
        network,
        request.training,
        request.resume,
        progress,
        refine=base,
        device=engine.device,
    )
    return TrainResult(request.run, run.digest, run.provenance)


def probe(request: ProbeRequest, engine: Engine, progress: Progress = silent) -> ProbeResult:
    """Find the directions of a run and write them with their evidence.

    Raises:
        CircumplexError: run or face sets unusable or of different sizes; no labels.
    """
    from faces.sets import load_faceset
    from studio.reports.probe import write_report
    from vae.probing.run import probe_run, traverse

    run = engine.run(request.run)
    compare = None if request.compare is None else engine.run(request.compare)
    faces = load_faceset(request.faceset)
    test = None if request.test is None else load_faceset(request.test)
    with only_writer(request.folder):
        directions, evidence = probe_run(
            run, faces, test, request.basis, progress=progress, compare=compare
        )
        traversals = traverse(run, directions, _TRAVERSED)
        _, report = write_report(request.folder, evidence, traversals, _TRAVERSED.tolist())
        # last: directions are what others act on, so they never stand without their evidence
        path = request.folder / DIRECTIONS
        (request.folder / CALIBRATION).unlink(missing_ok=True)  # it was of other directions
        directions.save(path)
    return ProbeResult(path, report, evidence)


def grid(request: GridRequest, engine: Engine, progress: Progress = silent) -> GridResult:
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
            **origin(explorer, request.seed, w, request.truncation),
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
            beyond = REACHED if explorer.is_calibrated() else SEEN
            figure = grid_figure(images, request.reach, title, note, covered, beyond)
            data = figure_bytes(figure, request.format, recipe)
    if request.out is not None:
        write_bytes(request.out, data)
    return GridResult(request.out, data, recipe)


def edit(request: EditRequest, engine: Engine, progress: Progress = silent) -> EditResult:
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
            truncation = request.truncation
            truncation = DEFAULT_TRUNCATION if truncation is None else truncation
            start = start_latent(request, truncation, explorer, engine)
            recipe = Recipe(
                **origin(explorer, request.seed, start, truncation),
                valence=request.valence or 0.0,
                arousal=request.arousal or 0.0,
                luminance=None,
            )
            w = explorer.move(start, recipe.valence, recipe.arousal)
        image = explorer.generator.synthesize(w)[0]
        if recipe.luminance is not None:
            image = match_luma(image, *recipe.luminance)
        made, remade = made_by(explorer, w, image), None
        if request.recipe is not None:
            remade = compare_remade(request.recipe, recipe, image, made["backend"])
        if remade is None or not remade.identical:
            recipe = replace(recipe, **made, software=software())
        reading = read_picture(explorer, image)
    data = png_bytes(image, recipe.to_dict())
    if request.out is not None:
        write_bytes(request.out, data)
    return EditResult(request.out, data, recipe, reading, luma_statistics(image), remade)


def export(request: ExportRequest, engine: Engine, progress: Progress = silent) -> ExportResult:
    """Every seed at every point to PNG and table; continues an export that was killed.

    Raises:
        CircumplexError: models missing; folder in use, of another export, or not writable.
    """
    stimuli = plan_stimuli(request.seeds, request.points)
    with only_writer(request.folder):
        work = Export(
            request.folder,
            engine.explorer(
                request.generator, request.directions, request.label, request.layers, request.raw
            ),
            stimuli,
            request.truncation,
            request.match_luminance,
        )
        work.run(progress)
    return ExportResult(
        request.folder, len(stimuli), work.made, len(request.seeds), len(request.points)
    )


def _save_settings(request: TrainRequest) -> None:
    """Save what `--resume` needs, over what a try left that failed before its first state."""
    from vae.checkpoint import WEIGHTS
    from vae.training.state import STATE

    with only_writer(request.run):
        if not any((request.run / name).exists() for name in (WEIGHTS, STATE)):
            write_json(request.run / RUN_SETTINGS, request.settings())


def _title(request: GridRequest) -> str:
    whose = "A photo" if request.seed is None else f"Seed {request.seed}"
    return f"{whose} around the circumplex"


def _note(recipe: dict[str, Any], explorer: "EmotionExplorer") -> str:
    layers = f"layers {name_layers(explorer.default_strengths)} · " if "layers" in recipe else ""
    aimed = f"calibration {recipe['calibration'][:8]} · " if "calibration" in recipe else ""
    return (
        f"{explorer.generator.name} · directions {recipe['directions'][:8]} · {aimed}{layers}"
        f"truncation {recipe['truncation']:g} · words after Russell (1980) · {recipe['software']}"
    )
