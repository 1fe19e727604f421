"""What comes of an animation: its table, plot and settings, and what is said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.files import write_bytes, write_json
from faces.ground.provenance import software
from faces.ground.tables import write_both
from studio.further_factors import beyond_labels
from studio.stimuli.animation import Animation
from studio.stimuli.animation_folder import PLOT, SETTINGS, TABLE, file_names
from studio.stimuli.drawn_frames import DrawnFrames
from studio.stimuli.frame_files import GIF, gif_delays
from studio.stimuli.frame_rows import errors, frame_rows, spans
from studio.stimuli.origin import backend_of

if TYPE_CHECKING:
    from gan_bridge.editing.paths import AffectPath


@dataclass(frozen=True, eq=False)
class AnimationPlan:
    """What is to be drawn.

    Attributes:
        path: None of a recipe's; first: digests of the recipe's pictures; notes: of photos.
    """

    animation: Animation
    path: "AffectPath | None"
    asked: Mapping[str, Any]
    first: Sequence[str] | None = None
    notes: tuple[str, ...] = ()


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


def write_reports(
    folder: Path, plan: AnimationPlan, drawn: DrawnFrames, absent: Mapping[str, str]
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


def animate_result(
    folder: Path,
    formats: Sequence[str],
    plan: AnimationPlan,
    drawn: DrawnFrames,
    speed: tuple[float, float] | None,
    settings: Mapping[str, Any],
) -> AnimateResult:
    """What came out."""
    animation, readings = plan.animation, drawn.readings
    delays = gif_delays(len(animation), animation.fps) if GIF in formats else []
    found = np.ones(len(animation), bool) if readings is None else readings.found
    distance = None if readings is None else readings.identity_distance
    return AnimateResult(
        folder=folder,
        files=tuple(file_names(formats, readings is None)),
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
