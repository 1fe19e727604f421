"""What decides whether work that was killed goes on: all that changes its numbers, nothing else."""

from pathlib import Path
from typing import Any

import pytest

from faces.ground.errors import CircumplexError
from faces.ground.files import read_json, write_json
from studio import workflows
from studio.engine import Engine
from studio.evaluation.config import EvaluateConfig
from studio.stimuli.points import ring_points
from studio.workflows.evaluate import EvaluateRequest, reading_plan
from studio.workflows.export import ExportRequest


def evaluation(
    engine: Engine, run: Path, identity: Path | None = None, **config: Any
) -> dict[str, Any]:
    settings = EvaluateConfig(**config)
    points = ring_points(settings.directions, settings.intensities)
    asked = EvaluateRequest(out=Path("out"), generator=str(run), config=settings, identity=identity)
    return reading_plan(engine.explorer(str(run)), asked, points, ["pixel"])


def test_an_evaluation_of_more_faces_goes_on_and_of_other_points_does_not(
    engine: Engine, probed_run: Path, tmp_path: Path
) -> None:
    plan = evaluation(engine, probed_run)
    assert evaluation(engine, probed_run, seeds=(5,), seed=9) == plan
    assert evaluation(engine, probed_run, truncation=0.5) != plan
    assert evaluation(engine, probed_run, directions=8) != plan
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"one")
    known = evaluation(engine, probed_run, weights)
    moved = weights.rename(tmp_path / "elsewhere.pt")
    assert known != plan and evaluation(engine, probed_run, moved) == known
    moved.write_bytes(b"two")
    assert evaluation(engine, probed_run, moved) != known


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("device", "cuda", "its device is not this one's"),
        ("software", "circumplex-studio 0.0.9", "an export of circumplex-studio 0.0.9"),
        ("version", 1, "an export of circumplex-studio"),
    ],
)
def test_an_export_goes_on_where_it_began(
    engine: Engine, probed_run: Path, tmp_path: Path, name: str, value: object, message: str
) -> None:
    asked = ExportRequest(
        folder=tmp_path, generator=str(probed_run), seeds=(1,), points=((0.0, 0.0),)
    )
    workflows.export.run(asked, engine)
    settings = read_json(tmp_path / "export.json")
    assert settings["device"] == "cpu" and str(tmp_path) not in str(settings)
    write_json(tmp_path / "export.json", settings | {name: value})
    with pytest.raises(CircumplexError, match=message):
        workflows.export.run(asked, engine)
