"""`circumplex evaluate`: what the edits of a generator show, by every reader at hand."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.digests import file_digest
from faces.ground.files import only_writer, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from studio.engine import Engine
from studio.evaluation.config import EvaluateConfig
from studio.model_choice import ModelChoice
from studio.stimuli.points import ring_points

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from gan_bridge.generators.sampling import ResumableCache
    from studio.evaluation.edits import EditReadings
    from studio.evaluation.panel import Panel
    from studio.evaluation.reach import Reach
    from studio.evaluation.readers import ReaderPart


@dataclass(frozen=True, kw_only=True)
class EvaluateRequest(ModelChoice):
    """Judge the edits of a generator.

    Attributes:
        out: folder of evaluation.json, evaluation.html and readings.parquet, and of `against/`
            with the same of another generator.
        config: what is edited and how.
        identity: None for the package's own identity network.
        faceset: on whose labelled faces the kinship of the readers is measured; None for what the
            package carries of it.
        against: a generator that is measured on the same seeds and set beside this one, with the
            directions that lie beside it; against_raw: whether without its calibration.
        processes: that find landmarks at once.
    """

    out: Path
    config: EvaluateConfig = field(default_factory=EvaluateConfig)
    identity: Path | None = setting(
        None, "File of InceptionResnetV1 weights, in place of the own identity network."
    )
    faceset: Path | None = setting(
        None,
        "Prepared faces with labels, on which it is measured which readers err alike.",
        shown="what the package carries of FER+",
    )
    against: str | None = setting(
        None, "Another generator, measured on the same seeds and set beside this one."
    )
    against_raw: bool = setting(False, "Leave out the calibration of that other one.")
    processes: int = setting(2, "That look for faces at once.", at_least=1, at_most=61)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            self.against is not None or not self.against_raw, "against_raw", "used with --against"
        )

    @property
    def other(self) -> "EvaluateRequest | None":
        """What is asked of the generator that this one is set beside, if any."""
        if self.against is None:
            return None
        return replace(
            self,
            generator=self.against,
            directions=None,
            layers=None,
            label=None,
            raw=self.against_raw,
            out=self.out / AGAINST,
            against=None,
            against_raw=False,
        )


SCHEMA, VERSION = "circumplex/evaluation", 3


EVIDENCE, TABLE = "evaluation.json", "readings.parquet"


#: What requests are in terms of, in the evidence.
RATINGS, READINGS = "ratings", "readings"


#: What was read so far, in the folder of the results; gone when they are there.
PARTS = ".parts"


#: The other generator's results, in the folder of the first one's.
AGAINST = "against"


@dataclass(frozen=True)
class EvaluateResult:
    """The page, the table of all readings and what they say.

    Attributes:
        report, table: files; evidence: what evaluation.json holds.
    """

    report: Path
    table: Path
    evidence: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"report": str(self.report), "table": str(self.table), **self.evidence}


@dataclass(frozen=True, eq=False)
class _Measured:
    """One generator's readings and what they say.

    Attributes:
        examples: uint8 (rows, columns, H, W, 3) for the page; cache: of the readings.
    """

    readings: "EditReadings"
    reach: "Reach"
    evidence: dict[str, Any]
    examples: np.ndarray
    cache: "ResumableCache"


def run(request: EvaluateRequest, engine: Engine, progress: Progress = silent) -> EvaluateResult:
    """Edit, read and report; a call that was killed goes on where it was.

    Raises:
        CircumplexError: models missing or not fitting each other, seeds that fitted something, no
            reader at hand, or a folder in use.
    """
    with engine.working(), only_writer(request.out):
        for each in (request, request.other):
            if each is not None:  # before minutes of work for either
                _seeds(each, engine, engine.explorer(each))
        measured = _measure(request, engine, progress)
        other = None if request.other is None else _measure(request.other, engine, progress)
        if request.other is not None and other is not None:
            _write(request.other, other)
            measured.evidence["against"] = _comparison(measured, other, request.config.seed)
        report = _write(request, measured, other)
        for done in (measured, other):
            if done is not None:
                done.cache.clear()
    return EvaluateResult(report, request.out / TABLE, measured.evidence)


def _seeds(request: EvaluateRequest, engine: Engine, explorer: "EmotionExplorer") -> dict[str, Any]:
    """What the seeds have to do with what was fitted.

    Raises:
        RequestError: some of them fitted it, and that is not allowed.
    """
    from studio.evaluation.seeds import check_seeds, fitted_seeds

    config = request.config
    fitted = fitted_seeds(engine, request, explorer)
    return check_seeds(config.seeds, fitted, config.allow_fitted)


def _measure(request: EvaluateRequest, engine: Engine, progress: Progress) -> _Measured:
    """Edit and read every face of one generator, and say what was found."""
    from studio.evaluation.examples import draw_examples
    from studio.evaluation.panel import open_panel
    from studio.evaluation.reach import reach_of
    from studio.evaluation.readers import own_run, parts_of_readers
    from studio.evaluation.real_faces import measure_kinship

    config, device = request.config, engine.device_of(request)
    explorer = engine.explorer(request)
    with open_panel(explorer, request.identity, request.processes) as panel:
        readings, cache = _read(request, explorer, panel, device, progress)
        parts = parts_of_readers(panel.names, explorer, own_run(explorer, engine))
        kinship = measure_kinship(
            request.faceset, parts, panel.affect, device, config.seed, progress
        )
    reach = reach_of(explorer, readings.points)
    evidence = {
        **_head(request, explorer, panel),
        "seeds": _seeds(request, engine, explorer),
        "expected": readings.expected[1:].tolist(),
        "reach": reach.describe(),
        "parts": {name: part.describe() for name, part in parts.items()},
        "kinship": kinship,
        **_scores(request, explorer, readings, reach, parts),
    }
    examples = draw_examples(explorer, config.seeds, config.intensities[-1], config.truncation)
    return _Measured(readings, reach, evidence, examples, cache)


def _read(
    request: EvaluateRequest,
    explorer: "EmotionExplorer",
    panel: "Panel",
    device: str,
    progress: Progress,
) -> tuple["EditReadings", "ResumableCache"]:
    """Every reader's readings of every picture, and where they are kept until all is written."""
    from gan_bridge.generators.sampling import PictureReader, ResumableCache
    from studio.evaluation.edits import expected_readings, read_edits

    config = request.config
    points = ring_points(config.directions, config.intensities)
    plan = reading_plan(explorer, request, points, panel.names)
    cache = ResumableCache(request.out / PARTS, plan, device)
    pictures, readings = PictureReader(explorer.generator), panel.readings
    found = read_edits(
        explorer, pictures, readings, config.seeds, points, config.truncation, progress, cache
    )
    return panel.assemble(config, found, expected_readings(explorer, points)), cache


def _head(request: EvaluateRequest, explorer: "EmotionExplorer", panel: "Panel") -> dict[str, Any]:
    """What was evaluated, and how."""
    from studio.evaluation.examples import example_names

    config, generator = request.config, explorer.generator
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "generator": {
            "name": generator.name,
            "digest": generator.digest,
            "resolution": generator.resolution,
            "channels": generator.channels,
        },
        "directions": explorer.directions.digest,
        "calibration": _calibration(explorer),
        "config": asdict(config) | {"layers": request.layers, "raw": request.raw},
        "software": software(),
        "points": [list(point) for point in ring_points(config.directions, config.intensities)],
        "requests_in_terms_of": RATINGS if explorer.is_rated else READINGS,
        "absent": panel.absent,
        "examples": example_names(config.intensities[-1]),
    }


def _scores(
    request: EvaluateRequest,
    explorer: "EmotionExplorer",
    readings: "EditReadings",
    reach: "Reach",
    parts: "dict[str, ReaderPart]",
) -> dict[str, Any]:
    """What the readings say, and who measured what else changed."""
    from studio.evaluation.readers import measured_by
    from studio.evaluation.scores import score

    config = request.config
    independent = [name for name, part in parts.items() if part.independent]
    found = score(readings, config.budget, config.seed, reach.covered, independent)
    return found | {"measured_by": measured_by(explorer, request.identity)}


def _comparison(one: _Measured, other: _Measured, seed: int) -> dict[str, Any]:
    """Both generators' scores and their difference, over all points and those both can reach."""
    from studio.evaluation.comparison import compare

    rows = {"all": np.ones(len(one.readings.points), bool)}
    if one.reach.covered is not None and other.reach.covered is not None:
        both = one.reach.covered & other.reach.covered
        rows |= {"reachable by both": both} if both.any() else {}
    return {
        "generator": other.evidence["generator"],
        "calibration": other.evidence["calibration"],
        "requests_in_terms_of": other.evidence["requests_in_terms_of"],
        **compare(one.readings, other.readings, rows, seed),
    }


def _write(request: EvaluateRequest, done: _Measured, other: _Measured | None = None) -> Path:
    """Page, table and numbers; the page's file."""
    from studio.evaluation.table import write_table
    from studio.reports.evaluation import write_report

    beside = None if other is None else (other.evidence, other.examples)
    report = write_report(request.out, done.evidence, done.examples, beside)
    reliability = done.evidence["reliability"]["all"]
    write_table(request.out / TABLE, done.readings, done.reach.covered, reliability)
    write_json(request.out / EVIDENCE, done.evidence)
    return report


def reading_plan(
    explorer: "EmotionExplorer",
    request: EvaluateRequest,
    points: Sequence[tuple[float, float]],
    readers: list[str],
) -> dict[str, Any]:
    """What decides over the readings of a face, whose seed names them."""
    from faces.readers.appearance.reader import BUNDLED as APPEARANCE
    from faces.readers.identity.network import BUNDLED
    from faces.readers.landmarks.model_file import landmarker_file
    from studio.evaluation.panel import COLUMNS

    return {
        "generator": explorer.generator.digest,
        "label": request.label,
        "directions": explorer.directions.digest,
        "calibration": _calibration(explorer),
        "strengths": explorer.default_strengths.tolist(),
        "truncation": request.config.truncation,
        "points": [list(point) for point in points],
        "readers": readers,
        "columns": list(COLUMNS),
        "landmarker": file_digest(landmarker_file()),
        "identity": file_digest(request.identity or BUNDLED),
        "appearance": file_digest(APPEARANCE),
    }


def _calibration(explorer: "EmotionExplorer") -> str | None:
    """Digest of what aimed the edits, if anything did."""
    if explorer.calibration is None or not explorer.is_calibrated():
        return None
    return explorer.calibration.digest
