import json
import math
from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from studio.bench import metrics as metrics_bench
from studio.bench.children import measure
from studio.bench.memory import memory
from studio.bench.preparing import preparing
from studio.bench.readers import readers
from studio.cli import main


def test_a_child_is_measured_from_outside() -> None:
    ballast = b"1" * (300 * 2**20)  # the parent's own size is not to count
    small = measure("pass")
    assert small.memory < 100 < len(ballast)
    large = measure("block = b'1' * (200 * 2**20)")  # written to, so that its pages are there
    assert small.seconds > 0
    assert large.memory - small.memory == pytest.approx(200, abs=4)


def test_a_child_that_fails_is_reported() -> None:
    with pytest.raises(CircumplexError, match="no such luck"):
        measure("raise SystemExit('no such luck')")


def test_readers_are_compared_on_the_same_pictures(drawn: Path) -> None:
    figures = readers(drawn / "images" / "val", 12)
    assert figures["pictures"] == 12
    speeds = [value for name, value in figures.items() if name.endswith("faces/s")]
    assert len(speeds) == 2 and all(map(math.isfinite, speeds))


def test_prepare_is_compared_on_the_same_pictures(drawn: Path) -> None:
    figures = preparing(drawn / "images" / "val", 24)
    assert figures["pictures"] == 24
    assert figures["found, circumplex"] >= figures["found, facenet-pytorch"] > 0.6
    assert figures["median overlap of the boxes (IoU)"] > 0.6


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="holds no pictures"):
        preparing(tmp_path, 10)


def test_too_few_rows_for_memory(few_faces: Path) -> None:
    with pytest.raises(CircumplexError, match="320 rows"):
        memory(few_faces, 1000)


def test_the_verb_prints_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(metrics_bench, "FACES", 2000)
    monkeypatch.setattr(metrics_bench, "UNITS", 4)
    assert main(["bench", "metrics", "train", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert min(printed["metrics"]["mig"]) > 0.1
    assert printed["train"] == {"not measured": "give --faceset"}


def test_an_unknown_part_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "coffee"]) == 2
    assert "coffee" in capsys.readouterr().err
