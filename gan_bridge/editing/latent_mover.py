"""Latents moved about the circumplex: where to, from which face, and along what."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from gan_bridge.editing.editor import Editor
from gan_bridge.editing.layer_strengths import Layers, layer_strengths
from gan_bridge.editing.layered_directions import LayeredDirections
from gan_bridge.editing.rated_editor import RatedEditor
from gan_bridge.editing.reachable import ReachableRegion
from gan_bridge.generators.protocol import Generator, latent_owner

if TYPE_CHECKING:
    from gan_bridge.editing.calibration import Calibration
    from vae.probing.directions import Directions

#: A request that near to what a face shows anyway is met whatever other faces can show.
_STANDS_STILL = 0.02


class LatentMover:
    """Moves latents of `generator` along `directions` to a target: valence and arousal.

    Targets are absolute: (0, 0) is a neutral face whatever the face started with.
    With a calibration they are what a reader of faces is to find in the *picture*; without, what
    the probes read in the latent after the edit, and what the picture shows is another matter.

    The latent is read off the mean over the layers that are edited. A layer of strength s goes s
    times the way of that mean; with strengths of 1, as a range of layers has, the mean then reads
    exactly as targeted, else it has gone the mean strength of the way.

    Args:
        generator: whose latents they are.
        directions: alone, or the bridge that `circumplex bridge` built, which knows its layers.
        layers: edited where a call does not name any, see `gan_bridge.editing.layer_strengths`;
            None for the bridge's, or all.
        calibration: of these directions in this generator, a learned editor or a response surface,
            or None. It holds for the layers that it was made with; other layers move uncalibrated.

    Attributes:
        anchor: see `anchored`; None where targets are absolute.
        others, aimed_others: see `with_others`; empty where further factors are left alone.

    Raises:
        CircumplexError: the directions or the calibration belong to another model.
    """

    def __init__(
        self,
        generator: Generator,
        directions: "Directions | LayeredDirections",
        layers: Layers = None,
        calibration: "Calibration | Editor | None" = None,
    ) -> None:
        if isinstance(directions, LayeredDirections):
            directions.check(generator)
            layers = directions.layers if layers is None else layers
            directions = directions.directions
        directions.check_model(generator.digest, generator.tuned_from)
        self.generator = generator
        self.directions = directions
        self.default_strengths = layer_strengths(layers, generator.num_layers)
        if calibration is not None:
            calibration.check(latent_owner(generator), directions, "the calibration")
        self.calibration = calibration
        self.anchor: np.ndarray | None = None
        self.others: dict[str, float] = {}
        self.aimed_others: dict[str, float] = {}

    def anchored(self, reading: "Sequence[float] | np.ndarray") -> Self:
        """The same, for one face that is to stay as it is where it is asked for what it shows.

        Args:
            reading: valence and arousal that its picture shows. Every move then is by the
                difference to the move to this point, so that a photo's face is not first changed
                into what the model takes for its neutral one.
        """
        found = copy.copy(self)
        found.anchor = np.asarray(reading, np.float64)
        return found

    def with_others(self, others: Mapping[str, float]) -> Self:
        """The same, whose every move also brings further factors to these values.

        They move last, linearly, on the layers that are edited, whatever moved valence and arousal
        before them; what the probes read of these stays as it is.

        Args:
            others: by name, in the units of their labels, what the probes are to read in the
                latent. Beyond what the labels fitted on show, the nearest that they do is aimed at.

        Raises:
            CircumplexError: the directions have no such factor.
        """
        found = copy.copy(self)
        found.aimed_others = self.directions.aim_others(others)
        found.others = {name: float(others[name]) for name in found.aimed_others}
        return found

    @property
    def region(self) -> ReachableRegion | None:
        """What faces show, where an editor knows it."""
        return None if self._editor is None else self._editor.region

    @property
    def _editor(self) -> Editor | None:
        """The editor that moves by default, where one does."""
        editor = self.calibration
        return editor if isinstance(editor, Editor) and self.is_calibrated() else None

    def strengths(self, layers: Layers = None) -> np.ndarray:
        """How far each layer goes, (L,): what `layers` names, or the default."""
        if layers is None:
            return self.default_strengths
        return layer_strengths(layers, self.generator.num_layers)

    def move(
        self,
        w: np.ndarray,
        valence: float | np.ndarray,
        arousal: float | np.ndarray,
        layers: Layers = None,
    ) -> np.ndarray:
        """Latents (N, L, W) after the move to (valence, arousal), each in [-1, 1] or beyond, one
        for all or (N,)."""
        moved = self._move(w, valence, arousal, layers)
        if self.anchor is not None:
            here = self._move(w, self.anchor[0], self.anchor[1], layers)
            change = moved.astype(np.float64) - here  # nothing where the face shows what is asked
            moved = (np.asarray(w, np.float64) + change).astype(np.float32)
        return self.move_others(moved, layers)

    def move_others(self, w: np.ndarray, layers: Layers = None) -> np.ndarray:
        """Latents (N, L, W) with the further factors at their values, and no other move."""
        if not self.aimed_others:
            return w
        aimed = self.aimed_others
        return self._shift(w, layers, lambda z, _: self.directions.move_others(z, aimed))

    def _move(
        self,
        w: np.ndarray,
        valence: float | np.ndarray,
        arousal: float | np.ndarray,
        layers: Layers,
    ) -> np.ndarray:
        """As `move`, from nowhere in particular."""
        if not self.is_calibrated(layers):
            return self.move_latent(w, valence, arousal, layers)
        targets = _stack_targets(valence, arousal, len(w))
        moved = np.array(w, np.float32)
        for row, start, target in zip(moved, w, targets, strict=True):
            row[:] = self._move_calibrated(start, target)
        return moved

    def _move_calibrated(self, start: np.ndarray, target: np.ndarray) -> np.ndarray:
        """One latent (L, W) after the move for which the picture is to show `target` (2,)."""
        assert self.calibration is not None
        neutral = self.neutral_mean(start[None])
        latent_targets, residuals = self.calibration.moves(neutral, target[None])
        moved = self.move_latent(start[None], *latent_targets[0])[0]
        if residuals is not None:
            edited = np.flatnonzero(self.default_strengths)
            moved[edited] = moved[edited].astype(np.float64) + residuals[0]
        return moved

    def is_calibrated(self, layers: Layers = None) -> bool:
        """Whether a move of these layers is aimed at what the picture will show."""
        if self.calibration is None:
            return False
        strengths = np.zeros(self.generator.num_layers)
        strengths[self.calibration.evidence["layers"]] = 1
        return bool((self.strengths(layers) == strengths).all())

    def move_latent(
        self,
        w: np.ndarray,
        valence: float | np.ndarray,
        arousal: float | np.ndarray,
        layers: Layers = None,
    ) -> np.ndarray:
        """As `move`, without the calibration: the probes then read the target in the latent.

        One latent at a time: a matrix product rounds by the shape of its batch, and the same
        target is to give the same bytes in any batch.
        """
        targets = _stack_targets(valence, arousal, len(w))
        return self._shift(w, layers, lambda z, row: self.directions.move(z, *targets[row]))

    def _shift(
        self, w: np.ndarray, layers: Layers, move: Callable[[np.ndarray, int], np.ndarray]
    ) -> np.ndarray:
        """Latents (N, L, W) whose layers go their share of the way that `move` takes the mean over
        the edited ones, (1, W) float64 of a row."""
        strengths = self.strengths(layers)
        edited = np.flatnonzero(strengths)
        shares = strengths[edited, None]
        moved = np.array(w, np.float32)
        for row, start in enumerate(w):
            z = start[edited].mean(axis=0, dtype=np.float64)[None]  # (1, W)
            moved[row, edited] = start[edited] + shares * (move(z, row) - z)
        return moved

    def covers(self, targets: np.ndarray) -> np.ndarray:
        """Whether targets (N, 2) can be met, (N,) bool: by most faces, as the calibration
        measured; without one, whether faces with such labels were seen in training."""
        known = self.calibration if self.is_calibrated() else None
        covered = self.directions.covers(targets) if known is None else known.covers(targets)
        return covered | self.stands(targets)

    def stands(self, targets: np.ndarray) -> np.ndarray:
        """Whether an anchored face shows targets (N, 2) as it is, (N,) bool."""
        if self.anchor is None:
            return np.zeros(len(targets), bool)
        return np.linalg.norm(targets - self.anchor, axis=1) < _STANDS_STILL

    def aim(self, targets: np.ndarray) -> np.ndarray:
        """The points (N, 2) that an edit aims at for targets (N, 2): the nearest that faces show,
        where an editor knows it, else the targets."""
        region, targets = self.region, np.asarray(targets, np.float64)
        if region is None:
            return targets
        if self.anchor is None:
            return region.aim(targets)
        return self.anchor + region.aim(targets) - region.aim(self.anchor[None])

    @property
    def is_rated(self) -> bool:
        """Whether requests mean what people see, and not what readers of faces find."""
        return isinstance(self._editor, RatedEditor)

    def in_reader_terms(self, points: np.ndarray) -> np.ndarray:
        """What readers are to find, (N, 2), in pictures aimed at points (N, 2) of `aim`."""
        editor = self._editor
        return points if editor is None else editor.in_reader_terms(points)

    def in_request_terms(self, read: np.ndarray) -> np.ndarray:
        """What readers find in pictures, (N, 2), as a request would say it."""
        editor = self._editor
        return read if editor is None else editor.in_request_terms(read)

    def neutral_mean(self, w: np.ndarray, layers: Layers = None) -> np.ndarray:
        """Latents (N, L, W) moved to neutral without the calibration, the mean over the edited
        layers: (N, W) float64. It is what a calibration knows a face by."""
        edited = np.flatnonzero(self.strengths(layers))
        return self.move_latent(w, 0.0, 0.0, layers)[:, edited].mean(1, dtype=np.float64)

    def predict(self, w: np.ndarray, layers: Layers = None) -> np.ndarray:
        """What the probes read in latents (N, L, W), in the mean over the edited layers: (N, 2)
        valence and arousal."""
        edited = np.flatnonzero(self.strengths(layers))
        return np.concatenate(
            [self.directions.predict(row[edited].mean(axis=0, dtype=np.float64)[None]) for row in w]
        )

    def predict_others(self, w: np.ndarray, layers: Layers = None) -> np.ndarray:
        """As `predict`, the further factors of the directions: (N, M), each in its own units."""
        edited = np.flatnonzero(self.strengths(layers))
        means = np.asarray(w)[:, edited].mean(1, dtype=np.float64)
        return self.directions.predict_others(means)


def _stack_targets(
    valence: float | np.ndarray, arousal: float | np.ndarray, count: int
) -> np.ndarray:
    """Targets (count, 2) of valence and arousal, each one for all or (count,)."""
    return np.stack(np.broadcast_arrays(valence, arousal, np.empty(count))[:2], axis=1)
