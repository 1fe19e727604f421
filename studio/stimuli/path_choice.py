"""Which way through valence and arousal an animation takes, and how long it takes for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from faces.ground.records import setting
from gan_bridge.editing.easing import EASINGS, LINEAR, MINIMUM_JERK
from gan_bridge.editing.grid_points import Point
from gan_bridge.editing.paths import AffectPath, circle, key_path, pulse
from studio.stimuli.targets import parse_target, read_key_points
from studio.validation import Request, require

_WAY, _TIME = "Which way", "How fast"
_MOST_MS = 600_000
NEUTRAL = "neutral"
#: Of words and expressions, wherever a point is named.
POINT_HELP = "A word (calm), an expression (happiness) or valence,arousal (0.6,-0.3)"


@dataclass(frozen=True, kw_only=True)
class PathChoice(Request):
    """One of four ways: to a target and back, around a circle, through points that are named, or
    through those of a table. `to` goes with the first, and then holds the affect.

    Attributes:
        onset, apex, offset, duration: ms. None is 1000; apex and offset are 0 with `to`.
        through: points with a / between them.
        easing: None is min-jerk to a target and back, else linear.
    """

    target: str | None = setting(
        None, f"{POINT_HELP} to go to, and back.", flag=("--target", "-t"), panel=_WAY
    )
    start: str | None = setting(
        None, "The point to start from, and to end at.", panel=_WAY, shown=NEUTRAL
    )
    circle: float | None = setting(
        None,
        "Go once around neutral at this distance, counter-clockwise from positive valence.",
        above=0,
        at_most=1,
        panel=_WAY,
    )
    through: str | None = setting(
        None, "Go through these points, as happy/calm/-0.5,-0.2/neutral.", panel=_WAY
    )
    points: Path | None = setting(
        None, "Go through the points of a CSV of time_ms,valence,arousal.", panel=_WAY
    )
    to: str | None = setting(
        None,
        "Go over into this seed or photo; the affect stays that of --target.",
        panel=_WAY,
    )
    spline: bool = setting(
        True, "Smooth through --through and --points, or straight from each to the next.",
        panel=_WAY,
    )  # fmt: skip
    intensity: float | None = setting(
        None,
        "Distance from neutral at which words and expressions stand, as in export.",
        above=0,
        at_most=1,
        panel=_WAY,
        shown="0.8; of expressions their own",
    )
    onset: float | None = setting(
        None, "Ms to the target.", above=0, at_most=_MOST_MS, panel=_TIME, shown="1000"
    )
    apex: float | None = setting(
        None, "Ms at it.", at_least=0, at_most=_MOST_MS, panel=_TIME, shown="1000; with --to 0"
    )
    offset: float | None = setting(
        None,
        "Ms back; 0 ends there.",
        at_least=0,
        at_most=_MOST_MS,
        panel=_TIME,
        shown="1000; with --to 0",
    )
    duration: float | None = setting(
        None,
        "Ms of --circle and --through.",
        above=0,
        at_most=_MOST_MS,
        panel=_TIME,
        shown="5000",
    )
    easing: str | None = setting(
        None,
        "Of each stretch: linear, or min-jerk, which starts and ends at rest.",
        choices=tuple(EASINGS),
        panel=_TIME,
        shown="min-jerk to a target, else linear",
    )
    constant_speed: bool = setting(
        False,
        "Let what readers find move at constant speed, in the place of what is requested.",
        panel=_TIME,
    )

    #: Fields that name a way; `to` alone holds neutral.
    ways: ClassVar[tuple[str, ...]] = ("target", "circle", "through", "points")

    def require_one_way(self) -> None:
        """Refuse none and two ways, and what does not go with the one.

        Raises:
            RequestError: naming it.
        """
        given = [name for name in self.ways if getattr(self, name) is not None]
        require(len(given) <= 1, f"{' and '.join(given)} are two ways; give one")
        pulsed = given in ([], ["target"])
        require(
            bool(given) or self.to is not None,
            "say where to: target, circle, through, points, or to for another person",
        )
        for name in ("to", "start", "onset", "apex", "offset"):
            fits = pulsed or getattr(self, name) is None
            require(fits, f"{name} goes with target, not with {''.join(given)}; leave it out")
        timed = self.duration is None or given in (["circle"], ["through"])
        require(timed, "duration goes with circle and through; a target has onset, apex, offset")
        if self.constant_speed:
            require(self.to is None, "to holds the affect: constant_speed has nothing to move")
            require(
                self.easing in (None, LINEAR),
                "constant_speed leaves no room for an easing; leave one of them out",
            )
        require(self.start is None or self.to is None, "to holds the affect of target; leave start")

    def affect_path(self) -> AffectPath:
        """The way, of valence, arousal and the share of the second person.

        Raises:
            CircumplexError: a point cannot be read.
        """
        easing = EASINGS[self.easing or self._default_easing()]
        duration = 5000.0 if self.duration is None else self.duration
        if self.circle is not None:
            return circle(self.circle, duration, easing)
        if self.points is not None:
            times, points = read_key_points(self.points)
            return key_path(times, points, easing, self.spline)
        if self.through is not None:
            named = [self._point(name) for name in self.through.split("/")]
            require(len(named) > 1, "through needs two points or more, with a / between them")
            return key_path(np.linspace(0, duration, len(named)), named, easing, self.spline)
        target = self._point(self.target or NEUTRAL)
        if self.to is not None:
            return pulse((*target, 0.0), (*target, 1.0), *self._pulse_times(0.0), easing)
        return pulse(self._point(self.start or NEUTRAL), target, *self._pulse_times(1000.0), easing)

    def _default_easing(self) -> str:
        moved = self.circle is None and self.through is None and self.points is None
        return MINIMUM_JERK if moved and not self.constant_speed else LINEAR

    def _pulse_times(self, least: float) -> tuple[float, float, float]:
        onset = 1000.0 if self.onset is None else self.onset
        apex = least if self.apex is None else self.apex
        return onset, apex, least if self.offset is None else self.offset

    def _point(self, text: str) -> Point:
        return parse_target(text, self.intensity)

    def path_settings(self) -> dict[str, Any]:
        """What was asked for, as plain JSON values, for people."""
        asked = {name: getattr(self, name) for name in _SETTINGS}
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asked.items()
            if value is not None
        }


_SETTINGS = tuple(PathChoice.__dataclass_fields__)
