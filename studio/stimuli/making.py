"""The faces of an export as their generator draws them, each with its recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.progress import silent
from studio.face_choice import FaceChoice
from studio.stimuli.columns import factor_values
from studio.stimuli.export_rows import Row, planned_columns
from studio.stimuli.origin import Start, find_start, origin_fields, picture_fields
from studio.stimuli.plan import Identity, Stimulus
from studio.stimuli.recipe import Recipe
from studio.stimuli.refining import move_refined

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.engine import Engine
    from studio.stimuli.stimulus_readings import StimulusReader


@dataclass(frozen=True, eq=False)
class Made:
    """A face as it was drawn.

    Attributes:
        image: uint8 (H, W, 3); recipe: how it was made; row: what is known of it so far.
    """

    image: np.ndarray
    recipe: Recipe
    row: Row


class StimulusMaker:
    """Makes pictures, with the models held for one picture at a time: whoever shares them, such as
    somebody at the page, waits for a picture and not for an export.

    Args:
        engine, explorer: the models; reader: says who a face is.
        identities: by name; truncation: of the seeds' faces.
        refine: steps an edit, None for those of `move_refined` where it starts from a photo or a
            latent; force: go on where what was found of a photo is not the person.
    """

    def __init__(
        self,
        engine: "Engine",
        explorer: "EmotionExplorer",
        reader: "StimulusReader",
        identities: Mapping[str, Identity],
        truncation: float,
        refine: int | None = None,
        force: bool = False,
    ) -> None:
        self.engine, self.explorer, self.reader = engine, explorer, reader
        self.identities, self.truncation = identities, truncation
        self.refine, self.force = refine, force
        self._open: tuple[str, Start, np.ndarray | None] | None = None

    def make(self, batch: Sequence[Stimulus]) -> list[Made]:
        """The pictures of one face, read.

        Raises:
            CircumplexError: no face in the photo, or what was found of it is refused.
        """
        identity = self.identities[batch[0].identity]
        start, reference = self._start(identity)
        made = [self._make(stimulus, identity, start) for stimulus in batch]
        read = self.reader.read([each.image for each in made], reference)
        return [
            Made(each.image, each.recipe, each.row | columns)
            for each, columns in zip(made, read, strict=True)
        ]

    def _start(self, identity: Identity) -> tuple[Start, np.ndarray | None]:
        """The face before any edit, and who it is: of a photo the photo itself, of a latent its
        picture, of a seed its neutral face, whose further factors are as they are."""
        if self._open is None or self._open[0] != identity.name:
            choice = FaceChoice(
                seed=identity.seed,
                photo=identity.photo,
                latent=identity.latent,
                force=self.force and identity.seed is None,
            )
            with self.engine.working():
                start = find_start(choice, self.truncation, self.explorer, self.engine, silent)
                image = self._unedited(start, identity) if self.reader.reads else None
            reference = None if image is None else self.reader.embed(image)
            self._open = identity.name, start, reference
        return self._open[1:]

    def _unedited(self, start: Start, identity: Identity) -> np.ndarray:
        if start.photo is not None:
            return start.photo.portrait.coloured
        neutral = self.explorer.with_others({})
        w = start.w if identity.seed is None else neutral.move(start.w, 0.0, 0.0)
        return self.explorer.generator.synthesize(w)[0]

    def _make(self, stimulus: Stimulus, identity: Identity, start: Start) -> Made:
        row = planned_columns(stimulus)
        with self.engine.working():
            explorer, w, steps = start.explorer, start.w, 0
            if stimulus.valence is not None and stimulus.arousal is not None:
                place = stimulus.valence, stimulus.arousal
                refine = 0 if self.refine is None and identity.seed is not None else self.refine
                w, steps = move_refined(start, *place, refine, self.engine)
                row |= _aim(explorer, place)
                row |= factor_values(explorer.others, explorer.aimed_others)
            image = explorer.generator.synthesize(w)[0]
            if not stimulus.edited:
                # a move to what the face shows anyway is none
                explorer = explorer.with_others({})
                explorer = explorer.anchored(explorer.shown(w, image).round(6))
                assert explorer.anchor is not None
                valence, arousal = explorer.anchor.clip(-1, 1).tolist()
                place = valence, arousal
            recipe = Recipe(
                **origin_fields(explorer, identity.seed, start.w, self.truncation),
                valence=place[0],
                arousal=place[1],
                luminance=None,
                refined=steps or None,
                **picture_fields(explorer, w, image),
            )
        return Made(image, recipe, row)


def _aim(explorer: "EmotionExplorer", place: tuple[float, float]) -> dict[str, Any]:
    """The point that an edit aims at, and whether the request lies within what faces show."""
    request = np.array([place])
    valence, arousal = explorer.aim(request)[0].round(6).tolist()
    reached = bool(explorer.covers(request)[0])
    return {"aimed_valence": valence, "aimed_arousal": arousal, "reached": reached}
