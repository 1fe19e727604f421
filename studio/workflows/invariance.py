"""`circumplex study invariance`: whether readers read faces of different groups alike."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer
from faces.ground.json_values import plain
from faces.ground.parsing import parse_names
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from studio.engine import Engine
from studio.evaluation.invariance_config import DEFAULT_BY, InvarianceConfig
from studio.validation import CODES_HELP, Request, require
from studio.workflows import measure

if TYPE_CHECKING:
    from studio.evaluation.listed_faces import ListedFaces
    from studio.evaluation.read_faces import ReadFaces

SCHEMA, VERSION = "circumplex/invariance", 1
LISTED, READINGS, COMPARED = "faces.csv", "readings.csv", "compared.csv"


@dataclass(frozen=True)
class InvarianceRequest(Request):
    """Compare readings of neutral and expressive faces between groups.

    Attributes:
        faces: a table of paths with columns of groups, or a face set whose manifest has them.
        out: folder of tables, figure and report.
        config: how groups are compared.
        readings: of these faces; None has them read, and writes the table into `out`.
        by: columns of groups; of DEFAULT_BY those that are there will do.
        person: the column that says who it is; None takes what the list calls identity, if any.
        columns: (field, column) pairs of the list; explained: (label, expression) pairs.
    """

    faces: Path
    out: Path
    config: InvarianceConfig = field(default_factory=InvarianceConfig)
    readings: Path | None = setting(
        None, "Readings of these faces, as measure --table writes them; else they are read."
    )
    by: tuple[str, ...] = setting(
        DEFAULT_BY,
        "Columns of groups; by default those of these that are there.",
        shown=",".join(DEFAULT_BY),
        parse=parse_names,
    )
    person: str | None = setting(
        None, "Column that says who it is.", shown="identity, where there is one"
    )
    own_neutral: bool = setting(
        False, "Correct each reading by the same person's neutral face; shown before and after."
    )
    slopes: bool = setting(
        False, "Compare slopes of readings on labelled valence and arousal as well."
    )
    also: tuple[str, ...] = setting(
        (), "Further columns of readings, as p_anger,AU4.", shown="", parse=parse_names
    )
    split: str | None = setting(None, "Faces of this split only.", choices=("train", "val", "test"))
    most: int | None = setting(None, "Faces, drawn at random; of people all or none.", at_least=2)
    processes: int = setting(2, "That look for faces at once.", at_least=1, at_most=61)
    codes: str | None = setting(None, CODES_HELP, shown="where the list proves it")
    columns: tuple[tuple[str, str], ...] = ()
    explained: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.by) > 0, "--by names no column; give columns of groups, as gender,age")


@dataclass(frozen=True)
class InvarianceResult:
    """The page, and what invariance.json holds."""

    report: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"report": str(self.report), **self.evidence}


def run(
    request: InvarianceRequest, engine: Engine, progress: Progress = silent
) -> InvarianceResult:
    """Compare what readers say of neutral and expressive faces of different groups.

    Raises:
        CircumplexError: a list without groups or faces, a column that is not there, groups that
            leave nothing to compare, no neutral face of anybody where a correction by it is asked
            for, or a folder in use.
    """
    from faces.sets.sources.options import SourceOptions
    from studio.evaluation.invariance import compare_groups
    from studio.evaluation.listed_faces import open_faces
    from studio.evaluation.read_faces import join_readings
    from studio.reports.invariance import write_study

    columns = dict(request.columns)
    if request.person is not None:
        columns["identity"] = request.person
    options = SourceOptions(columns=columns, codes=request.codes, explained=dict(request.explained))
    listed = open_faces(request.faces, request.by, options, request.split)
    listed = listed.sample(request.most, request.config.seed)
    _require_groups(listed, request)
    with only_writer(request.out):
        readings = request.readings or _read(listed, request, engine, progress)
        read = join_readings(listed, readings, request.also, request.config.expression)
        found = compare_groups(
            read, request.config, progress, own_neutral=request.own_neutral, slopes=request.slopes
        )
        _require_comparisons(found, read, request)
        evidence = _evidence(request, read, found)
        _write_compared(request, read)
        report = write_study(request.out, evidence)
    return InvarianceResult(report, evidence)


def _require_groups(listed: "ListedFaces", request: InvarianceRequest) -> None:
    """Refuse lists that cannot be compared before anything is read of them.

    Raises:
        CircumplexError: no column has two groups; or nobody is known where people are needed.
    """
    groups = {name: {each for each in of if each is not None} for name, of in listed.groups.items()}
    if all(len(names) < 2 for names in groups.values()):
        told = "; ".join(
            f"{name} has {', '.join(sorted(each)) or 'none'} alone" for name, each in groups.items()
        )
        raise CircumplexError(
            f"{listed.name} has no two groups to compare: {told}; name other columns with --by"
        )
    if request.own_neutral and listed.people is None:
        raise CircumplexError(
            f"{listed.name} does not say who is who, which a correction by people's own neutral "
            "needs; name its column with --person"
        )


def _require_comparisons(
    found: dict[str, Any], read: "ReadFaces", request: InvarianceRequest
) -> None:
    """Refuse to write a study of nothing.

    Raises:
        CircumplexError: no two groups have enough neutral or expressive faces; or nobody has both
            where readings are to be corrected.
    """
    from studio.evaluation.invariance import BEFORE

    least = request.config.smallest
    if not found["comparisons"]:
        sizes: dict[str, int] = {}
        for each in found["too_small"]:
            name = f"{each['attribute']} {each['group']}"
            sizes[name] = max(sizes.get(name, 0), each["n"])
        seen = ", ".join(f"{name} {n}" for name, n in sizes.items())
        told = f" (found: {seen})" if seen else ""
        raise CircumplexError(
            f"{read.listed.name}: no two groups have {least} neutral or {least} "
            f"{request.config.expression} faces that were read{told}; list more faces, or lower "
            "--smallest"
        )
    if request.own_neutral and not any(r["measure"] == BEFORE for r in found["comparisons"]):
        raise CircumplexError(
            f"{read.listed.name}: no two groups have {least} people with both a neutral and a "
            f"{request.config.expression} face; leave --own-neutral out"
        )


def _read(
    listed: "ListedFaces", request: InvarianceRequest, engine: Engine, progress: Progress
) -> Path:
    """Read the faces as `circumplex measure` does; killed, the same call goes on."""
    from faces.ground.files import write_bytes
    from faces.ground.tables import csv_text
    from faces.readers.landmarks.config import LandmarkerConfig

    rows = listed.rows()
    text = csv_text(rows, list(rows[0])).encode("utf-8", "surrogateescape")
    file, table = request.out / LISTED, request.out / READINGS
    # a file that is as it was keeps its time, by which measure knows that it can go on
    if not file.is_file() or file.read_bytes() != text:
        write_bytes(file, text)
    wanted = measure.MeasureRequest(
        paths=(file,),
        config=LandmarkerConfig(confidence=False),
        table=table,
        processes=request.processes,
        overwrite=True,
    )
    result = measure.run(wanted, engine, progress)
    if not result.found:
        why = ", ".join(f"{count:,} {reason}" for reason, count in result.reasons.items())
        raise CircumplexError(f"no face of {listed.name} could be read ({why}); check its paths")
    return table


def _evidence(
    request: InvarianceRequest, read: "ReadFaces", found: dict[str, Any]
) -> dict[str, Any]:
    """What invariance.json holds."""
    from studio.evaluation.invariance_accounts import counts_of, people_of, readers_of, states_of

    listed = read.listed
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "software": software(),
        "data": {
            "name": listed.name,
            "digest": listed.digest,
            "faces": len(listed),
            "left_out": listed.dropped,
            "unread": dict(read.unread),
            "relative": read.relative,
            "ungrouped": {
                name: sum(each is None for each in of) for name, of in listed.groups.items()
            },
            "notes": list(listed.notes),
            "never_read": read.never_read(),
        },
        "config": asdict(request.config),
        "own_neutral": request.own_neutral,
        "by": {name: counts_of(of) for name, of in listed.groups.items()},
        "states": states_of(read),
        "people": people_of(read),
        "readers": readers_of(read),
        **found,
    }


def _write_compared(request: InvarianceRequest, read: "ReadFaces") -> None:
    """compared.csv: each face with its groups, its state by each judge, and its readings."""
    from faces.ground.tables import write_csv
    from studio.evaluation.read_faces import corrected

    columns: dict[str, np.ndarray] = {f"state_by_{name}": of for name, of in read.judges.items()}
    for outcome, values in read.values.items():
        columns[outcome.column] = values
        if request.own_neutral:
            columns[f"{outcome.column}_corrected"] = corrected(read, outcome)
    rows = read.listed.rows()
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = plain(round(value, 5)) if isinstance(value, float) else value
    write_csv(request.out / COMPARED, rows, list(rows[0]))


def findings(evidence: dict[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    from studio.reports.invariance_overview import overview
    from studio.reports.invariance_words import accounting, sentences

    yield f"{evidence['data']['faces']:,} faces"
    yield from (f"  {line}" for line in accounting(evidence))
    yield from overview(evidence)
    yield from sentences(evidence)
