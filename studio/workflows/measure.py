"""`circumplex measure`: what faces show, a reading at a time, and the files of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import write_bytes
from faces.ground.overwriting import refuse_existing
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.ground.tables import csv_rows
from faces.readers.identity.config import SAME_PERSON
from faces.readers.landmarks.config import LandmarkerConfig
from studio.validation import BUNDLED, OVERWRITE_HELP, Request, require

if TYPE_CHECKING:
    from faces.readers.landmarks.table import LandmarkTable
    from faces.readers.reading import FaceReader, FaceReading
    from studio.engine import Engine


_FILES, _READERS = "Files", "Readers"
_SUFFIXES = {"landmarks": ".parquet", "identity": ".parquet", "table": ".csv", "sheet": ".png"}


@dataclass(frozen=True)
class MeasureRequest(Request):
    """Read faces in pictures, videos, folders and tables of pictures.

    Attributes:
        paths: what is read, in this order.
        config: how faces are looked for.
        pixel: None leaves the reader out.
        units, units_affect: None for the package's own.
        neutral: of the one person whom all paths show; None tells readings as they are.
    """

    paths: tuple[Path, ...]
    config: LandmarkerConfig = field(default_factory=LandmarkerConfig)
    landmarks: Path | None = setting(None, "Parquet of 478 points a frame.", panel=_FILES)
    features: Path | None = setting(
        None,
        "Folder for the 53 features: CSV, and of labelled faces X_*.npy, y_*.npy.",
        panel=_FILES,
    )
    identity: Path | None = setting(
        None, "Parquet of embeddings: who is who, by the column person.", panel=_FILES
    )
    same_person: float = setting(
        SAME_PERSON,
        "Distance up to which two faces are one person's.",
        above=0,
        at_most=2,
        panel=_READERS,
    )
    table: Path | None = setting(None, "CSV of all readings.", panel=_FILES)
    sheet: Path | None = setting(None, "PNG of 16 faces with their points.", panel=_FILES)
    mask_eyes: bool = setting(False, "Hide the sheet's eyes.", panel=_FILES)
    pixel: str | None = setting(BUNDLED, "File of a pixel reader, or bundled.", panel=_READERS)
    affect: str | None = setting(
        BUNDLED, "File of a reader fitted on action units, or bundled.", panel=_READERS
    )
    units: Path | None = setting(None, "Edited table of action units.", panel=_READERS)
    units_affect: Path | None = setting(
        None, "Edited table of action units' affect.", panel=_READERS
    )
    neutral: Path | None = setting(
        None,
        "The person's neutral picture, or a folder: affect and action units relative to it.",
        panel=_READERS,
    )
    processes: int = setting(2, "That look for faces at once.", at_least=1, at_most=61)
    overwrite: bool = setting(False, OVERWRITE_HELP)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.paths) > 0, "no path is given; name pictures, videos, folders or tables")
        require(
            self.sheet is not None or not self.mask_eyes,
            "eyes are masked on the sheet only; name its file with --sheet",
        )
        for name, suffix in _SUFFIXES.items():
            file = getattr(self, name)
            fits = file is None or file.suffix.lower() == suffix
            require(fits, f"{name} is written as {suffix}; {file} has another ending")


Sink = Callable[["FaceReading"], object]


@dataclass(frozen=True)
class MeasureResult:
    """What was read and written.

    Attributes:
        rows: faces and frames, found or not.
        found: those with a face.
        reasons: how many of the others for which reason.
        missing: readers that could not be opened, and why.
        files: by kind, what was written.
        samples: labelled faces in the arrays of features, by split.
        neutral: neutral pictures with a face, relative to which affect and units are told.
        people: how many were told apart, or None where nobody was compared.
    """

    rows: int
    found: int
    reasons: dict[str, int]
    missing: dict[str, str]
    files: dict[str, str]
    samples: dict[str, int]
    neutral: int = 0
    people: int | None = None

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dict(vars(self))


def run(
    request: MeasureRequest, engine: "Engine", progress: Progress = silent, emit: Sink | None = None
) -> MeasureResult:
    """Read every face, hand each reading to `emit`, and write what was asked for.

    With `identity` the readings are held until all faces were compared, about 10 KiB each.

    Raises:
        CircumplexError: a path that is not there or holds nothing to read, a damaged model, or a
            file that cannot be written, or no face in the neutral picture. A face that cannot be
            read is a reading that says so.
    """
    from faces.readers.baseline import Baseline
    from faces.readers.feature_table import FILE as FEATURES
    from faces.readers.inputs import check_paths, count_tasks, find_tasks

    neutral = () if request.neutral is None else (request.neutral,)
    check_paths([*request.paths, *neutral])
    features = request.features and request.features / FEATURES
    for file in (request.landmarks, request.identity, request.table, request.sheet, features):
        refuse_existing(file, request.overwrite)
    reasons: Counter[str] = Counter()
    rows = 0
    people = None if request.identity is None else _People(request.identity, request.same_person)
    with ExitStack() as open_files, _reader(request, engine, emit is not None) as reader:
        sinks, finish = _sinks(request, open_files)
        if people is not None:
            sinks.append(people.table.add)
        if emit is not None:
            sinks.append(emit if people is None else people.held.append)
        baseline = Baseline.of(reader.read_files(neutral)) if neutral else None
        tasks = progress(find_tasks(request.paths), "faces", count_tasks(request.paths))
        for reading in reader.read_tasks(tasks):
            rows += 1
            if reading.missing is not None:
                reasons[reading.missing.reason] += 1
            told = reading if baseline is None else baseline.relative(reading)
            for sink in sinks:
                sink(told)
        samples = finish()
        missing = dict(reader.missing)
    named = None if people is None else people.tell(emit, missing)
    kinds = ("landmarks", "features", "identity", "table", "sheet")
    files = {kind: str(path) for kind in kinds if (path := getattr(request, kind)) is not None}
    lost = sum(reasons.values())
    by_reason = dict(reasons.most_common())
    counted = 0 if baseline is None else baseline.count
    return MeasureResult(rows, rows - lost, by_reason, missing, files, samples, counted, named)


class _People:
    """The faces of one call, compared when the last was read."""

    def __init__(self, path: Path, threshold: float) -> None:
        from faces.readers.identity_table import IdentityTable

        self.table = IdentityTable(path, threshold)
        self.held: list[FaceReading] = []

    def tell(self, emit: Sink | None, missing: dict[str, str]) -> int | None:
        """Write the table, hand on what was held, and say how many people there are."""
        self.table.write()
        if self.table.refusal is not None:
            missing["person"] = self.table.refusal
        if emit is not None:
            for reading, person in zip(self.held, self.table.people, strict=True):
                emit(replace(reading, person=person))
        numbers = [person for person in self.table.people if person is not None]
        return max(numbers, default=None)


def _reader(request: MeasureRequest, engine: "Engine", emits: bool) -> "FaceReader":
    """A reader of no more than is wanted: landmarks and features need neither torch nor a score."""
    from faces.readers.reading import FaceReader

    scored = emits or request.table is not None
    pixel = request.pixel if scored or request.sheet is not None else None
    return FaceReader(
        replace(request.config, confidence=request.config.confidence and scored),
        pixel=pixel,
        affect=request.affect,
        units=request.units,
        units_affect=request.units_affect,
        identity=None if request.identity is None else BUNDLED,
        device=engine.device if (pixel or request.identity) is not None else None,
        processes=request.processes,
        crops=request.sheet is not None,
    )


def _sinks(
    request: MeasureRequest, files: ExitStack
) -> tuple[list[Sink], Callable[[], dict[str, int]]]:
    """What each reading is handed to, and what is to be done after the last."""
    from faces.readers.feature_table import FeatureTable
    from faces.readers.landmarks.table import LandmarkTable

    sinks: list[Sink] = []
    features = sample = None
    if request.landmarks is not None:
        sinks.append(_points_into(files.enter_context(LandmarkTable(request.landmarks))))
    if request.features is not None:
        features = files.enter_context(FeatureTable(request.features))
        sinks.append(features.add)
    if request.table is not None:
        sinks.append(files.enter_context(_reading_table(request.table)))
    if request.sheet is not None:
        from studio.stimuli.face_sheet import Sample

        sample = Sample()
        sinks.append(_found_into(sample.add))

    def finish() -> dict[str, int]:
        if sample is not None and request.sheet is not None:
            from studio.stimuli.contact_sheet import sheet_bytes
            from studio.stimuli.face_sheet import face_sheet

            sheet = face_sheet(sample.readings(), request.mask_eyes)
            write_bytes(request.sheet, sheet_bytes(sheet))
        return {} if features is None else features.counts

    return sinks, finish


def _points_into(table: "LandmarkTable") -> Sink:
    from faces.readers.landmarks.table import Missing

    def add(reading: "FaceReading") -> None:
        found = reading.landmarks or reading.missing or Missing("no face")
        about = reading.path, reading.frame, reading.label
        table.add(*about, found, reading.digest, reading.face)

    return add


def _found_into(sink: Sink) -> Sink:
    def add(reading: "FaceReading") -> None:
        if reading.found:
            sink(reading)

    return add


@contextmanager
def _reading_table(path: Path) -> Iterator[Sink]:
    """A CSV file of every reading; what was not read is empty."""
    with csv_rows(path, _columns()) as add:

        def write(reading: "FaceReading") -> None:
            add(_flat(reading))

        yield write


def _columns() -> list[str]:
    from faces.circumplex import EXPRESSIONS
    from faces.readers.action_units import units as action_units
    from faces.readers.affect.registry import AFFECT_READERS
    from faces.readers.reading import PLACE
    from faces.sets.visibility.config import REGIONS

    pairs = [f"{reader}_{t}" for reader in AFFECT_READERS for t in ("valence", "arousal")]
    seen = [*(f"hidden_{name}" for name in REGIONS), "exposure"]
    expressions = [f"p_{name}" for name in EXPRESSIONS]
    return [*_ABOUT, *PLACE, *_POSE, *seen, *expressions, *pairs, *action_units.NAMES]


_ABOUT = (
    *("path", "frame", "face", "faces", "found", "reason", "label", "expression", "confidence"),
    "relative",
)
_POSE = ("yaw", "pitch", "roll")


def _flat(reading: "FaceReading") -> dict[str, Any]:
    values = reading.to_json()
    row = {name: values[name] for name in _ABOUT if name in values}
    row |= reading.place | (values["pose"] or {})
    row |= {f"hidden_{name}": flag for name, flag in (values["hidden"] or {}).items()}
    row["exposure"] = values["exposure"]
    row |= {f"p_{name}": value for name, value in (values["probabilities"] or {}).items()}
    for reader, pair in (values["readers"] or {}).items():
        row |= {f"{reader}_{target}": value for target, value in (pair or {}).items()}
    return row | (values["action_units"] or {})
