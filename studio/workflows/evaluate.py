"""`circumplex evaluate`: what the edits of a generator show, by readers that did not make them."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import word
from faces.ground.digests import file_digest
from faces.ground.files import only_writer, write_json
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from faces.ground.records import setting
from faces.ground.tables import write_parquet
from studio.engine import Engine
from studio.evaluation.config import EvaluateConfig
from studio.model_choice import ModelChoice
from studio.stimuli.points import ring_points

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer
    from studio.evaluation.edits import EditReadings
    from studio.evaluation.panel import Panel


@dataclass(frozen=True, kw_only=True)
class EvaluateRequest(ModelChoice):
    """Judge the edits of a generator.

    Attributes:
        out: folder of evaluation.json, evaluation.html and readings.parquet.
        config: what is edited and how.
        identity: None for the package's own identity network.
    """

    out: Path
    config: EvaluateConfig = field(default_factory=EvaluateConfig)
    identity: Path | None = setting(
        None, "File of InceptionResnetV1 weights, in place of the own identity network."
    )


SCHEMA, VERSION = "circumplex/evaluation", 2


EVIDENCE, TABLE = "evaluation.json", "readings.parquet"


#: What was read so far, in the folder of the results; gone when they are there.
PARTS = ".parts"


_EXAMPLE_FACES = 4


_EXAMPLE_ANGLES = tuple(range(0, 360, 45))


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


def run(request: EvaluateRequest, engine: Engine, progress: Progress = silent) -> EvaluateResult:
    """Edit, read and report; a call that was killed goes on where it was.

    Raises:
        CircumplexError: models missing or not fitting each other, no reader at hand, or a folder
            in use.
    """
    from gan_bridge.generators.sampling import PictureReader, ResumableCache
    from studio.evaluation.edits import read_edits
    from studio.evaluation.panel import open_panel
    from studio.reports.evaluation import write_report

    config = request.config
    with engine.working():
        explorer = engine.explorer(request)
        points = ring_points(config.directions, config.intensities)
        with only_writer(request.out), open_panel(explorer, request.identity) as panel:
            plan = reading_plan(explorer, request, points, list(panel.described))
            cache = ResumableCache(request.out / PARTS, plan, engine.device_of(request))
            found = read_edits(
                explorer,
                PictureReader(explorer.generator),
                panel.readings,
                config.seeds,
                points,
                config.truncation,
                progress,
                cache,
            )
            readings = panel.assemble(config, found)
            evidence = _evidence(request, explorer, panel, readings)
            report = write_report(request.out, evidence, _draw_examples(explorer, request))
            _write_table(request.out / TABLE, readings)
            write_json(request.out / EVIDENCE, evidence)
            cache.clear()
    return EvaluateResult(report, request.out / TABLE, evidence)


def _evidence(
    request: EvaluateRequest, explorer: "EmotionExplorer", panel: "Panel", readings: "EditReadings"
) -> dict[str, Any]:
    """What evaluation.json holds: the settings, the readers and their scores."""
    from studio.evaluation.scores import score

    config = request.config
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "generator": {"name": explorer.generator.name, "digest": explorer.generator.digest},
        "directions": explorer.directions.digest,
        "calibration": _calibration(explorer),
        "config": asdict(config) | {"layers": request.layers},
        "software": software(),
        "points": readings.points.tolist(),
        "described": panel.described,
        "absent": panel.absent,
        "examples": _example_names(config.intensities[-1]),
        **score(readings, config.budget, config.seed),
    }


def reading_plan(
    explorer: "EmotionExplorer",
    request: EvaluateRequest,
    points: Sequence[tuple[float, float]],
    readers: list[str],
) -> dict[str, Any]:
    """What decides over the readings of a face, whose seed names them."""
    from faces.readers.identity.network import BUNDLED
    from faces.readers.landmarks.model_file import landmarker_file

    return {
        "generator": explorer.generator.digest,
        "label": request.label,
        "directions": explorer.directions.digest,
        "calibration": _calibration(explorer),
        "strengths": explorer.default_strengths.tolist(),
        "truncation": request.config.truncation,
        "points": [list(point) for point in points],
        "readers": readers,
        "landmarker": file_digest(landmarker_file()),
        "identity": file_digest(request.identity or BUNDLED),
    }


def _calibration(explorer: "EmotionExplorer") -> str | None:
    """Digest of what aimed the edits, if anything did."""
    if explorer.calibration is None or not explorer.is_calibrated():
        return None
    return explorer.calibration.digest


def _example_points(intensity: float) -> list[tuple[float, float]]:
    return [
        (intensity * math.cos(math.radians(angle)), intensity * math.sin(math.radians(angle)))
        for angle in _EXAMPLE_ANGLES
    ]


def _example_names(intensity: float) -> list[str]:
    words = [word(*point, neutral_within=0) for point in _example_points(intensity)]
    names = [f"{angle}° {name}" for angle, name in zip(_EXAMPLE_ANGLES, words, strict=True)]
    return ["neutral", *names]


def _draw_examples(explorer: "EmotionExplorer", request: EvaluateRequest) -> np.ndarray:
    """The first faces, neutral and at the largest intensity: uint8 (rows, columns, H, W, 3)."""
    config = request.config
    points = [(0.0, 0.0), *_example_points(config.intensities[-1])]
    return np.stack(
        [explorer.path(seed, points, config.truncation) for seed in config.seeds[:_EXAMPLE_FACES]]
    )


def _write_table(path: Path, readings: "EditReadings") -> None:
    """One row a picture: seed, request, and what each reader found."""
    from studio.evaluation.scores import identity_distance

    targets = np.concatenate([[(0.0, 0.0)], readings.points])
    count = len(readings.seeds)
    columns: dict[str, np.ndarray] = {
        "seed": np.repeat(readings.seeds, len(targets)),
        "valence": np.tile(targets[:, 0], count),
        "arousal": np.tile(targets[:, 1], count),
        "found": readings.found.ravel(),
    }
    for name, values in readings.affect.items():
        columns[f"{name}_valence"] = values[..., 0].ravel()
        columns[f"{name}_arousal"] = values[..., 1].ravel()
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        columns[name] = readings.pose[..., axis].ravel()
    neutral = np.where(np.isfinite(readings.identity[:, :1, 0]), 0.0, np.nan)
    distance = np.concatenate([neutral, identity_distance(readings)], axis=1)
    columns["identity_distance"] = distance.ravel()
    write_parquet(path, columns)
