"""Where the readings of `circumplex measure` go: the files that were asked for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from faces.ground.files import write_bytes

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading
    from faces.readers.landmarks.table import LandmarkTable
    from studio.stimuli.face_sheet import Sample

#: What readings are handed to, one after the other.
Sink = Callable[["FaceReading"], object]


class ComparedPeople:
    """The faces of one call, compared when the last was read."""

    def __init__(self, path: Path, threshold: float) -> None:
        from faces.readers.identity_table import IdentityTable

        self.table = IdentityTable(path, threshold)

    @property
    def count(self) -> int | None:
        """How many were told apart, or None."""
        return max((person for person in self.table.people if person is not None), default=None)

    @property
    def doubtful(self) -> int:
        """How many hold pictures that are far apart."""
        return self.table.doubtful

    def tell(
        self, readings: Iterator["FaceReading"], emit: Sink | None, missing: dict[str, str]
    ) -> None:
        """Write the table and hand the readings on, with who it is."""
        self.table.write()
        if self.table.refusal is not None:
            missing["person"] = self.table.refusal
        if emit is not None:
            for reading, person in zip(readings, self.table.people, strict=True):
                emit(replace(reading, person=person))


def open_sinks(
    files: Mapping[str, str], mask_eyes: bool, resources: ExitStack
) -> tuple[list[Sink], "Sample", Callable[[], dict[str, int]]]:
    """What each reading is handed to, the sheet's sample, and what is to be done after the last.

    Args:
        files: by kind, those of `MeasureRequest.written`.
        mask_eyes: of the sheet.
        resources: closes the tables.
    """
    from faces.readers.feature_table import FeatureTable
    from faces.readers.landmarks.table import LandmarkTable
    from faces.readers.reading_table import reading_table
    from studio.stimuli.face_sheet import Sample

    sinks: list[Sink] = []
    features, sample = None, Sample()
    if "landmarks" in files:
        sinks.append(_points_into(resources.enter_context(LandmarkTable(files["landmarks"]))))
    if "features" in files:
        features = resources.enter_context(FeatureTable(Path(files["features"])))
        sinks.append(features.add)
    if "table" in files:
        sinks.append(resources.enter_context(reading_table(Path(files["table"]))))
    if "sheet" in files:
        sinks.append(_found_into(sample.add))

    def finish() -> dict[str, int]:
        if "sheet" in files:
            from studio.stimuli.contact_sheet import sheet_bytes
            from studio.stimuli.face_sheet import face_sheet

            sheet = face_sheet(sample.readings(), mask_eyes)
            write_bytes(Path(files["sheet"]), sheet_bytes(sheet))
        return {} if features is None else features.counts

    return sinks, sample, finish


def _points_into(table: "LandmarkTable") -> Sink:
    from faces.readers.landmarks.table import Missing

    def add(reading: "FaceReading") -> None:
        found = reading.landmarks or reading.missing or Missing("no face")
        about = reading.path, reading.frame, reading.label, found, reading.digest
        table.add(*about, time_s=reading.time_s, face=reading.face, person=reading.person)

    return add


def _found_into(sink: Sink) -> Sink:
    def add(reading: "FaceReading") -> None:
        if reading.found:
            sink(reading)

    return add
