"""An animation before it is drawn: whose face, at which points, when; and its latents.

It is what `animation.json` keeps: with it, and with the models that it names by digest, the frames
are made again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json
from faces.ground.progress import Progress, silent
from gan_bridge.editing.paths import AffectPath
from studio.stimuli.origin import Start, open_models, origin_fields, picture_fields
from studio.stimuli.recipe import Recipe, decode_latent, encode_latent
from studio.stimuli.refining import move_refined

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.engine import Engine
    from studio.model_choice import ModelChoice

SCHEMA, VERSION = "circumplex/animation", 1
#: Key points of a circle at which a face's edits are refined.
_AROUND = 8


@dataclass(frozen=True, eq=False)
class AnimatedFace:
    """A person of an animation.

    Attributes:
        w: (1, L, W) before any edit; explorer: that moves it; seed: or None; truncation: of it.
        moments: (K,) ms of the path at which edits were refined; corrections: (K, L, W), what that
            added to the moves there. Between them they go over into each other.
        steps: of the refining; 0 where there was none.
    """

    w: np.ndarray
    explorer: "EmotionExplorer"
    seed: int | None
    truncation: float
    moments: np.ndarray
    corrections: np.ndarray
    steps: int = 0

    def move(self, targets: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """Latents (N, L, W) at targets (N, 2), which the path passes at moments (N,)."""
        starts = np.repeat(self.w, len(targets), axis=0)
        moved = self.explorer.move(starts, *targets.T)
        if not self.steps:
            return moved
        last = len(self.moments) - 1
        place = np.interp(moments, self.moments, np.arange(last + 1))
        k = np.minimum(place.astype(int), max(last - 1, 0))
        share = (place - k)[:, None, None]
        between = (1 - share) * self.corrections[k] + share * self.corrections[k + 1]
        return (moved + between).astype(np.float32)

    def origin(self) -> dict[str, Any]:
        """The part of a recipe that says whose face it is."""
        fields = origin_fields(self.explorer, self.seed, self.w, self.truncation)
        return fields | ({"refined": self.steps} if self.steps else {})


def animated_face(
    start: Start,
    seed: int | None,
    truncation: float,
    path: AffectPath,
    refine: int | None,
    engine: "Engine",
    progress: Progress = silent,
) -> AnimatedFace:
    """A person whose edits are refined at the key points of a path, as `edit` refines them.

    Args:
        refine: steps; see `move_refined`.
    """
    moments = np.linspace(0, path.duration, _AROUND + 1) if path.closed else path.times
    targets = path.place(moments)[:, :2]
    found: dict[tuple[float, float], np.ndarray] = {}
    most = 0
    for target in dict.fromkeys(tuple(row) for row in targets.tolist()):
        moved, steps = move_refined(start, target[0], target[1], refine, engine, progress)
        plain = start.explorer.move(start.w, *target)
        found[target] = moved[0] - plain[0]  # float32, as it is kept
        most = max(most, steps)
    corrections = np.stack([found[tuple(row)] for row in targets.tolist()])
    return AnimatedFace(start.w, start.explorer, seed, truncation, moments, corrections, most)


@dataclass(frozen=True, eq=False)
class Animation:
    """N frames.

    Attributes:
        fps: frames a second.
        times: (N,) ms at which they begin.
        targets: (N, 2) requested valence and arousal.
        moments: (N,) ms: where on the path they are.
        shares: (N,) of the way from the first person to the second; 0 where there is one.
        people: one or two.
    """

    fps: float
    times: np.ndarray
    targets: np.ndarray
    moments: np.ndarray
    shares: np.ndarray
    people: tuple[AnimatedFace, ...]

    def __len__(self) -> int:
        return len(self.times)

    @property
    def explorer(self) -> "EmotionExplorer":
        """The first person's."""
        return self.people[0].explorer

    @property
    def duration(self) -> float:
        """Of all frames, in ms."""
        return len(self) * 1000 / self.fps

    @property
    def aimed(self) -> np.ndarray:
        """The points (N, 2) that the edits aim at: the requests or, where no face shows them, the
        nearest that faces show."""
        return self._between([person.explorer.aim(self.targets) for person in self.people])

    @property
    def aimed_readings(self) -> np.ndarray:
        """What readers are to find, (N, 2): the points aimed at, but for edits that mean what
        people see."""
        explorers = [person.explorer for person in self.people]
        return self._between([each.in_reader_terms(each.aim(self.targets)) for each in explorers])

    def _between(self, points: list[np.ndarray]) -> np.ndarray:
        """Points (N, 2) of one or two people, the second's by its shares."""
        share = self.shares[:, None]
        return points[0] if len(points) == 1 else (1 - share) * points[0] + share * points[1]

    @property
    def reached(self) -> np.ndarray:
        """Whether faces show what is requested, (N,) bool."""
        covered = [person.explorer.covers(self.targets) for person in self.people]
        return np.asarray(np.all(covered, axis=0))

    def latents(self, rows: slice) -> np.ndarray:
        """Latents (n, L, W) of some frames, after the edit."""
        moves = [p.move(self.targets[rows], self.moments[rows]) for p in self.people]
        return self._mixed(moves, self.shares[rows])

    def recipe(self, frame: int, w: np.ndarray, image: np.ndarray) -> Recipe:
        """How one frame was made, of its latent (1, L, W) and picture (H, W, 3)."""
        valence, arousal = self.targets[frame].tolist()
        return Recipe(
            **self._origin(float(self.shares[frame])),
            **picture_fields(self.explorer, w, image),
            valence=valence,
            arousal=arousal,
            luminance=None,
        )

    def _origin(self, share: float) -> dict[str, Any]:
        if share == 0:
            return self.people[0].origin()
        if share == 1:
            return self.people[1].origin()
        starts = [person.w for person in self.people]
        both = self._mixed(starts, np.array([share]))
        return {**self.people[0].origin(), "seed": None, "latent": encode_latent(both)}

    @staticmethod
    def _mixed(latents: list[np.ndarray], shares: np.ndarray) -> np.ndarray:
        """Latents of one or two people, the second's by its shares (N,)."""
        if len(latents) == 1:
            return latents[0]
        share = shares[:, None, None]
        return ((1 - share) * latents[0] + share * latents[1]).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, from which `open_animation` makes it again."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "fps": self.fps,
            "frames": {
                "time_ms": self.times.tolist(),
                "valence": self.targets[:, 0].tolist(),
                "arousal": self.targets[:, 1].tolist(),
                "moment_ms": self.moments.tolist(),
                "share": self.shares.tolist(),
            },
            "people": [_person_fields(person) for person in self.people],
        }


def _person_fields(person: AnimatedFace) -> dict[str, Any]:
    """A recipe of the face at neutral, and where and how its edits were refined."""
    recipe = Recipe(**person.origin(), valence=0.0, arousal=0.0, luminance=None)
    refined = [
        {"moment_ms": float(moment), "correction": encode_latent(correction)}
        for moment, correction in zip(person.moments, person.corrections, strict=True)
        if person.steps
    ]
    return {"recipe": asdict(recipe), "refined_at": refined}


def open_animation(
    path: Path, choice: "ModelChoice", engine: "Engine"
) -> tuple[Animation, Mapping[str, Any]]:
    """The animation of an `animation.json`, and all that stands there.

    Raises:
        CircumplexError: it is damaged or no such file, or the models are others than it names.
    """
    stored = read_json(path)
    check_schema(stored, SCHEMA, VERSION, path)
    try:
        frames = {name: np.array(each, np.float64) for name, each in stored["frames"].items()}
        people = tuple(_open_person(each, path, choice, engine) for each in stored["people"])
        targets = np.stack([frames["valence"], frames["arousal"]], axis=1)
        times = frames["time_ms"], targets, frames["moment_ms"], frames["share"]
        animation = Animation(float(stored["fps"]), *times, people)
        fits = _is_sound(animation) and _is_text(stored["pictures"], len(animation))
        fits = fits and isinstance(stored["asked"], dict)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CircumplexError(f"{path} is damaged; animate anew") from error
    if not fits:
        raise CircumplexError(f"{path} is damaged; animate anew")
    return animation, stored


def _is_sound(animation: Animation) -> bool:
    """Whether the numbers of an animation can be frames."""
    times, targets = animation.times, animation.targets
    columns = times, animation.moments, animation.shares
    fits = len(times) > 0 and all(each.shape == times.shape == (len(targets),) for each in columns)
    fits = fits and all(np.isfinite(each).all() for each in (*columns, targets))
    fits = fits and bool((np.abs(targets) <= 1).all()) and len(animation.people) in (1, 2)
    shares = animation.shares
    fits = fits and bool(((shares >= 0) & (shares <= 1)).all()) and 0 < animation.fps <= 1000
    return fits and all(_is_refined_soundly(person) for person in animation.people)


def _is_refined_soundly(person: AnimatedFace) -> bool:
    """Whether there are key points to go between, one after the other."""
    steps = np.diff(person.moments)
    return not person.steps or (len(steps) > 0 and bool((steps > 0).all()))


def _is_text(values: Any, count: int) -> bool:
    """Whether it is a list of that many texts."""
    fits = isinstance(values, list) and len(values) == count
    return fits and all(isinstance(each, str) for each in values)


def _open_person(
    stored: Mapping[str, Any], path: Path, choice: "ModelChoice", engine: "Engine"
) -> AnimatedFace:
    recipe = Recipe(**stored["recipe"])
    explorer = open_models(recipe, path, choice, engine)
    shape = explorer.generator.num_layers, explorer.generator.w_dim
    if recipe.latent is None:
        assert recipe.seed is not None  # the recipe has seen to it
        w = explorer.latent(recipe.seed, recipe.truncation)
    else:
        w = decode_latent(recipe.latent, shape)
    refined = stored["refined_at"]
    moments = np.array([each["moment_ms"] for each in refined], np.float64)
    corrections = [decode_latent(each["correction"], shape)[0] for each in refined]
    empty = np.zeros((0, *shape))
    return AnimatedFace(
        w,
        explorer,
        recipe.seed,
        recipe.truncation,
        moments,
        np.stack(corrections) if corrections else empty,
        (recipe.refined or 0) if corrections else 0,
    )
