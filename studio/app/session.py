"""What the page asks for: each gesture becomes a request, each result becomes what is shown."""

import secrets
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from faces.circumplex import DEFAULT_REACH
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from faces.ground.parsing import parse_numbers
from studio.app.evidence import bridge_page, evidence_page, no_evidence, other_evidence
from studio.app.inputs import (
    Others,
    Photo,
    affect,
    errors_on_page,
    face_source,
    field,
    gradio_progress,
)
from studio.app.pad import pad_value
from studio.app.values import file_value, portrait_value, read_as_asked
from studio.engine import Choice, Engine
from studio.model_choice import ModelChoice
from studio.stimuli.origin import find_start
from studio.stimuli.points import choose_points, parse_seeds
from studio.validation import STYLEGAN
from studio.workflows import animate, edit, export, grid
from studio.workflows.animate import AnimateRequest
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest

MOST_EXPORTED = 500  # pictures; the command line has no such limit
_MOST_SEED = 99_999


class Session:
    """The page's side of the workflows; it keeps nothing between calls but the engine.

    Args:
        engine: with the models.
        choice: of the models, or the name or path of a generator; made at the start, never by
            the page.
    """

    def __init__(self, engine: Engine, choice: Choice = STYLEGAN) -> None:
        self.engine, self.choice = engine, ModelChoice.of(choice)
        #: What every request of the page says of the models.
        self.models = self.choice.models()
        #: A slider each.
        self.factors = engine.further_factors(self.choice)
        self._downloads = tempfile.mkdtemp(prefix="circumplex-studio-")
        weakref.finalize(self, shutil.rmtree, self._downloads, ignore_errors=True)

    def face(
        self,
        valence: float,
        arousal: float,
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        pad: dict[str, Any] | None,
        others: Others | None = None,
        refine: int = 0,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The portrait and the pad for one place on the circumplex, with further factors at their
        values, after so many steps that bring what is shown nearer to it."""
        with errors_on_page(photo):
            result = edit.run(
                EditRequest(
                    **face_source(seed, photo),
                    valence=round(float(valence), 4),
                    arousal=round(float(arousal), 4),
                    truncation=truncation,
                    others=others or {},
                    refine=refine,
                    **self.models,
                ),
                self.engine,
            )
        stamp = int(field(pad, "stamp"))
        return portrait_value(result), pad_value(valence, arousal, read_as_asked(result), stamp)

    def refined(
        self,
        valence: float,
        arousal: float,
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        pad: dict[str, Any],
        others: Others | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """As `face`, in some seconds: moves of the dot go without these steps."""
        from gan_bridge.editing.refinement import DEFAULT_STEPS

        return self.face(valence, arousal, seed, photo, truncation, pad, others, DEFAULT_STEPS)

    def set_factor(self, name: str) -> Callable[..., tuple[Others, dict[str, Any], dict[str, Any]]]:
        """A function that sets one further factor, or leaves it alone, and shows the face."""

        def change(
            wanted: bool,
            value: float,
            valence: float,
            arousal: float,
            seed: float | None,
            photo: Photo | None,
            truncation: float,
            pad: dict[str, Any],
            others: Others,
        ) -> tuple[Others, dict[str, Any], dict[str, Any]]:
            changed = {each: known for each, known in others.items() if each != name}
            if wanted:
                changed[name] = float(value)
            return changed, *self.face(valence, arousal, seed, photo, truncation, pad, changed)

        return change

    def drag(
        self,
        pad: dict[str, Any],
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        others: Others | None = None,
    ) -> tuple[float, float, dict[str, Any], dict[str, Any]]:
        """After the dot was moved: both sliders, the portrait, the pad."""
        valence, arousal = (affect(field(pad, name)) for name in ("valence", "arousal"))
        return valence, arousal, *self.face(valence, arousal, seed, photo, truncation, pad, others)

    def new_face(
        self,
        valence: float,
        arousal: float,
        truncation: float,
        pad: dict[str, Any],
        others: Others | None = None,
    ) -> tuple[int, None, dict[str, Any], dict[str, Any]]:
        """Another seed at the same place; a photo is put away."""
        seed = secrets.randbelow(_MOST_SEED + 1)
        return seed, None, *self.face(valence, arousal, seed, None, truncation, pad, others)

    def take_photo(
        self,
        upload: str,
        truncation: float,
        pad: dict[str, Any],
        face: float | None = None,
        force: bool = False,
        others: Others | None = None,
    ) -> tuple[Photo, float, float, dict[str, Any], dict[str, Any]]:
        """The face of an uploaded photo, at the place where the model sees it now.

        Args:
            face: which of several, by size from 1; force: take it even where it comes out as
                somebody else.
        """
        photo: Photo = {"path": upload, "face": int(face) if face else None, "force": bool(force)}
        with errors_on_page(photo), self.engine.working():
            explorer = self.engine.explorer(self.choice)
            request = EditRequest(**face_source(None, photo), **self.models)
            start = find_start(request, truncation, explorer, self.engine)
            anchor = start.explorer.anchor
            assert anchor is not None  # a photo's face stands where it is
            valence, arousal = (affect(value) for value in anchor)
        for note in start.notes:
            gr.Info(note, duration=8)
        stamp = int(field(pad, "stamp")) + 1
        moved = pad_value(valence, arousal, None, stamp)
        shown = self.face(valence, arousal, 0, photo, truncation, moved, others)
        return photo, valence, arousal, *shown

    def animated(
        self,
        valence: float,
        arousal: float,
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        others: Others | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - gradio finds it by its default
    ) -> dict[str, Any]:
        """An MP4 of the way from neutral to the dot and back; around the circle where the dot is at
        neutral."""
        place = round(float(valence), 4), round(float(arousal), 4)
        way: dict[str, Any] = {"target": "{},{}".format(*place)}
        if place == (0, 0):
            way = {"circle": DEFAULT_REACH}
        with errors_on_page(photo), tempfile.TemporaryDirectory() as folder:
            request = AnimateRequest(
                **face_source(seed, photo),
                **way,
                folder=Path(folder) / "animation",
                truncation=truncation,
                others=others or {},
                refine=0,
                unread=True,
                **self.models,
            )
            made = animate.run(request, self.engine, gradio_progress(progress))
            data = (made.folder / made.files[0]).read_bytes()
        return file_value(data, "mp4", "circumplex-animation")

    def grid(
        self,
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        n: int,
        fitted: bool,
        reach: float,
        others: Others | None = None,
    ) -> dict[str, Any]:
        """The figure of the grid, for the page; `fitted` leaves its reach to what faces show."""
        data = self._grid(seed, photo, truncation, n, fitted, reach, others, "png", False)
        return file_value(data, "png")

    def grid_file(self, kind: str) -> Callable[..., dict[str, Any]]:
        """A function like `grid` that gives the file to save: png, pdf, svg or tiles."""

        def make(
            seed: float | None,
            photo: Photo | None,
            truncation: float,
            n: int,
            fitted: bool,
            reach: float,
            others: Others | None = None,
        ) -> dict[str, Any]:
            suffix, plain = ("png" if kind == "tiles" else kind), kind == "tiles"
            data = self._grid(seed, photo, truncation, n, fitted, reach, others, suffix, plain)
            return file_value(data, suffix, f"circumplex-{'tiles' if kind == 'tiles' else 'grid'}")

        return make

    def _grid(
        self,
        seed: float | None,
        photo: Photo | None,
        truncation: float,
        n: int,
        fitted: bool,
        reach: float,
        others: Others | None,
        suffix: str,
        plain: bool,
    ) -> bytes:
        with errors_on_page(photo):
            request = GridRequest(
                **face_source(seed, photo),
                format=suffix,
                n=int(n),
                reach=None if fitted else reach,
                plain=plain,
                truncation=truncation,
                others=others or {},
                **self.models,
            )
            return grid.run(request, self.engine).data

    def export(
        self,
        seeds: str,
        layout: str,
        n: int,
        reach: float,
        directions: int,
        intensities: str,
        match_luminance: bool,
        truncation: float,
        others: Others | None = None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - gradio finds it by its default
    ) -> tuple[str, str]:
        """Stimuli as a zip file: its path, and a line about it."""
        target = self._fresh_download() / "stimuli.zip"
        with errors_on_page(), tempfile.TemporaryDirectory() as folder:
            chosen = parse_seeds(seeds)
            points = (
                choose_points(int(n), reach if layout == "grid" else None, None, None, None)
                if layout in ("fitted", "grid")
                else choose_points(None, None, int(directions), parse_numbers(intensities), None)
            )
            count = len(chosen) * len(points or range(int(n) ** 2))
            if count > MOST_EXPORTED:
                raise CircumplexError(
                    f"{count} pictures are more than the page exports "
                    f"({MOST_EXPORTED}); use `circumplex export`"
                )
            request = ExportRequest(
                folder=Path(folder) / "stimuli",
                seeds=chosen,
                points=points,
                n=int(n),
                match_luminance=match_luminance,
                truncation=truncation,
                others=others or {},
                **self.models,
            )
            result = export.run(request, self.engine, gradio_progress(progress))
            _zip(request.folder, target)
        return str(target), f"{result.pictures} pictures with their table, in one zip file."

    def _fresh_download(self) -> Path:
        """An empty folder for an export. Those of earlier ones go: gradio serves its own copies."""
        shutil.rmtree(self._downloads, ignore_errors=True)
        folder = Path(self._downloads)
        folder.mkdir(mode=0o700)
        return folder

    def evidence(self) -> str:
        """The evidence beside the directions, as HTML."""
        with errors_on_page():
            path = self.engine.report_path(self.choice)
            if not path.is_file():
                return no_evidence()
            evidence = read_json(path)
            model = evidence.get("directions", {}).get("model")
            if model != self.engine.generator(self.choice).digest:
                return other_evidence()
            return (bridge_page if "profile" in evidence else evidence_page)(evidence)


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                archive.write(path, path.relative_to(folder.parent))
