"""What the package ships, with no model named: command line and page on the bundled weights."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.readers.pixels.reader import PixelReader
from studio.app.session import Session
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.recipe import read_recipe
from studio.validation import STYLEGAN

#: Requests that are far apart, of which the shipped calibration reaches each for most faces.
HAPPY, SAD = (0.7, 0.1), (-0.5, -0.2)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a call prints with --json."""
    assert main([*map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_grid(tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: Engine) -> None:
    printed = run(capsys, "grid", tmp_path / "grid.png", "--seed", "3", "-n", "3", "--plain")
    sheet = np.asarray(Image.open(tmp_path / "grid.png"))
    generator = engine.generator(STYLEGAN)
    size = generator.resolution
    assert sheet.shape == (3 * size, 3 * size, 3)
    tiles = sheet.reshape(3, size, 3, size, 3).swapaxes(1, 2).reshape(9, size, size, 3)
    read = PixelReader.load("bundled", "cpu").read(list(tiles))
    valence = read.valence.reshape(3, 3).mean(0)
    arousal = read.arousal.reshape(3, 3).mean(1)
    assert valence[0] + 0.2 < valence[2]  # rightwards
    assert arousal[2] + 0.1 < arousal[0]  # upwards
    assert printed["generator"] == generator.digest


def test_an_edit_and_its_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = []
    for name, (valence, arousal) in (("happy", HAPPY), ("sad", SAD)):
        out = tmp_path / f"{name}.png"
        run(capsys, "edit", out, "--seed", "5", "-v", valence, "-a", arousal)
        pictures.append(np.asarray(Image.open(out).convert("RGB")))
    assert read_recipe(tmp_path / "happy.png").calibration is not None
    read = PixelReader.load("bundled", "cpu").read(pictures)
    assert read.expressions()[0] == "happiness"
    assert read.valence[0] > read.valence[1] + 0.5
    again = tmp_path / "again.png"
    run(capsys, "edit", again, "--recipe", tmp_path / "happy.png")
    assert again.read_bytes() == (tmp_path / "happy.png").read_bytes()


def test_a_photo_is_taken_in(
    tmp_path: Path, portrait: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(capsys, "edit", tmp_path / "a.png", "--photo", portrait, "-v", HAPPY[0])
    assert printed["recipe"]["seed"] is None
    with Image.open(tmp_path / "a.png") as face:
        assert read_expression(np.asarray(face.convert("RGB"))) == "happiness"
    again = run(capsys, "edit", tmp_path / "again.png", "--recipe", tmp_path / "a.png")
    assert again["remade"]["identical"]
    # what is aimed at counts from what the photo shows, here as there
    assert (again["aimed"], again["reached"]) == (printed["aimed"], printed["reached"])


def test_a_face_goes_back_into_its_photo(
    tmp_path: Path, portrait: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pasted.png"
    printed = run(capsys, "edit", out, "--photo", portrait, "--paste", "-v", HAPPY[0], "--force")
    assert any("identity distance" in note for note in printed["notes"])
    with Image.open(portrait) as photo, Image.open(out) as pasted:
        assert pasted.size == photo.size
        change = np.abs(np.asarray(pasted, int) - np.asarray(photo.convert("RGB"), int))
    assert change.max() > 10 and (change[:20].max(), change[:, :20].max()) == (0, 0)
    assert main(["edit", str(tmp_path / "again.png"), "--recipe", str(out)]) == 1
    assert "is a photo with an edited face" in capsys.readouterr().err
    assert main(["edit", str(tmp_path / "none.png"), "--seed", "1", "--paste"]) == 2


def test_recipes_of_the_grey_model_open_without_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = tmp_path / "grey.png", tmp_path / "again.png"
    run(capsys, "edit", first, "-g", "grey", "--seed", "5", "-v", "0.5")
    made = run(capsys, "edit", again, "--recipe", first)
    assert made["remade"]["identical"] and again.read_bytes() == first.read_bytes()


def test_defaults_stay_within_what_faces_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(capsys, "grid", tmp_path / "grid.png", "--seed", "3", "-n", "3")
    assert all(printed["reached"]) and printed["reach"] is None
    printed = run(capsys, "grid", tmp_path / "even.png", "--seed", "3", "-n", "3", "--reach", "0.8")
    assert not all(printed["reached"])
    run(capsys, "export", tmp_path / "stimuli", "--seeds", "1")
    table = pd.read_csv(tmp_path / "stimuli" / "table.csv")
    assert len(table) == 9 and table["reached"].all()
    edit = run(capsys, "edit", tmp_path / "far.png", "--seed", "3", "-v", "0.7", "-a", "-0.7")
    assert not edit["reached"] and edit["aimed"]["arousal"] > -0.6


def read_expression(picture: np.ndarray) -> str:
    return PixelReader.load("bundled", "cpu").read([picture]).expressions()[0]


def test_an_export_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "stimuli"
    printed = run(capsys, "export", folder, "--seeds", "0-2", "--grid", "2", "--reach", "0.6")
    table = pd.read_csv(folder / "table.csv")
    assert printed["pictures"] == len(table) == 12
    for reader in ("pixel", "action_units"):
        said = table.groupby("valence")[f"{reader}_valence"].mean()
        assert said[0.6] > said[-0.6] + 0.3
        apart = np.hypot(
            table[f"{reader}_valence"] - table["aimed_valence"],
            table[f"{reader}_arousal"] - table["aimed_arousal"],
        )
        assert printed["distances"][reader] == pytest.approx(apart.mean())
    assert main(["measure", str(folder / "images"), "--json", "--quiet", "--processes", "1"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == 12 and all(each["found"] for each in printed)
    assert {each["expression"] for each in printed} <= set(EXPRESSIONS)
    assert all(each["readers"]["action_units"] for each in printed)


def test_an_evaluation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ("--seeds", "0-2", "--angles", "3", "--intensities", "0.6")
    printed = run(capsys, "evaluate", "--out", tmp_path / "out", *small)
    assert printed["faces"] == 3
    assert (tmp_path / "out" / "evaluation.html").is_file()
    assert len(pd.read_parquet(tmp_path / "out" / "readings.parquet")) == 3 * 3 + 3


def test_a_gesture_on_the_page_is_the_command_lines_edit(engine: Engine, tmp_path: Path) -> None:
    import base64

    out = tmp_path / "face.png"
    assert main(["edit", str(out), "--seed", "3", "-v", "0.4", "-a", "0.3", "-q"]) == 0
    pad = {"valence": 0.4, "arousal": 0.3, "stamp": 1}
    valence, arousal, portrait, _ = Session(engine).drag(pad, 3, None, 0.7)
    assert (valence, arousal) == (0.4, 0.3)
    assert base64.b64decode(portrait["src"].split(",", 1)[1]) == out.read_bytes()
