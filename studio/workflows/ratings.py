"""`circumplex ratings`: people rate stimuli: a study is designed, its data read and reported."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer, read_json, write_bytes, write_json
from faces.ground.outputs import check_output
from faces.ground.parsing import parse_names
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from studio.engine import Engine
from studio.ratings.careless import CarelessConfig
from studio.ratings.designs import StudyConfig
from studio.ratings.importing import ImportConfig, check_groups
from studio.ratings.scales import SCALES, TARGETS
from studio.validation import OVERWRITE_HELP, Request, require

if TYPE_CHECKING:
    from studio.ratings.scales import RatingScale

SCHEMA, VERSION = "circumplex/ratings", 1
BY_HELP = "Columns of raters' groups, such as gender,age_band."


@dataclass(frozen=True)
class DesignRequest(Request):
    """Write a study in which people rate pictures.

    Attributes:
        stimuli: an export's folder, a table of files, or a folder of pictures.
        out: folder of the study, which is new or empty.
        config: how it is laid out.
    """

    stimuli: Path
    out: Path
    config: StudyConfig = field(default_factory=StudyConfig)


@dataclass(frozen=True)
class DesignResult:
    """The study's folder, and its design.json."""

    folder: Path
    design: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"folder": str(self.folder), **self.design}


@dataclass(frozen=True)
class ImportRequest(Request):
    """Read what raters answered.

    Attributes:
        files: of jsPsych, lab.js or PsychoPy, or plain tables; folders of such.
        columns: (field, column) pairs, for columns with names of their own.
        config: what is done about what is there twice.
    """

    files: tuple[Path, ...]
    out: Path = setting(Path("ratings.csv"), "Table to write; what was wrong stands beside it.")
    design: Path | None = setting(None, "The study's folder: its scale and its pictures.")
    scale: str | None = setting(
        None,
        f"{', '.join(SCALES)}, or LOW:HIGH, such as 1:9.",
        shown="the study's",
    )
    by: tuple[str, ...] = setting((), BY_HELP, parse=parse_names, shown="")
    overwrite: bool = setting(False, OVERWRITE_HELP)
    columns: tuple[tuple[str, str], ...] = ()
    config: ImportConfig = field(default_factory=ImportConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.files) > 0, "there are no files; name those that hold the ratings")
        require(self.out.suffix.lower() == ".csv", f"{self.out} does not end in .csv; rename it")
        _require_groups(self.by)
        fields = [name for name, _ in self.columns]
        twice = sorted({name for name in fields if fields.count(name) > 1})
        require(not twice, f"--column names {', '.join(twice)} twice; name one column for each")


def _require_groups(by: Sequence[str]) -> None:
    fault = check_groups(by)
    require(not fault, f"--by: {fault}")


@dataclass(frozen=True)
class ImportResult:
    """The table, and what ratings.json holds beside it."""

    table: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"table": str(self.table), **self.evidence}


def design(request: DesignRequest, engine: Engine, progress: Progress = silent) -> DesignResult:
    """Lay a study out: lists, forms for jsPsych, lab.js and PsychoPy, pictures, consent.

    Raises:
        CircumplexError: no pictures, pictures that were changed since their table was written, a
            layout that leaves some unseen, or a folder that holds something else.
    """
    from studio.ratings.designs import make_lists
    from studio.ratings.stimuli import read_stimuli
    from studio.ratings.study_files import write_study

    stimuli = read_stimuli(request.stimuli, pictures=True)
    people = [person if isinstance(person, str) else None for person in stimuli.table["person"]]
    lists = make_lists(people, request.config)
    with only_writer(request.out):
        if strangers := [f.name for f in request.out.iterdir() if f.name != ".lock"]:
            raise CircumplexError(
                f"{request.out} already holds {sorted(strangers)[0]}; choose a new folder, so that "
                "a study that runs is never changed"
            )
        written = write_study(request.out, stimuli, lists, request.config, progress)
    with suppress(OSError):  # the folder goes onto a web server as it is
        (request.out / ".lock").unlink(missing_ok=True)
    return DesignResult(request.out, written)


def import_answers(
    request: ImportRequest, engine: Engine, progress: Progress = silent
) -> ImportResult:
    """Bring files of answers to one table of ratings in [-1, 1]; what is wrong is counted.

    Raises:
        CircumplexError: an unreadable file, an unknown scale, or nothing left.
    """
    from studio.ratings.data_files import read_data_file
    from studio.ratings.importing import about, combine, data_paths, groups_left_out
    from studio.ratings.instructed import spell_passed
    from studio.ratings.rating_table import missing_ratings
    from studio.ratings.stimuli import read_stimuli
    from studio.ratings.study_files import STIMULI_TABLE, read_design, read_lists

    check_output(request.out, request.overwrite)
    paths = data_paths(request.files)
    files = [
        read_data_file(path, dict(request.columns))
        for path in progress(paths, "reading", len(paths))
    ]
    known, scale, lists = None, None, None
    if request.design is not None:
        scale = SCALES[read_design(request.design)[0].scale]
        known = read_stimuli(request.design / STIMULI_TABLE).table["file"].tolist()
        lists = read_lists(request.design)
    elif request.scale is not None:
        scale = SCALES.get(request.scale)
    ends = _ends(request, scale)
    table, faults = combine(files, ends, request.config, known, request.by, scale, lists)
    said = scale.title if scale else ", ".join(f"{t} {a:g} to {b:g}" for t, (a, b) in ends.items())
    evidence = {
        "schema": SCHEMA,
        "version": VERSION,
        "software": software(),
        "ratings": int((table["kind"] == "rating").sum()),
        "raters": int(table["rater"].nunique()),
        "stimuli": int(table["stimulus"].nunique()),
        "missing": missing_ratings(table),
        "left": groups_left_out(files, request.by),
        **about(request.config, faults, files, said),
    }
    table = table.assign(passed=spell_passed(table["passed"]))
    write_bytes(request.out, table.to_csv(index=False, lineterminator="\n").encode())
    write_json(request.out.with_suffix(".json"), evidence)
    return ImportResult(request.out, evidence)


def _ends(request: ImportRequest, scale: "RatingScale | None") -> dict[str, tuple[float, float]]:
    """The least and largest answer of each target."""
    if scale is not None:
        return dict.fromkeys(TARGETS, (scale.low, scale.high))
    require(
        request.scale is not None,
        "the scale is not known; add --design STUDY, or --scale 1:9 (or -1:1) as people rated",
    )
    from faces.sets.sources.ratings import parse_scales

    assert request.scale is not None
    scales = parse_scales(request.scale)
    require(set(scales) == set(TARGETS), "--scale names one of valence and arousal; name both")
    return {name: (each.low, each.high) for name, each in scales.items()}


@dataclass(frozen=True)
class ReportRequest(Request):
    """Report a table of ratings.

    Attributes:
        ratings: as `circumplex ratings import` writes it.
        out: folder of the page and its tables.
        config: from where on a rater is flagged.
    """

    ratings: Path
    out: Path = setting(Path("ratings-report"), "Folder of the page, its numbers and the norms.")
    stimuli: Path | None = setting(
        None, "Folder of the export, or table of the stimuli: norms join it, readers are compared."
    )
    by: tuple[str, ...] = setting((), BY_HELP, parse=parse_names, shown="")
    seed: int = setting(0, "Of bootstrap and simulation.", at_least=0, below=2**63)
    config: CarelessConfig = field(default_factory=CarelessConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_groups(self.by)


@dataclass(frozen=True)
class ReportResult:
    """The page, and what ratings.json holds."""

    report: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"report": str(self.report), **self.evidence}


def report(request: ReportRequest, engine: Engine, progress: Progress = silent) -> ReportResult:
    """Norms, reliability, careless raters, agreement and the size of the next study, as a page.

    Raises:
        CircumplexError: no table of ratings in [-1, 1], what stands beside it is damaged, every
            rater is flagged, or a folder in use.
    """
    from faces.ground.digests import file_digest
    from studio.ratings.rating_table import (
        MISSING_KIND,
        missing_ratings,
        read_imported,
        read_ratings,
    )
    from studio.ratings.stimuli import read_stimuli
    from studio.ratings.summary import summarise
    from studio.reports.ratings import write_report

    stimuli = None if request.stimuli is None else read_stimuli(request.stimuli)
    known = None if stimuli is None else stimuli.table["file"].tolist()
    with only_writer(request.out):
        table, faults = read_ratings(request.ratings, known, request.by)
        rated = None if stimuli is None else stimuli.table
        summary = summarise(table, rated, request.config, request.by, request.seed)
        imported, missing = read_imported(request.ratings.with_suffix(".json"))
        if missing == missing_ratings(table):  # the same answers, and counted already
            faults.drop(map(MISSING_KIND.format, TARGETS))
        evidence = {
            "schema": "circumplex/rating-report",
            "version": VERSION,
            "software": software(),
            "data": {
                "name": request.ratings.name,
                "digest": file_digest(request.ratings),
                "ratings": int((table["kind"] == "rating").sum()),
                "stimuli": len(summary.norms),
                "stimuli_digest": None if stimuli is None else stimuli.digest,
                "models": _models(request.stimuli),
                "faults": faults.found,
                "imported": imported,
            },
            "config": asdict(request.config),
            "seed": request.seed,
            **summary.figures,
        }
        page = write_report(request.out, evidence, summary)
    return ReportResult(page, evidence)


def _models(stimuli: Path | None) -> dict[str, Any] | None:
    """Digests of the models that made an export's pictures; None where that is not known."""
    from studio.ratings.rated_stimuli import MODELS
    from studio.stimuli.claiming import SETTINGS

    settings = None if stimuli is None else stimuli / SETTINGS
    if settings is None or not settings.is_file():
        return None
    found = read_json(settings)
    if not isinstance(found, dict):
        raise CircumplexError(f"{settings} is damaged; export the stimuli again")
    return {name: found.get(name) for name in MODELS}
