"""`calibrate --ratings`: from an export, through raters, to an editor that aims at what is seen."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gan_bridge.editing.rated_editor import RatedEditor
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.recipe import read_recipe
from studio.validation import STYLEGAN


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three faces at nine points each, of the package's generator."""
    folder = tmp_path_factory.mktemp("rated") / "stimuli"
    assert main(["export", str(folder), "--seeds", "0-2", "--grid", "3", "--unread", "-q"]) == 0
    return folder


@pytest.fixture(scope="module")
def report(export: Path) -> Path:
    """What 24 raters say who see half of the valence, and a little more arousal."""
    return _rated(export, "report", [0.5, 1], [0, 0.1])


def _rated(export: Path, name: str, slope: list[float], bias: list[float]) -> Path:
    """The report of 24 raters who see slope · aim + bias."""
    stimuli = pd.read_csv(export / "table.csv")
    rng = np.random.default_rng(0)
    truth = stimuli[["aimed_valence", "aimed_arousal"]].to_numpy() * slope + bias
    parts = [
        pd.DataFrame({"rater": f"r{k}", "stimulus": stimuli["file"],
                      "valence": rated[:, 0], "arousal": rated[:, 1]})
        for k in range(24)
        for rated in [np.clip(truth + rng.normal(scale=0.1, size=truth.shape), -1, 1)]
    ]  # fmt: skip
    table = export.parent / f"{name}.csv"
    pd.concat(parts).to_csv(table, index=False)
    out = export.parent / name
    words = ["--stimuli", str(export), "--out", str(out)]
    assert main(["ratings", "report", str(table), *words, "-q"]) == 0
    return out


def test_an_edit_is_aimed_at_what_people_see(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rated" / "editor.safetensors"
    assert main(["calibrate", STYLEGAN, "--ratings", str(report), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "ratings of 27 pictures of 3 people" in said and "corrected" in said
    explorer = Engine("cpu").explorer(_choice(out.parent))
    editor = explorer.calibration
    assert isinstance(editor, RatedEditor)
    aimed = editor.aimed_points(np.array([[0.15, 0.1]]))[0]
    assert aimed == pytest.approx([0.3, 0.0], abs=0.05)
    picture = tmp_path / "face.png"
    words = ["--directions", str(out.parent), "--seed", "3", "-v", "0.15", "-a", "0.1"]
    assert main(["edit", str(picture), *words]) == 0
    assert read_recipe(picture).calibration == editor.digest
    again = tmp_path / "again.png"
    place = ["--directions", str(out.parent)]
    assert main(["edit", str(again), "--recipe", str(picture), *place]) == 0
    assert again.read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_the_json_says_what_point_the_radii_are_about(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], bias: float
) -> None:
    report = _rated(export, f"off by {bias}", [0.8, 0.6], [0, bias])
    capsys.readouterr()
    out = tmp_path / "rated" / "editor.safetensors"
    words = ["--ratings", str(report), "--out", str(out), "--json"]
    assert main(["calibrate", STYLEGAN, *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["reachable_centre"] == pytest.approx([0, bias], abs=0.05)
    editor = Engine("cpu").explorer(_choice(out.parent)).calibration
    assert isinstance(editor, RatedEditor)
    assert found["reachable_centre"] == pytest.approx(editor.region.centre, abs=1e-6)
    assert found["reachable_radii"] == pytest.approx(editor.region.radii.tolist(), abs=1e-6)


def _choice(folder: Path):
    from studio.model_choice import ModelChoice

    return ModelChoice(directions=str(folder))


def test_ratings_of_something_else_are_refused(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*words: str) -> str:
        assert main(["calibrate", *words]) in (1, 2)
        return capsys.readouterr().err

    out = ("--out", str(tmp_path / "new" / "editor.safetensors"))
    assert "a file of its own" in refused(STYLEGAN, "--ratings", str(report))
    assert "has no editor" in refused("grey", "--ratings", str(report), *out)
    changed = tmp_path / "report"
    shutil.copytree(report, changed)
    evidence = json.loads((changed / "ratings.json").read_text(encoding="utf-8"))
    evidence["data"]["models"]["calibration"] = "0" * 64
    (changed / "ratings.json").write_text(json.dumps(evidence), encoding="utf-8")
    assert "pictures of another editor" in refused(STYLEGAN, "--ratings", str(changed), *out)
    evidence["data"]["models"] = None
    (changed / "ratings.json").write_text(json.dumps(evidence), encoding="utf-8")
    assert "does not say what made" in refused(STYLEGAN, "--ratings", str(changed), *out)
    (changed / "stimuli.csv").unlink()
    assert "has no stimuli.csv" in refused(STYLEGAN, "--ratings", str(changed), *out)
    assert "ratings.json is missing" in refused(STYLEGAN, "--ratings", str(tmp_path), *out)
    assert not (tmp_path / "new").exists()
