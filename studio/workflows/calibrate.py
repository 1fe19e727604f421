"""`circumplex calibrate`: an editor is trained, so that pictures show what was asked for."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import only_writer, read_json
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.sets.config import cut_of
from gan_bridge.editing.editor_config import EditorConfig
from studio.engine import Engine
from studio.model_choice import DirectionsChoice, ModelChoice
from studio.model_files import EDITOR
from studio.validation import RequestError

if TYPE_CHECKING:
    from gan_bridge.editing.editor_faces import FaceViewer, Finder
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.editing.reachable import ReachableRegion


@dataclass(frozen=True, kw_only=True)
class CalibrateRequest(DirectionsChoice):
    """Train an editor for a generator and its directions, or fit the one there is to ratings.

    Attributes:
        out: edits find editor.safetensors beside the directions by themselves.
        ratings: of pictures that the editor made.
        config: how.
    """

    out: Path | None = setting(
        None, "File to write.", shown="editor.safetensors beside the directions"
    )
    ratings: Path | None = setting(
        None,
        "Train nothing: aim the editor at what people saw, by the report of `ratings report "
        "--stimuli` on its pictures (the folder); --out names the new file.",
    )
    config: EditorConfig = field(default_factory=EditorConfig)


#: Of faces that are cut out of a generator's pictures: as the package's models learned from.
_MARGIN = -0.1
#: What a killed call goes on from, beside the editor; gone when that is there.
PARTS = ".calibrating"


@dataclass(frozen=True)
class CalibrateResult:
    """The editor's file, what it says of itself, and where its requests can be reached."""

    file: Path
    evidence: dict[str, Any]
    region: "ReachableRegion"

    def summary(self) -> dict[str, Any]:
        """Plain JSON values; the radii are about the centre, which ratings may move off neutral."""
        return {
            "file": str(self.file),
            "reachable_centre": list(self.region.centre),
            "reachable_radii": self.region.radii.tolist(),
            **self.evidence,
        }


def run(request: CalibrateRequest, engine: Engine, progress: Progress = silent) -> CalibrateResult:
    """Train, check on fresh faces and write; a call that was killed goes on where it was.

    Raises:
        CircumplexError: models missing or not fitting each other, no face in the pictures, or a
            folder in use.
    """
    from gan_bridge.editing.editor_training import train_editor
    from gan_bridge.editing.reachable import region_of_labels
    from gan_bridge.generators.protocol import Differentiable

    if request.ratings is not None:
        return _fit_to_ratings(request, request.ratings, engine)
    beside = engine.directions_path(request).parent
    target = request.out or beside / EDITOR
    if target.suffix != ".safetensors":
        raise RequestError(f"{target} does not end in .safetensors; rename it")
    with engine.working():
        explorer = engine.explorer(ModelChoice(**request.models(), raw=True))
        if not isinstance(explorer.generator, Differentiable):
            raise RequestError(f"{explorer.generator.name} gives no gradients to train with")
        viewer = _open_viewer(explorer, beside, engine.device_of(request))
        corners = _corners(explorer, beside)
        about = _about(explorer, viewer, corners)
        folder = target.parent / PARTS
        with only_writer(target.parent):
            editor = train_editor(
                explorer,
                viewer,
                region_of_labels(np.array(corners), 1.0),
                request.config,
                about=about,
                folder=folder,
                progress=progress,
            )
            editor.save(target)
            shutil.rmtree(folder, ignore_errors=True)
    return CalibrateResult(target, editor.evidence, editor.region)


def _fit_to_ratings(request: CalibrateRequest, report: Path, engine: Engine) -> CalibrateResult:
    """Put a correction, fitted to ratings, ahead of the editor; with its directions it is whole."""
    from gan_bridge.bridging.artefact import EVIDENCE
    from gan_bridge.editing.editor import Editor
    from gan_bridge.editing.rated_fitting import fit_to_ratings
    from studio.ratings.rated_stimuli import read_rated_stimuli

    target, directions = request.out, engine.directions_path(request)
    if target is None or target.suffix != ".safetensors":
        raise RequestError("--ratings wants a file of its own: --out FOLDER/editor.safetensors")
    if target.parent.resolve() == directions.parent.resolve():
        raise RequestError(
            f"{target.parent} holds the editor that the ratings correct; choose another folder"
        )
    with engine.working():
        explorer = engine.explorer(request)
        editor = explorer.calibration
    if not isinstance(editor, Editor):
        raise RequestError(f"{directions.parent} has no {EDITOR}; run circumplex calibrate first")
    rated = read_rated_stimuli(report)
    rated.check(explorer.generator.digest, explorer.directions, editor)
    found = fit_to_ratings(editor, rated.aims, rated.ratings, rated.people)
    with only_writer(target.parent):
        for name in (directions.name, EVIDENCE):
            source = directions.parent / name
            if source.is_file() and not (target.parent / name).exists():
                shutil.copyfile(source, target.parent / name)
        found.save(target)
    return CalibrateResult(target, found.evidence, found.region)


def _corners(explorer: "EmotionExplorer", folder: Path) -> list[list[float]]:
    """Around what the probes read in the faces that the directions were found in, and the labels of
    those that the probes themselves learned from; where neither was measured, around everything."""
    from gan_bridge.bridging.artefact import EVIDENCE

    bridged = (folder / EVIDENCE).is_file()
    labels = read_json(folder / EVIDENCE)["run"].get("hull") if bridged else None
    corners = [*(labels or ()), *(explorer.directions.hull or ())]
    return [list(corner) for corner in corners] or [
        [1.0, 1.0],
        [-1.0, 1.0],
        [-1.0, -1.0],
        [1.0, -1.0],
    ]


def _about(
    explorer: "EmotionExplorer", viewer: "FaceViewer", corners: list[list[float]]
) -> dict[str, Any]:
    """Who reads, how the faces are cut, and what bounds the requests."""
    from gan_bridge.editing.editor import FILLING
    from gan_bridge.editing.face_senses import packaged_readers

    return {
        "label": explorer.generator.label,
        "readers": packaged_readers(),
        "faces": "found" if viewer.finds else FILLING,
        "margin": viewer.senses.margin,
        "corners": corners,
        "device": str(explorer.generator.device).partition(":")[0],
    }


def _open_viewer(explorer: "EmotionExplorer", folder: Path, device: str) -> "FaceViewer":
    """What draws and reads the generator's faces: those that fill the picture as they are."""
    from gan_bridge.bridging.artefact import EVIDENCE, Bridge
    from gan_bridge.editing.editor_faces import FaceViewer
    from gan_bridge.editing.face_senses import packaged_senses
    from gan_bridge.generators.protocol import Differentiable, StyleBased

    generator = explorer.generator
    assert isinstance(generator, Differentiable)
    cut = cut_of(generator.provenance)
    bridged = isinstance(generator, StyleBased) and (folder / EVIDENCE).is_file()
    # faces that were cut by their box lie nowhere in particular
    whole = cut.align == "points"
    whole = whole and not (bridged and Bridge.load(folder).evidence["config"]["crop"] == "detect")
    margin = cut.margin if whole else _MARGIN
    find = None if whole else _point_finder(device)
    return FaceViewer(generator.differentiable_renderer(), packaged_senses(margin, device), find)


def _point_finder(device: str) -> "Finder":
    """The five points of the most certain face of each picture."""
    from faces.sets.detection import Detector

    detector, missing = Detector(device=device), np.full((5, 2), np.nan)

    def find(images: np.ndarray) -> np.ndarray:
        return np.stack(
            [each.points[0] if len(each) else missing for each in detector(list(images))]
        )

    return find
