"""Readers of valence and arousal by name: what each is, and how it opens.

To add one, write a function that opens it and name it in `AFFECT_READERS`: `FaceReader` then asks
it, `circumplex measure` shows it and `circumplex evaluate` sets it beside the others.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from faces.readers.affect.from_action_units import AffectReader, TableReader
from faces.readers.affect.protocol import (
    AffectReaderKind,
    AffectValues,
    FoundFaces,
    ReadAffect,
    ReaderFiles,
)
from faces.readers.affect.shape_scores import shape_scores

PIXEL, UNITS, UNITS_TABLE = "pixel", "action_units", "action_units_table"


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

    def read(faces: FoundFaces) -> AffectValues:
        shapes = np.stack([face.blendshapes for face in faces.landmarks])
        return AffectValues(reader.read(shape_scores(shapes)))

    return read


def _open_table(files: ReaderFiles) -> ReadAffect:
    reader = TableReader(files.units_affect, files.units)
    return lambda faces: AffectValues(reader.read(faces.action_units))


#: All readers, in the order of their columns.
AFFECT_READERS: Mapping[str, AffectReaderKind] = MappingProxyType(
    {
        PIXEL: AffectReaderKind(
            "pixels: a network trained on votes of annotators", _open_pixels, wants_crops=True
        ),
        UNITS: AffectReaderKind(
            "landmarks → blendshapes → ridge regression on labels", _open_units
        ),
        UNITS_TABLE: AffectReaderKind(
            "landmarks → action units → table of coefficients set by hand",
            _open_table,
        ),
    }
)
