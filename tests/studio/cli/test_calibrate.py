"""`circumplex calibrate`: the file, the edits it aims, and their recipes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faces.ground.errors import CircumplexError
from studio import Engine
from studio.cli import main
from studio.stimuli.recipe import read_recipe
from studio.validation import RequestError
from studio.workflows.edit import EditRequest

SHORT = ("--faces", "16", "--checked", "2", "--steps", "6")


@pytest.fixture(scope="module")
def run(probed_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A probed run with a calibration beside its directions."""
    folder = tmp_path_factory.mktemp("calibrated") / "run"
    shutil.copytree(probed_run, folder)
    assert main(["calibrate", str(folder), *SHORT]) == 0
    return folder


def edit(run: Path, out: Path, *more: str) -> bytes:
    place = ["-v", "0.3", "-a", "0.2"]
    assert main(["edit", str(out), "-g", str(run), "--seed", "2", *place, *more]) == 0
    return out.read_bytes()


def test_it_says_what_it_found(
    probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "editor.safetensors"
    assert main(["calibrate", str(probed_run), "--out", str(out), *SHORT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == str(out) and out.is_file()
    assert set(found["check"]) == {"faces", "requests", "linear", "editor"}
    assert found["config"]["steps"] == 6 and len(found["reachable_radii"]) == 72
    assert found["reachable_centre"] == [0, 0]
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [out.name]


def test_edits_use_what_lies_beside_the_directions(run: Path, tmp_path: Path) -> None:
    aimed = edit(run, tmp_path / "aimed.png")
    raw = edit(run, tmp_path / "raw.png", "--raw")
    assert aimed != raw
    held = Engine("cpu").explorer(str(run)).calibration
    assert held is not None
    assert read_recipe(tmp_path / "aimed.png").calibration == held.digest
    assert read_recipe(tmp_path / "raw.png").calibration is None


def test_both_are_made_again_from_their_recipes(
    run: Path, probed_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, more in (("aimed", ()), ("raw", ("--raw",))):
        first = edit(run, tmp_path / f"{name}.png", *more)
        again = tmp_path / f"{name}-again.png"
        recipe = ["--recipe", str(tmp_path / f"{name}.png"), "-g", str(run)]
        assert main(["edit", str(again), *recipe]) == 0
        assert again.read_bytes() == first
    lost = ["--recipe", str(tmp_path / "aimed.png"), "-g", str(probed_run)]
    assert main(["edit", str(tmp_path / "lost.png"), *lost]) == 1
    assert "calibration" in capsys.readouterr().err


def test_wrong_calls_say_so(probed_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="raw"):
        EditRequest(recipe=tmp_path / "a.png", raw=True)
    assert main(["calibrate", str(probed_run), "--faces", "3"]) == 2
    assert main(["calibrate", str(probed_run), "--out", str(tmp_path / "a.json")]) == 2
    assert main(["calibrate", str(tmp_path / "gone")]) == 1


def test_another_calibration_is_refused(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "run"
    shutil.copytree(run, other)
    from vae.probing.directions import Directions

    held = Directions.load(other / "directions.safetensors")
    replace(held, intercept=held.intercept + 0.1).save(other / "directions.safetensors")
    with pytest.raises(CircumplexError, match="edits with directions"):
        Engine("cpu").explorer(str(other))
