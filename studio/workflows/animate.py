"""`circumplex animate`: one face on its way through valence and arousal, as frames and as video."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer, write_bytes, write_json
from faces.ground.parsing import parse_names
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting, settings_of
from faces.ground.tables import write_both
from gan_bridge.editing.paths import frame_count, frame_times
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP, FaceChoice
from studio.further_factors import FurtherFactors, beyond_labels
from studio.model_choice import ModelChoice
from studio.stimuli.animation import (
    AnimatedFace,
    Animation,
    animated_face,
    open_animation,
)
from studio.stimuli.animation_folder import (
    PLOT,
    SETTINGS,
    TABLE,
    check_files,
    file_names,
    replacing_animation,
)
from studio.stimuli.drawn_frames import (
    DrawnFrames,
    along,
    draw_frames,
    final_speed,
    hold_speed,
)
from studio.stimuli.frame_files import (
    FASTEST_GIF,
    FORMATS,
    GIF,
    gif_delays,
    open_files,
)
from studio.stimuli.frame_readings import open_readers
from studio.stimuli.frame_rows import errors, frame_rows, spans
from studio.stimuli.origin import backend_of, find_start
from studio.stimuli.path_choice import PathChoice
from studio.stimuli.refining import REFINE_HELP, REFINED
from studio.validation import OVERWRITE_HELP, RequestError, require
from vae.config import DEFAULT_TRUNCATION

if TYPE_CHECKING:
    from gan_bridge.editing.paths import AffectPath

_MOST_FRAMES = 20_000
_LATENTS = (".safetensors", ".npz", ".npy", ".pt")


def parse_formats(text: str) -> tuple[str, ...]:
    """Names between commas, in small letters."""
    return tuple(name.lower().lstrip(".") for name in parse_names(text))


@dataclass(frozen=True, kw_only=True)
class AnimateRequest(PathChoice, FaceChoice, FurtherFactors, ModelChoice):
    """One face on its way through valence and arousal.

    Attributes:
        folder: where to.
        recipe: a fourth way to name a face: the animation.json of an earlier call. It decides all
            but the formats.
        truncation: None is DEFAULT_TRUNCATION; refine: None takes steps for photos and latents.
    """

    folder: Path
    recipe: Path | None = setting(
        None, "Make the animation of this animation.json again.", panel="Which face"
    )
    formats: tuple[str, ...] = setting(
        ("mp4",), f"Any of {', '.join(FORMATS)}, with commas.", shown="mp4", parse=parse_formats
    )
    fps: float | None = setting(
        None, "Frames a second.", at_least=1, at_most=120, shown="30", panel="How fast"
    )
    truncation: float | None = setting(
        None, TRUNCATION_HELP, at_least=0, at_most=2, shown=str(DEFAULT_TRUNCATION)
    )
    refine: int | None = setting(
        None, f"At key points: {REFINE_HELP}", at_least=0, at_most=1000, shown=REFINED
    )
    unread: bool = setting(False, "Leave open what readers find in the frames: quicker.")
    memory: float | None = setting(
        None, "GiB of a GPU that frames made at once may take.", above=0, shown="one at a time"
    )
    overwrite: bool = setting(False, OVERWRITE_HELP)

    sources: ClassVar[tuple[str, ...]] = (*FaceChoice.sources, "recipe")

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.formats if name not in FORMATS]
        known = ", ".join(FORMATS)
        require(not unknown, f"formats has {', '.join(unknown)}; it may have {known}")
        require(bool(self.formats), f"formats is empty; give some of {known}")
        require(len(set(self.formats)) == len(self.formats), "a format is given twice")
        ending = self.folder.suffix.lower().lstrip(".")
        require(
            ending not in FORMATS,
            f"{self.folder} is to be a folder; name it without .{ending}, and --formats {ending}",
        )
        require(not (self.unread and self.constant_speed), "constant_speed needs readings")
        require(
            GIF not in self.formats or self.fps is None or self.fps <= FASTEST_GIF,
            f"a GIF shows at most {FASTEST_GIF} frames a second; lower fps or leave gif out",
        )
        if self.recipe is None:
            self.require_one_way()
        else:
            self._require_plain()

    def _require_plain(self) -> None:
        """Refuse beside a recipe what that decides."""
        decided = {**settings_of(PathChoice), **settings_of(ModelChoice)}
        for name in (*decided, "fps", "truncation", "refine"):
            default = type(self).__dataclass_fields__[name].default
            free = name in ("generator", "directions") or getattr(self, name) == default
            require(free, f"the recipe decides {name}; leave it out")
        require(not self.others, "the recipe decides further factors; leave out set")


@dataclass(frozen=True)
class AnimateResult:
    """An animation in its folder.

    Attributes:
        folder: with `files`: the names of what was written; settings: what animation.json holds.
        frames: how many; fps: a second; duration: of all of them, in ms.
        delays: how long the frames of the GIF stand, in ms, each once; empty without one.
        beyond: how many frames ask for what no face shows; beyond_ms: when, from and to.
        unfound: how many frames no face was found in; unfound_ms: when. None if unread.
        errors: by reader, mean distance of what it finds from what was aimed at.
        identity_distance: the largest from the first frame; None if unread.
        speed: how much the readings' speed varies, requested and at last, as a share of the mean;
            None where it was not held constant.
        different: how many frames are not the recipe's, to the pixel; None without a recipe.
        others: what further factors were set to, by name.
        notes: what the user should know of a photo's face, a line each.
    """

    folder: Path
    files: tuple[str, ...]
    settings: Mapping[str, Any]
    frames: int
    fps: float
    duration: float
    delays: tuple[int, ...]
    beyond: int
    beyond_ms: tuple[tuple[float, float], ...]
    unfound: int | None
    unfound_ms: tuple[tuple[float, float], ...]
    errors: Mapping[str, float]
    identity_distance: float | None
    speed: tuple[float, float] | None
    different: int | None
    others: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        names = ("frames", "fps", "duration", "beyond", "unfound", "identity_distance", "different")
        return {
            "folder": str(self.folder),
            "files": list(self.files),
            **{name: getattr(self, name) for name in names},
            "delays": list(self.delays),
            "beyond_ms": [list(each) for each in self.beyond_ms],
            "unfound_ms": [list(each) for each in self.unfound_ms],
            "errors": dict(self.errors),
            "speed": self.speed and dict(zip(("requested", "constant"), self.speed, strict=True)),
            "others": dict(self.others),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is to be drawn.

    Attributes:
        path: None of a recipe's; first: digests of the recipe's pictures; notes: of photos.
    """

    animation: Animation
    path: "AffectPath | None"
    asked: Mapping[str, Any]
    first: Sequence[str] | None = None
    notes: tuple[str, ...] = ()


def run(request: AnimateRequest, engine: Engine, progress: Progress = silent) -> AnimateResult:
    """Draw, read and write the frames of an animation.

    Raises:
        CircumplexError: models missing or not those of the recipe; a photo without a face; points
            that cannot be read; an animation in the folder, or a folder in use.
    """
    names = file_names(request.formats, request.unread)
    check_files(request.folder, names, request.overwrite)
    folder, working = request.folder, engine.working
    with only_writer(folder):
        with working():
            plan = _planned(request, engine, progress)
        with nullcontext() if request.unread else open_readers() as readers:
            animation, path, before = plan.animation, plan.path, None
            if request.constant_speed and path is not None and readers is not None:
                animation, path, before = hold_speed(animation, path, readers, working, progress)
            plan = replace(plan, animation=animation)
            with replacing_animation(folder) as fresh:
                with open_files(fresh, request.formats, len(animation), animation.fps) as write:
                    drawn = draw_frames(
                        animation, write, readers, working, request.memory, progress
                    )
                absent = {} if readers is None else readers.absent
                settings = _write_reports(fresh, plan, drawn, absent)
        speed = None
        if before is not None and path is not None and drawn.readings is not None:
            speed = before, final_speed(animation, path, drawn.readings)
        return _result(request, plan, drawn, speed, settings)


def _planned(request: AnimateRequest, engine: Engine, progress: Progress) -> _Plan:
    if request.recipe is not None:
        animation, stored = open_animation(request.recipe, request, engine)
        _require_few(len(animation))
        require(
            GIF not in request.formats or animation.fps <= FASTEST_GIF,
            f"{request.recipe} has {animation.fps:g} frames a second, a GIF at most {FASTEST_GIF}",
        )
        return _Plan(animation, None, stored["asked"], stored["pictures"])
    try:
        path = request.affect_path()
    except CircumplexError as error:
        raise RequestError(str(error)) from error
    fps = 30.0 if request.fps is None else request.fps
    _require_few(frame_count(path.duration, fps, path.closed))
    times = frame_times(path.duration, fps, path.closed)
    explorer = engine.explorer(request).with_others(request.others)
    truncation = DEFAULT_TRUNCATION if request.truncation is None else request.truncation
    people: list[AnimatedFace] = []
    notes: list[str] = []
    for choice in (request, *_second(request)):
        start = find_start(choice, truncation, explorer, engine, progress)
        own = truncation if choice.seed is not None else 1.0
        refine = request.refine
        people.append(animated_face(start, choice.seed, own, path, refine, engine, progress))
        notes += start.notes
    animation = along(path, fps, times, tuple(people))
    asked = request.path_settings()
    if request.others:
        asked["others"] = dict(request.others)
    return _Plan(animation, path, asked, notes=tuple(notes))


def _second(request: AnimateRequest) -> list[FaceChoice]:
    """The person that the first goes over into, if there is one."""
    if request.to is None:
        return []
    named = request.to.strip()
    chosen: dict[str, Any] = {"force": request.force}
    if named.isdecimal():
        chosen["seed"] = int(named)
    elif Path(named).suffix.lower() in _LATENTS:
        chosen["latent"] = Path(named)
    else:
        chosen["photo"] = Path(named)
    return [FaceChoice(**chosen)]


def _require_few(count: int) -> None:
    require(
        count <= _MOST_FRAMES,
        f"{count} frames are more than {_MOST_FRAMES} in one animation; give less time or fps",
    )


def _write_reports(
    folder: Path, plan: _Plan, drawn: DrawnFrames, absent: Mapping[str, str]
) -> dict[str, Any]:
    """Write table, plot and settings, and return these.

    Args:
        absent: readers that are not at hand, with the reason.
    """
    from studio.reports.animation import readings_png

    animation, readings = plan.animation, drawn.readings
    write_both(folder / TABLE, frame_rows(animation, readings, drawn.digests))
    if readings is not None:
        write_bytes(folder / PLOT, readings_png(animation, readings))
    settings = {
        **animation.to_dict(),
        "asked": plan.asked,
        "software": software(),
        "backend": backend_of(animation.explorer.generator),
        "readers": [] if readings is None else list(readings.affect),
        "absent": dict(absent),
        "pictures": drawn.digests,
    }
    write_json(folder / SETTINGS, settings)
    return settings


def _result(
    request: AnimateRequest,
    plan: _Plan,
    drawn: DrawnFrames,
    speed: tuple[float, float] | None,
    settings: Mapping[str, Any],
) -> AnimateResult:
    """What came out."""
    animation, readings = plan.animation, drawn.readings
    delays = gif_delays(len(animation), animation.fps) if GIF in request.formats else []
    found = np.ones(len(animation), bool) if readings is None else readings.found
    distance = None if readings is None else readings.identity_distance
    return AnimateResult(
        folder=request.folder,
        files=tuple(file_names(request.formats, request.unread)),
        settings=settings,
        frames=len(animation),
        fps=animation.fps,
        duration=animation.duration,
        delays=tuple(sorted(set(delays))),
        beyond=int((~animation.reached).sum()),
        beyond_ms=spans(animation, ~animation.reached),
        unfound=None if readings is None else int((~found).sum()),
        unfound_ms=spans(animation, ~found),
        errors={} if readings is None else errors(animation, readings),
        identity_distance=None
        if distance is None or not np.isfinite(distance).any()
        else float(np.nanmax(distance)),
        speed=speed,
        different=None if plan.first is None else _different(plan.first, drawn.digests),
        others=dict(animation.explorer.others),
        notes=(*plan.notes, *beyond_labels(animation.explorer)),
    )


def _different(first: Sequence[str], now: Sequence[str]) -> int:
    """How many pictures are not those of before."""
    return sum(a != b for a, b in zip(first, now, strict=False)) + abs(len(first) - len(now))
