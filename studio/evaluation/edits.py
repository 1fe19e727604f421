"""The pictures of an evaluation, made and read: every seed, neutral and at every point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.progress import Progress, silent
from gan_bridge.generators.sampling import ArrayCache, Reading, read_cached, uncached
from studio.stimuli.points import ring_points

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.generators.sampling import PictureReader


@dataclass(frozen=True, eq=False)
class EditReadings:
    """What readers found in S faces, each neutral and then at P points.

    Attributes:
        seeds: the S faces.
        directions, intensities: P = directions × intensities points, rings from the inside out.
        expected: (1 + P, 2), what readers are to find, see `expected_readings`.
        affect: by reader, (S, 1 + P, 2) valence and arousal.
        pose: (S, 1 + P, 3) yaw, pitch, roll in degrees.
        identity: (S, 1 + P, E), compared by Euclidean distance; identity_by: what it is.
        found: (S, 1 + P) bool, whether the landmarks were found.
        appearance: (S, 1 + P, 2), probability of apparently female, and apparent years.
        picture: (S, 1 + P, 3), of the whole picture, see `picture_measures`.

    What could not be read is NaN.
    """

    seeds: tuple[int, ...]
    directions: int
    intensities: tuple[float, ...]
    expected: np.ndarray
    affect: dict[str, np.ndarray]
    pose: np.ndarray
    identity: np.ndarray
    identity_by: str
    found: np.ndarray
    appearance: np.ndarray
    picture: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """Requested valence and arousal, (P, 2)."""
        return np.array(ring_points(self.directions, self.intensities))

    @property
    def expected_change(self) -> np.ndarray:
        """What readers are to find more at each point than in the neutral face, (P, 2)."""
        return self.expected[1:] - self.expected[:1]


def expected_readings(
    explorer: "EmotionExplorer", points: Sequence[tuple[float, float]]
) -> np.ndarray:
    """What readers are to find in neutral faces and at points: (1 + P, 2), the points themselves
    but for edits that mean what people see.

    Those are in terms of ratings: what readers find where people see the nearest that faces show,
    and what the request is beyond that, which nothing corrects and no edit is spared.
    """
    targets = np.array([(0.0, 0.0), *points])
    if not explorer.is_rated:
        return targets
    aimed = explorer.aim(targets)
    return explorer.in_reader_terms(aimed) + (targets - aimed)


def read_edits(
    explorer: "EmotionExplorer",
    pictures: "PictureReader",
    panel: Mapping[str, Reading],
    seeds: Sequence[int],
    points: Sequence[tuple[float, float]],
    truncation: float,
    progress: Progress = silent,
    cache: ArrayCache = uncached,
) -> dict[str, np.ndarray]:
    """Readings (S, 1 + P, K) by name: each face at (0, 0) and at the points.

    Args:
        panel: what to read.
        cache: see `gan_bridge.generators.sampling.ResumableCache`: what is read so far, a face at a
            time.
    """
    targets = np.array([(0.0, 0.0), *points])
    found: list[dict[str, np.ndarray]] = []
    for seed in progress(seeds, "edit and read faces", len(seeds)):
        start = explorer.latent(seed, truncation)
        w = explorer.move(np.repeat(start, len(targets), axis=0), *targets.T)
        found.append(read_cached(pictures, w, panel, f"face-{seed}", cache))
    return {name: np.stack([each[name] for each in found]) for name in panel}
