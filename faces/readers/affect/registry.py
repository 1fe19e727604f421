"""Readers of valence and arousal by name: what each is, and how it opens.

To add one, write a function that opens it and name it in `AFFECT_READERS`: `FaceReader` then asks
it, `circumplex measure` has its columns and `circumplex evaluate` sets it beside the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from faces.readers.affect.from_action_units import AffectReader, TableReader
from faces.readers.landmarks.table import Landmarks

PIXEL, UNITS, UNITS_TABLE = "pixel", "action_units", "action_units_table"


@dataclass(frozen=True, eq=False)
class FoundFaces:
    """The faces of some pictures, N of them.

    Attributes:
        landmarks: N, of the landmarker.
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
        units_affect: an edited table of action units to affect; None for the package's own.
        device: where networks run; None takes CUDA where there is one.
    """

    pixel: str | Path | None = "bundled"
    affect: str | Path | None = "bundled"
    units_affect: str | Path | None = None
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


def _open_pixels(files: ReaderFiles) -> ReadAffect | None:
    if files.pixel is None:
        return None
    from faces.readers.pixels.reader import PixelReader  # torch: only where it is used

    reader = PixelReader.load(files.pixel, files.device)

    def read(faces: FoundFaces) -> AffectValues:
        found = reader.read(faces.crops)
        return AffectValues(np.stack([found.valence, found.arousal], 1), found.probabilities)

    return read


def _open_units(files: ReaderFiles) -> ReadAffect | None:
    if files.affect is None:
        return None
    reader = AffectReader.load(files.affect)
    return lambda faces: AffectValues(reader.read(faces.action_units))


def _open_table(files: ReaderFiles) -> ReadAffect:
    reader = TableReader(files.units_affect)
    return lambda faces: AffectValues(reader.read(faces.action_units))


#: All readers, in the order of their columns.
AFFECT_READERS: Mapping[str, AffectReaderKind] = MappingProxyType(
    {
        PIXEL: AffectReaderKind(
            "pixels: a network trained on votes of annotators", _open_pixels, wants_crops=True
        ),
        UNITS: AffectReaderKind(
            "landmarks → blendshapes → action units → ridge regression on labels", _open_units
        ),
        UNITS_TABLE: AffectReaderKind(
            "landmarks → blendshapes → action units → published table of coefficients",
            _open_table,
        ),
    }
)
