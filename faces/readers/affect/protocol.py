"""What a reader of valence and arousal is given, and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.readers.landmarks.table import Landmarks


@dataclass(frozen=True, eq=False)
class FoundFaces:
    """The faces of some pictures, N of them.

    Attributes:
        landmarks: N, each with .points, .blendshapes (in the order of `table.BLENDSHAPES`)
            and .matrix.
        action_units: (N, K) intensities in [0, 1], in the order of `action_units.units.NAMES`.
        crops: N faces cut out upright, uint8 (S, S, 3); none where no reader that is open wants
            them.
    """

    landmarks: Sequence[Landmarks]
    action_units: np.ndarray
    crops: Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class AffectValues:
    """What a reader says of N faces.

    Attributes:
        affect: (N, 2) valence and arousal in [-1, 1], NaN where it cannot tell.
        probabilities: (N, 8) of `faces.circumplex.EXPRESSIONS`, of a reader that tells them.
    """

    affect: np.ndarray
    probabilities: np.ndarray | None = None


@dataclass(frozen=True)
class ReaderFiles:
    """Which files readers open, as `FaceReader` was asked: "bundled" for the package's own.

    Attributes:
        pixel, affect: of the pixel reader and of the fitted reader of action units; None leaves
            the reader out.
        units_affect, units: edited tables of action units to affect and of signals to action
            units; None for the package's own.
        device: where networks run; None takes CUDA where there is one.
    """

    pixel: str | Path | None = "bundled"
    affect: str | Path | None = "bundled"
    units_affect: str | Path | None = None
    units: str | Path | None = None
    device: str | None = None


ReadAffect = Callable[[FoundFaces], AffectValues]


@dataclass(frozen=True)
class AffectReaderKind:
    """A reader that can be opened.

    Attributes:
        description: what it is, for people who compare readers.
        open: gives the reader, or None where it was left out; raises CircumplexError where its
            file is missing or damaged, which costs this reader alone.
        wants_crops: whether it looks at pixels.
    """

    description: str
    open: Callable[[ReaderFiles], ReadAffect | None]
    wants_crops: bool = False
