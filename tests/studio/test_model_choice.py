"""One record says which model a request is for."""

from pathlib import Path

import pytest

from studio.engine import Engine
from studio.model_choice import DirectionsChoice, GeneratorChoice, ModelChoice
from studio.validation import RequestError
from studio.workflows.grid import GridRequest
from studio.workflows.open_app import StudioRequest


def test_a_request_is_a_choice_and_hands_it_on() -> None:
    asked = GridRequest(seed=3, generator="runs/a", directions=Path("d"), layers="1-2", label=4)
    assert isinstance(asked, ModelChoice)
    again = GridRequest(seed=5, n=3, **asked.models())
    assert (again.models(), again.seed) == (asked.models(), 5)
    assert ModelChoice.of(asked) is asked


def test_a_choice_that_says_less_leaves_the_rest_open() -> None:
    page = StudioRequest(generator="runs/a", directions=Path("d"), port=0)
    assert ModelChoice.of(page) == ModelChoice(generator="runs/a", directions=Path("d"))
    assert ModelChoice.of(Path("runs/a")) == ModelChoice(generator=str(Path("runs/a")))
    assert GeneratorChoice.of("bundled").models() == {
        "generator": "bundled", "label": None, "device": "auto",
    }  # fmt: skip


def test_layers_that_cannot_be_are_refused() -> None:
    with pytest.raises(RequestError, match="layers"):
        ModelChoice(layers="3-x")


def test_name_and_choice_open_the_same(probed_run: Path, engine: Engine) -> None:
    choice = DirectionsChoice(generator=str(probed_run), directions=probed_run, device="cpu")
    named, chosen = engine.explorer(str(probed_run)), engine.explorer(choice)
    assert chosen.generator is named.generator and chosen.directions is named.directions
    assert engine.report_path(choice) == engine.report_path(str(probed_run))
