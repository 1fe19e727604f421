"""Output as it is found: programs that read JSON, narrow characters, closed and full streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli import main

COMMAND = [sys.executable, "-m", "studio.cli"]
FULL = Path("/dev/full")


def _narrow() -> dict[str, str]:
    return {**os.environ, "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


def test_without_a_word_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    for bare in ([], ["classify"], ["study"]):
        assert main(bare) == 0
        shown = capsys.readouterr()
        assert "Usage: circumplex" in shown.out and shown.err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "names"),
    [
        (["grid", "a.png", "-g", "gone"], 1, "gone is missing"),
        (["grid", "a.gif"], 2, "a.gif"),
        (["grid"], 2, "Missing argument"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_an_error_under_json_is_an_object(
    arguments: list[str], code: int, names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"] if len(arguments) > 1 else ["--json", *arguments]) == code
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["exit_code"] == code and names in told["error"] and shown.err == ""


def test_a_stream_of_few_characters_takes_all_lines() -> None:
    for arguments in (["--help"], ["grid", "--help"], ["grid", "gesicht-ü.gif"]):
        done = subprocess.run(
            [*COMMAND, *arguments], env=_narrow(), capture_output=True, check=False
        )
        told = done.stdout + done.stderr
        assert told.isascii() and b"defect" not in told and done.returncode in (0, 2)
    done = subprocess.run(
        [*COMMAND, "grid", "gesicht-ü.gif", "--json"],
        env=_narrow(),
        capture_output=True,
        check=False,
    )
    assert "gesicht-ü.gif" in json.loads(done.stdout)["error"]


def test_whoever_stops_reading_is_not_troubled() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 1 and done.stderr == ""


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["grid", "a.gif", "--json"]])
def test_a_full_output_is_said_in_one_line(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write the output: No space left on device")
    assert done.stderr.count("\n") == 1
