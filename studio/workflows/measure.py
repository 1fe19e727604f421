"""`circumplex measure`: what faces show, a reading at a time, and the files of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import discard_partials
from faces.ground.outputs import check_output
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from faces.readers.frame_selection import FrameSelection
from faces.readers.identity.config import SAME_PERSON
from faces.readers.landmarks.config import LandmarkerConfig
from studio.validation import BUNDLED, CODES_HELP, OVERWRITE_HELP, Request, require
from studio.workflows.measure_files import ComparedPeople, Sink, open_sinks
from studio.workflows.measure_tally import FrameCounts, FrameTally

if TYPE_CHECKING:
    from faces.readers.face_reading import FaceReading
    from faces.readers.journal import ReadingJournal
    from faces.readers.reading import FaceReader
    from studio.engine import Engine


_FILES, _READERS = "Files", "Readers"
_KINDS = ("landmarks", "features", "identity", "table", "sheet")
_SUFFIXES = {"landmarks": ".parquet", "identity": ".parquet", "table": ".csv", "sheet": ".png"}


@dataclass(frozen=True)
class MeasureRequest(Request):
    """Read faces in pictures, videos, folders and tables of pictures.

    Attributes:
        paths: what is read, in this order; patterns mean all that they match.
        config: how faces are looked for.
        frames: which frames of videos are read.
        pixel: None leaves the reader out.
        columns: (field, column) pairs for tables.
        explained: (folder's name or label, expression) pairs.
        units, units_affect: None for the package's own.
        neutral: of the one person whom all paths show; None tells readings as they are.
    """

    paths: tuple[Path, ...]
    config: LandmarkerConfig = field(default_factory=LandmarkerConfig)
    frames: FrameSelection = field(default_factory=FrameSelection)
    landmarks: Path | None = setting(None, "Parquet of 478 points a frame.", panel=_FILES)
    features: Path | None = setting(
        None,
        "Folder for the 53 features: CSV, and of labelled faces X_*.npy, y_*.npy.",
        panel=_FILES,
    )
    identity: Path | None = setting(
        None, "Parquet of embeddings: who is who, by the column person.", panel=_FILES
    )
    tracks: bool = setting(
        True, "Follow each face through its video: the column person.", panel=_READERS
    )
    same_person: float = setting(
        SAME_PERSON,
        "Distance up to which two faces are one person's.",
        above=0,
        at_most=2,
        panel=_READERS,
    )
    table: Path | None = setting(
        None,
        "CSV of all readings: face counts from 0, the largest; box in pixels, angles in degrees; "
        "p_ probabilities of expressions, READER_valence and _arousal, AU intensities.",
        panel=_FILES,
    )
    sheet: Path | None = setting(None, "PNG of 16 faces with their points.", panel=_FILES)
    mask_eyes: bool = setting(False, "Hide the sheet's eyes.", panel=_FILES)
    pixel: str | None = setting(BUNDLED, "File of a pixel reader, or bundled.", panel=_READERS)
    affect: str | None = setting(
        BUNDLED, "File of a reader fitted on blendshapes, or bundled.", panel=_READERS
    )
    units: Path | None = setting(None, "Edited table of how action units are read.", panel=_READERS)
    units_affect: Path | None = setting(
        None, "Edited table of action units' affect.", panel=_READERS
    )
    neutral: Path | None = setting(
        None,
        "The person's neutral picture, or a folder: affect and action units relative to it.",
        panel=_READERS,
    )
    codes: str | None = setting(None, CODES_HELP, shown="where the table proves it", panel=_READERS)
    columns: tuple[tuple[str, str], ...] = ()
    explained: tuple[tuple[str, str], ...] = ()
    follow_links: bool = setting(
        False, "Look into folders that are linked to as well; each is read once.", panel=_READERS
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

    def written(self) -> dict[str, str]:
        """What is written, by kind."""
        return {name: str(path) for name in _KINDS if (path := getattr(self, name)) is not None}

    def targets(self) -> list[Path]:
        """The files that are written; of a folder of features its table."""
        from faces.readers.feature_table import FILE

        files = {name: Path(path) for name, path in self.written().items()}
        return [file / FILE if name == "features" else file for name, file in files.items()]

    def about(self, emits: bool, device: str | None) -> dict[str, Any]:
        """What readings depend on besides the files of pictures, in plain JSON values."""
        from faces.ground.dialects import SUFFIXES
        from faces.ground.paths import expand_pattern
        from faces.ground.provenance import software
        from faces.readers.done_files import file_stamp
        from faces.readers.landmarks.model_file import known_file

        given = chain.from_iterable(map(expand_pattern, self.paths))
        tables = (path for path in given if path.suffix.lower() in SUFFIXES)
        readers = (known_file(), self.pixel, self.affect, self.units, self.units_affect)
        return {
            "paths": [str(path.absolute()) for path in self.paths],
            "tables": [file_stamp(path) for path in tables],
            "config": asdict(self.config),
            "frames": asdict(self.frames),
            "readers": [(str(each), file_stamp(str(each))) for each in readers],
            "device": device,
            "codes": self.codes,
            "columns": [list(pair) for pair in self.columns],
            "explained": [list(pair) for pair in self.explained],
            "tracks": self.tracks,
            "files": self.written(),
            "emits": emits,
            "software": software(),
        }


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
        doubtful: people with pictures more than `faces.readers.identity.config.LOOK_AGAIN` apart.
        counts: of what was read, where it moves: files, pictures and frames, those with a face.
        hidden: files and folders that systems keep for themselves: left out, by reason.
        notes: how each table was understood, a line each.
    """

    rows: int
    found: int
    reasons: dict[str, int]
    missing: dict[str, str]
    files: dict[str, str]
    samples: dict[str, int]
    neutral: int = 0
    people: int | None = None
    doubtful: int = 0
    counts: FrameCounts | None = None
    hidden: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def run(
    request: MeasureRequest, engine: "Engine", progress: Progress = silent, emit: Sink | None = None
) -> MeasureResult:
    """Read every face, hand each reading to `emit`, and write what was asked for.

    Where a file is written, a call that was killed goes on when it is repeated, and writes the same
    bytes as one that was not: what is done is kept beside the file until all is well. With
    `identity` readings are handed on when all faces were compared.

    Raises:
        CircumplexError: a path that is not there or holds nothing to read, a damaged model, a file
            that cannot be written, no face in the neutral picture, or, where features of labelled
            faces are written, codes of a table or of folders that nothing proves; a column that no
            table has. A face that cannot be read is a reading that says so.
    """
    from faces.readers.baseline import Baseline
    from faces.readers.inputs import find_inputs
    from faces.readers.resuming import read_journal, read_resuming
    from faces.sets.sources.code_books import PROVEN

    # arrays of features are learned from; beside readings, codes may stay without a meaning
    codes = request.codes or (PROVEN if request.features is None else None)
    said = dict(request.columns), dict(request.explained)
    inputs = find_inputs(request.paths, request.follow_links, codes, *said)
    neutral = None if request.neutral is None else find_inputs([request.neutral])
    reasons: Counter[str | None] = Counter()
    tally = FrameTally()
    people = (
        None if request.identity is None else ComparedPeople(request.identity, request.same_person)
    )
    emits = emit is not None
    device = _device(request, engine, emits)
    with (
        _journal(request, emits, device) as journal,
        ExitStack() as tables,
        _reader(request, emits, device) as reader,
    ):
        sinks, sample, finish = open_sinks(request.written(), request.mask_eyes, tables)
        if people is not None:
            sinks.append(people.table.add)
        elif emit is not None:
            sinks.append(emit)
        baseline = None if neutral is None else Baseline.of(reader.read_tasks(neutral.tasks()))
        told = _as_is if baseline is None else baseline.relative
        files = inputs, request.frames
        for reading in map(told, read_resuming(reader, *files, journal, sample.holds, progress)):
            reasons[None if reading.missing is None else reading.missing.reason] += 1
            tally.add(reading)
            for sink in sinks:
                sink(reading)
        samples = finish()
        missing = dict(reader.missing)
        if people is not None and journal is not None:
            people.tell(map(told, read_journal(reader, journal)), emit, missing)
    return MeasureResult(
        rows=reasons.total(),
        found=reasons.pop(None, 0),
        reasons={str(reason): count for reason, count in reasons.most_common()},
        missing=missing,
        files=request.written(),
        samples=samples,
        neutral=0 if baseline is None else baseline.count,
        people=None if people is None else people.count,
        doubtful=0 if people is None else people.doubtful,
        counts=tally.counts,
        hidden=inputs.hidden_counts,
        notes=tuple(inputs.notes),
    )


def _as_is(reading: "FaceReading") -> "FaceReading":
    return reading


@contextmanager
def _journal(
    request: MeasureRequest, emits: bool, device: str | None
) -> Iterator["ReadingJournal | None"]:
    """What is done, kept beside the first file that is to be written; None where there is none.

    Raises:
        CircumplexError: a file exists, unless a call like this one was killed while it wrote them.
    """
    from faces.readers.journal import ReadingJournal

    files = request.targets()
    if not files:
        yield None
        return
    first = files[0]
    about = request.about(emits, device)
    journal = ReadingJournal(first.with_name(f".{first.name}.measure"), about)
    if not journal.begun:
        for file in files:
            check_output(file, request.overwrite)
    with journal.writing():
        for file in files:
            discard_partials(file)
        yield journal


def _scored(request: MeasureRequest, emits: bool) -> bool:
    """Whether all that is read of a face is told, not its points alone."""
    return emits or request.table is not None


def _pixel(request: MeasureRequest, emits: bool) -> str | None:
    return request.pixel if _scored(request, emits) or request.sheet is not None else None


def _device(request: MeasureRequest, engine: "Engine", emits: bool) -> str | None:
    """Where networks run; as it was named where perhaps none does, as torch is slow to load."""
    runs = _pixel(request, emits) is not None or request.identity is not None
    return engine.device if runs else engine.named_device


def _reader(request: MeasureRequest, emits: bool, device: str | None) -> "FaceReader":
    """A reader of no more than is wanted: a picture's landmarks need neither torch nor a score."""
    from faces.readers.reading import FaceReader

    scored = _scored(request, emits)
    return FaceReader(
        replace(request.config, confidence=request.config.confidence and scored),
        pixel=_pixel(request, emits),
        affect=request.affect,
        units=request.units,
        units_affect=request.units_affect,
        identity=None if request.identity is None else BUNDLED,
        device=device,
        processes=request.processes,
        crops=request.sheet is not None,
        tracks=request.tracks,
        same_person=request.same_person,
    )
