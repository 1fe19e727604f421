"""`circumplex animate` on the command line: what it says."""

import json
from pathlib import Path

import pytest

from studio.cli import main

FACE = ["--seed", "5000", "--fps", "5"]


def test_it_says_what_came_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "keys.csv"
    table.write_text("time_ms,valence,arousal\n0,0,0\n600,0.9,-0.9\n")
    line = ["animate", str(tmp_path / "out"), *FACE, "--points", str(table), "--formats", "gif"]
    assert main([*line, "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "4 frames, 0.80 s at 5 a second" in said
    assert "ask for what no face shows; aimed at the nearest that faces do" in said
    assert "mean distance of what readers find from what was aimed at: pixel" in said
    assert "identity distance to the first frame" in said
    assert "GIF's" not in said  # 200 ms are no rounding


def test_it_says_how_a_gif_is_rounded(
    tmp_path: Path, probed_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["animate", str(tmp_path / "out"), "-g", str(probed_run), "--circle", "0.4"]
    assert main([*line, "--formats", "gif", "--unread", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["delays"] == [30, 40] and printed["duration"] == 5000
    assert printed["frames"] == 150 and printed["unfound"] is None
    assert main([*line, "--formats", "gif", "--unread", "--overwrite"]) == 0
    assert "the GIF's frames stand for 30 or 40 ms" in capsys.readouterr().out


def test_wrong_usage_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["animate", str(tmp_path / "a"), "--seed", "1"]) == 2
    assert "say where to" in capsys.readouterr().err
    assert main(["animate", str(tmp_path / "a"), "--target", "nobody"]) == 2
    assert "names no point" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_a_missing_table_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["animate", str(tmp_path / "a"), "--points", str(tmp_path / "none.csv")]
    assert main(line) == 2
    assert "none.csv is missing; give a CSV of time_ms,valence,arousal" in capsys.readouterr().err
