"""`circumplex animate`: one face on its way through valence and arousal, as frames and as video."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.parsing import parse_names
from faces.ground.progress import Progress, silent
from faces.ground.records import setting, settings_of
from gan_bridge.editing.paths import frame_count, frame_times
from studio.engine import Engine
from studio.face_choice import TRUNCATION_HELP, FaceChoice
from studio.further_factors import FurtherFactors
from studio.model_choice import ModelChoice
from studio.stimuli.animation import (
    AnimatedFace,
    animated_face,
    open_animation,
)
from studio.stimuli.animation_folder import (
    check_files,
    file_names,
    replacing_animation,
)
from studio.stimuli.drawn_frames import (
    along,
    draw_frames,
    final_speed,
    hold_speed,
)
from studio.stimuli.frame_files import (
    FASTEST_GIF,
    FORMATS,
    GIF,
    open_files,
)
from studio.stimuli.frame_readings import open_readers
from studio.stimuli.origin import find_start
from studio.stimuli.path_choice import PathChoice
from studio.stimuli.refining import REFINE_HELP, REFINED
from studio.validation import OVERWRITE_HELP, RequestError, require
from studio.workflows.animate_result import (
    AnimateResult,
    AnimationPlan,
    animate_result,
    write_reports,
)
from vae.config import DEFAULT_TRUNCATION

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
                settings = write_reports(fresh, plan, drawn, absent)
        speed = None
        if before is not None and path is not None and drawn.readings is not None:
            speed = before, final_speed(animation, path, drawn.readings)
        return animate_result(folder, request.formats, plan, drawn, speed, settings)


def _planned(request: AnimateRequest, engine: Engine, progress: Progress) -> AnimationPlan:
    if request.recipe is not None:
        animation, stored = open_animation(request.recipe, request, engine)
        _require_few(len(animation))
        require(
            GIF not in request.formats or animation.fps <= FASTEST_GIF,
            f"{request.recipe} has {animation.fps:g} frames a second, a GIF at most {FASTEST_GIF}",
        )
        return AnimationPlan(animation, None, stored["asked"], stored["pictures"])
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
    return AnimationPlan(animation, path, asked, notes=tuple(notes))


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
