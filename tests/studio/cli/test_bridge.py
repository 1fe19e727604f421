"""`circumplex bridge`, and every verb that makes pictures with what it wrote."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from faces.ground.files import only_writer, read_json
from gan_bridge.networks.config import StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.files import build_network, save_networks
from studio import workflows
from studio.app.session import Session
from studio.cli import main
from studio.engine import Engine
from studio.model_choice import GeneratorChoice, ModelChoice
from studio.stimuli.recipe import read_recipe
from studio.validation import RequestError
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest

SMALL: dict[str, Any] = {
    "img_resolution": 16, "img_channels": 1, "z_dim": 8, "w_dim": 8, "mapping_layers": 1,
    "channel_base": 128, "channel_max": 8,
}  # fmt: skip
OPTIONS = ["--samples", "80", "--faces", "2", "--crop", "whole", "--truncation", "1", "--quiet"]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    torch.manual_seed(0)
    config = StyleGAN3Config(num_layers=4, margin_size=4, **SMALL)
    save_networks(path, {"G_ema": build_network(config)})
    return path


@pytest.fixture(scope="module")
def bridged(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bridged") / "out"
    assert main(["bridge", str(network), "bundled", str(out), *OPTIONS]) == 0
    return out


@pytest.fixture
def models(network: Path, bridged: Path) -> list[str]:
    return ["-g", str(network), "--directions", str(bridged)]


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--probes", "none is missing"),
        ("--beside", "none is missing|none/.* is missing"),
        ("--faceset", "none is no folder"),
        ("--identity", "none is missing"),
    ],
)
def test_what_is_missing_is_said_before_models_are_opened(
    option: str, why: str, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def opened(*_: Any) -> None:
        pytest.fail("a model was opened")

    monkeypatch.setattr(Engine, "generator", opened)
    monkeypatch.setattr(Engine, "run", opened)
    words = ["bridge", str(network), "bundled", str(tmp_path / "out"), option]
    assert main([*words, str(tmp_path / "none")]) == 1
    assert re.search(why, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_missing_directions_are_made_under_their_name(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["edit", str(tmp_path / "a.png"), "--directions", str(tmp_path / "older")]
    assert main([*words, "-g", str(network), "--set", "age=40"]) == 1
    said = capsys.readouterr().err
    assert f"bundled {tmp_path / 'older'}`, for a further factor with --probes" in said
    assert main([*words, "-g", "grey-vae", "--set", "age=40"]) == 1
    assert f"--out {tmp_path / 'older'}`, for a further factor with --factor" in (
        capsys.readouterr().err
    )


def test_the_folder_holds_directions_numbers_and_a_page(bridged: Path) -> None:
    files = {path.name for path in bridged.iterdir()} - {".lock"}
    assert files == {"directions.safetensors", "bridge.json", "bridge.html"}
    page = (bridged / "bridge.html").read_text()
    evidence = read_json(bridged / "bridge.json")
    assert page.count("<svg") == 4 and page.count("data:image/png") >= 2
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    score = evidence["held_out"]["valence"]["r2"]
    assert f"{score:.3f}".replace("-", "−") in page
    assert evidence["generator"]["digest"] in page and "pose was not measured" in page


def test_the_same_command_gives_the_same_bytes_and_says_so_in_json(
    network: Path, bridged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "with space ä"
    assert main(["bridge", str(network), "bundled", str(out), *OPTIONS, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    for name in ("directions.safetensors", "bridge.json", "bridge.html"):
        assert (out / name).read_bytes() == (bridged / name).read_bytes()
    assert printed["seconds"]["synthesis"] > 0 and printed["held_out"]["n"] == 16
    assert printed["profile"]["layers"] == read_json(bridged / "bridge.json")["profile"]["layers"]


def test_a_grid_edits_the_layers_of_the_profile(
    models: list[str], network: Path, bridged: Path, tmp_path: Path, engine: Engine
) -> None:
    out = tmp_path / "grid.svg"
    assert main(["grid", str(out), *models, "--n", "3", "--seed", "4", "--reach", "0.1"]) == 0
    request = GridRequest(
        format="svg", n=3, seed=4, reach=0.1, generator=str(network), directions=bridged
    )
    result = workflows.grid.run(request, engine)
    assert result.data == out.read_bytes()
    layers = read_json(bridged / "bridge.json")["profile"]["layers"]
    assert list(np.flatnonzero(result.recipe["layers"])) == layers


def test_a_recipe_carries_the_layers(models: list[str], tmp_path: Path) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    asked = ["-v", "0.05", "-a", "-0.02", "--layers", "1-2:0.5,4"]
    assert main(["edit", str(first), *models, "--seed", "9", *asked]) == 0
    assert read_recipe(first).layers == (0, 0.5, 0.5, 0, 1, 0)
    assert main(["edit", str(again), *models, "--recipe", str(first)]) == 0
    assert first.read_bytes() == again.read_bytes()
    every = tmp_path / "every.png"
    assert main(["edit", str(every), *models, "--seed", "9", "-v", "0.05", "--layers", "all"]) == 0
    assert read_recipe(every).layers is None
    assert main(["edit", str(again), *models, "--recipe", str(every), "--overwrite"]) == 0
    assert every.read_bytes() == again.read_bytes()


def test_the_run_that_scored_reads_the_pictures(
    network: Path, bridged: Path, engine: Engine
) -> None:
    request = EditRequest(seed=1, generator=str(network), directions=bridged)
    result = workflows.edit.run(request, engine)
    explorer = engine.explorer(ModelChoice(generator=str(network), directions=bridged))
    with Image.open(io.BytesIO(result.data)) as opened:
        image = np.asarray(opened.convert("RGB")).copy()
    assert result.reading == tuple(explorer.read(image[None])[0].tolist())
    assert (
        engine.explorer(ModelChoice(generator=str(network), directions=bridged)).reader
        is explorer.reader
    )


def test_an_export_is_made_and_verified(
    models: list[str], bridged: Path, network: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    command = ["export", str(tmp_path / "out"), *models, "--seeds", "0,3", "--grid", "2", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["made"] == 4 * 2
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["verified"] == 4 * 2
    assert main([*command, "--layers", "0-5"]) == 1
    assert "its layers is not this one's" in json.loads(capsys.readouterr().out)["error"]


def test_without_a_reader_the_readings_are_left_open(
    network: Path, tiny_run: Path, probed_run: Path, tmp_path: Path, engine: Engine,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import pandas as pd

    out = tmp_path / "out"
    assert main(["bridge", str(network), str(probed_run), str(out), *OPTIONS]) == 0
    edited = tmp_path / "a.png"
    models = {"generator": str(network), "directions": out}
    assert main(["edit", str(edited), "-g", str(network), "--directions", str(out)]) == 0
    assert "nothing here reads valence and arousal" in capsys.readouterr().out
    assert workflows.edit.run(EditRequest(seed=0, **models), engine).summary()["predicted"] is None
    folder = tmp_path / "export"
    request = ExportRequest(folder=folder, seeds=(0,), points=((0.0, 0.1),), unread=True, **models)
    workflows.export.run(request, engine)
    table = pd.read_csv(folder / "table.csv")
    assert table["pixel_valence"].isna().all() and table["valence"].tolist() == [0.0]
    assert workflows.export.run(request, engine).made == 0
    portrait, pad = Session(engine, ModelChoice(generator=str(network), directions=out)).face(
        0.1, 0.1, 3, None, 0.7, None
    )
    assert portrait["read"] == ["–", "–"] and pad["read"] is None


def test_the_page_opens_over_a_bridge(
    network: Path, bridged: Path, engine: Engine, models: list[str], portrait: Path, tmp_path: Path
) -> None:
    session = Session(engine, ModelChoice(generator=str(network), directions=bridged))
    shown, _ = session.face(0.05, 0.0, 3, None, 0.7, None)
    out = tmp_path / "a.png"
    assert main(["edit", str(out), *models, "--seed", "3", "-v", "0.05"]) == 0
    assert base64.b64decode(shown["src"].split(",", 1)[1]) == out.read_bytes()
    evidence = session.evidence()
    assert "Layers moved" in evidence and "cosine before" in evidence
    assert session.grid(3, None, 0.7, 3, False, 0.1)["src"].startswith("data:image/png")
    with pytest.raises(gr.Error, match="cannot encode photos; start from a seed"):
        session.take_photo(str(portrait), 0.7, {})


def test_a_conditional_network_wants_its_class(
    tmp_path: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    network, out = tmp_path / "classes.safetensors", tmp_path / "out"
    save_networks(network, {"G_ema": build_network(StyleGAN2Config(c_dim=2, **SMALL))})
    command = ["bridge", str(network), "bundled", str(out), *OPTIONS]
    assert main(command) == 1
    assert "name a class from 0 to 1" in capsys.readouterr().err and not out.exists()
    assert main([*command, "--class", "1"]) == 0
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    models = ["-g", str(network), "--directions", str(out)]
    assert main(["edit", str(first), *models, "--class", "1", "--seed", "2"]) == 0
    assert read_recipe(first).label == 1
    assert main(["edit", str(again), *models, "--recipe", str(first)]) == 0
    assert first.read_bytes() == again.read_bytes()
    capsys.readouterr()
    assert main(["edit", str(again), *models, "--class", "0", "--overwrite"]) == 1
    assert "found for class 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["bridge", "NET", "bundled", "OUT", "--samples", "3"], 2, "samples is 3"),
        (["bridge", "NET", "bundled", "OUT", "--basis", "none"], 2, "basis is 'none'"),
        (["bridge", "NET", "bundled", "OUT", "--without", "mood"], 1, "no reading is called"),
        (["bridge", "NET", "bundled", "OUT", "--class", "1"], 1, "has no classes"),
        (["bridge", "NET", "gone", "OUT"], 1, "gone"),
        (["bridge", "gone.safetensors", "bundled", "OUT"], 1, "gone.safetensors"),
        (["bridge", "bundled", "bundled", "OUT"], 2, "is a β-VAE, whose directions"),
        (["grid", "a.png", "-g", "NET"], 1, "circumplex bridge"),
        (["grid", "a.png", "-g", "NET", "--directions", "bundled"], 1, "belong to the model"),
        (["grid", "a.png", "-g", "bundled", "--directions", "BRIDGED"], 1, "belong to the model"),
        (["grid", "a.png", "--layers", "5-2"], 2, "run backwards"),
        (["grid", "a.png", "-g", "bundled", "--layers", "3"], 1, "there are 0 to 0"),
        (["grid", "a.png", "-g", "bundled", "--class", "1"], 2, "bundled has no classes"),
        (["grid", "a.png", "--memory", "0"], 2, "memory is 0"),
        (["edit", "a.png", "--recipe", "b.png", "--layers", "1"], 2, "the recipe decides layers"),
        (["edit", "a.png", "--recipe", "b.png", "--class", "1"], 2, "the recipe decides class"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str],
    code: int,
    message: str,
    network: Path,
    bridged: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"NET": str(network), "OUT": str(tmp_path / "out"), "BRIDGED": str(bridged)}
    assert main([names.get(argument, argument) for argument in arguments]) == code
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.count("\n") == 1 and "Traceback" not in shown.err
    assert not list(tmp_path.glob("**/*.safetensors")) and not (tmp_path / "a.png").exists()


def test_a_folder_in_use_is_left_alone(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with only_writer(out):
        assert main(["bridge", str(network), "bundled", str(out), *OPTIONS]) == 1
    assert "another process is writing" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} == {".lock"}


def test_the_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bridge", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example: circumplex bridge" in shown and "--json" in shown


def test_a_class_for_a_run_is_wrong_usage(probed_run: Path, engine: Engine) -> None:
    with pytest.raises(RequestError, match="has no classes"):
        engine.generator(GeneratorChoice(generator=str(probed_run), label=1))
