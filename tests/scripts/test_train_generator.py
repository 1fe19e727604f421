"""The script's parts are those by which the shipped generator was made, as its own file tells."""

import importlib.util
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gan_bridge.generators.opening import network_path
from gan_bridge.networks.files import load_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.guide import GuideConfig

FILE = Path(__file__).parents[2] / "scripts" / "train_generator.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_generator", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trainings() -> list[dict[str, Any]]:
    """Those that the shipped network went through, the first one first."""

    def back(provenance: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
        while provenance:
            yield provenance
            provenance = provenance["start"].get("provenance")

    return list(back(load_networks(network_path("stylegan3")).provenance))[::-1]


def test_parts_are_the_shipped_networks(script: ModuleType) -> None:
    made = trainings()
    assert len(made) == len(script.PARTS)
    for number, training in enumerate(made, 1):
        words = ["set", f"runs/{number}", "--part", str(number), "--checkpoint", "a.safetensors"]
        given = script.arguments(words)
        assert given.steps == training["step"]
        settings = asdict(script.settings_of(given, GANTrainConfig))
        assert {name: settings[name] for name in training["settings"]} == training["settings"]
        guide = asdict(script.settings_of(given, GuideConfig))
        # what had no name yet was the encoder
        told = {"critic_on": "encoder"} | training["guide"]["settings"]
        assert {name: guide[name] for name in told} == told


def test_the_first_part_is_the_default_and_a_setting_changes_it(script: ModuleType) -> None:
    plain = script.arguments(["set", "runs/1"])
    assert plain.part == 1 and plain.regress_steps == 2500 and plain.checkpoint is None
    changed = script.arguments(["set", "runs/1", "--steps", "7", "--critic-on", "both"])
    assert (changed.steps, changed.critic_on, changed.g_rate) == (7, "both", 0.003)


def test_a_later_part_needs_the_network_of_the_one_before(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        script.arguments(["set", "runs/2", "--part", "2"])
    assert "name it with --checkpoint" in capsys.readouterr().err
