"""Options out of records: what a verb receives of them, and what its help says."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from faces.ground.parsing import parse_numbers
from faces.ground.records import Record, setting
from studio.cli.options import Given, Settings
from studio.cli.terminal import Terminal, verb
from studio.validation import RequestError


@dataclass(frozen=True)
class Baking(Record):
    minutes: int = setting(30, "In the oven.", at_least=1, at_most=90)
    radii: tuple[float, ...] = setting((0.5,), "Of the tins.", shown="0.5", parse=parse_numbers)
    fan: bool = setting(True, "Move the air.")
    dry: bool = setting(False, "Without butter.")
    heat: float | None = setting(None, "Degrees.", flag=("--heat", "-t"), shown="the oven's")
    secret: int = setting(7, at_least=0)


@dataclass(frozen=True)
class Icing(Record):
    rest: int = setting(5, "Minutes of rest.", at_least=1)
    heat: float | None = setting(None, "Degrees.", flag=("--heat", "-t"))


def bake(terminal: Terminal, out: Path, baking: Baking, icing: Icing) -> None:
    terminal.result({"out": out.name, "baking": vars(baking), "icing": vars(icing)})


def ask(terminal: Terminal, minutes: int, asked: Annotated[Settings, Baking]) -> None:
    terminal.result({"own": minutes, "asked": dict(asked)})


def resume(terminal: Terminal, given: Annotated[Given, Baking, Icing]) -> None:
    terminal.result(dict(given))


app = typer.Typer(pretty_exceptions_enable=False)
for function in (bake, ask, resume):
    verb(app, function.__name__)(function)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    typer.main.get_command(app)(args=[*arguments, "--json"], standalone_mode=False)
    return json.loads(capsys.readouterr().out)


def test_a_record_is_made_of_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(
        capsys, "bake", "cake", "--minutes", "40", "--no-fan", "--radii", "1,2", "-t", "180"
    )
    assert found["baking"] == {
        "minutes": 40, "radii": [1.0, 2.0], "fan": False, "dry": False, "heat": 180.0, "secret": 7,
    }  # fmt: skip
    assert found["icing"] == {"rest": 5, "heat": 180.0}  # one flag, one option
    assert run(capsys, "bake", "cake")["baking"]["radii"] == [0.5]


def test_a_parameter_of_its_own_takes_the_place_of_a_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = run(capsys, "ask", "3", "--dry")
    assert found["own"] == 3
    assert found["asked"] == {"radii": [0.5], "fan": True, "dry": True, "heat": None}


def test_of_resumed_work_only_what_was_given_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "resume") == {}
    assert run(capsys, "resume", "--no-fan", "-t", "90") == {"fan": False, "heat": 90.0}


def test_a_value_out_of_its_bounds_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RequestError, match="minutes is 91; it must be between 1 and 90"):
        run(capsys, "bake", "cake", "--minutes", "91")
    with pytest.raises(RequestError, match="no list of numbers"):
        run(capsys, "bake", "cake", "--radii", "wide")


def test_help_shows_defaults_and_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    typer.main.get_command(app)(args=["bake", "--help"], standalone_mode=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "In the oven. Between 1 and 90." in shown
    assert "the oven's" in shown and "--no-fan" in shown
    assert "--no-dry" not in shown and "--secret" not in shown
