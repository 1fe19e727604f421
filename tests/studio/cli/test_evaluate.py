"""`circumplex evaluate` on the bundled run, judged by the readers at hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gan_bridge
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from gan_bridge.bridging.nuisances import BY_BUNDLED
from gan_bridge.editing.editor import Editor
from gan_bridge.editing.rated_editor import RatedEditor, load_editor, rate
from gan_bridge.generators.sampling import ResumableCache
from studio.cli import main
from studio.evaluation.config import EvaluateConfig
from studio.evaluation.panel import OWN

WEIGHTS = Path(gan_bridge.__file__).parent / "weights"
OPTIONS = ["--seeds", "0-2", "--angles", "3", "--intensities", "0.3,0.8", "--quiet"]
EDITS = 3 * 3 * 2


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated") / "out"
    assert main(["evaluate", "bundled", "--out", str(out), *OPTIONS]) == 0
    return out


@pytest.fixture(scope="module")
def evidence(evaluated: Path) -> dict[str, Any]:
    return read_json(evaluated / "evaluation.json")


def test_the_folder_holds_the_page_the_numbers_and_every_reading(evaluated: Path) -> None:
    files = {path.name for path in evaluated.iterdir()} - {".lock"}
    assert files == {"evaluation.html", "evaluation.json", "readings.parquet"}
    page = (evaluated / "evaluation.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    assert "not human ratings" in page


def test_every_picture_has_a_row(evaluated: Path) -> None:
    table = pd.read_parquet(evaluated / "readings.parquet")
    assert len(table) == EDITS + 3
    assert sorted(table.seed.unique()) == [0, 1, 2]
    neutral = table[(table.valence == 0) & (table.arousal == 0)]
    assert len(neutral) == 3
    read = [name for name in table.columns if name.endswith("_valence")]
    assert np.isfinite(table.loc[table.found, read].to_numpy()).all()
    assert table.loc[~table.found, ["yaw", "pitch", "roll"]].isna().all(axis=None)


def test_identity_is_a_distance_of_the_packages_own_network(
    evaluated: Path, evidence: dict[str, Any]
) -> None:
    table = pd.read_parquet(evaluated / "readings.parquet")
    neutral = (table.valence == 0) & (table.arousal == 0)
    assert (table.identity_distance[neutral & table.found] == 0).all()
    assert evidence["identity"]["by"] == BY_BUNDLED and 0 < evidence["identity"]["strangers"] < 1.5
    found = evidence["side_effects"]["identity_distance"]
    assert found["mean"]["value"] == pytest.approx(table.identity_distance[~neutral].mean())


def test_at_least_two_judges_beside_the_own_encoder(evidence: dict[str, Any]) -> None:
    assert {name for name, part in evidence["parts"].items() if part["independent"]} == {
        "pixel",
        "action_units",
        "action_units_table",
    }
    assert evidence["parts"][OWN]["part"] == "found the directions"
    for name in evidence["readers"]:
        assert len(evidence["readers"][name]["cells"]["valence"]) == 2
        assert len(evidence["readers"][name]["cells"]["valence"][0]) == 3
    pairs = len(evidence["readers"]) * (len(evidence["readers"]) - 1) / 2
    assert len(evidence["pairs"]) == pairs
    assert evidence["kinship"]["readers"] == ["pixel", "action_units", "action_units_table", OWN]


def test_the_numbers_are_those_of_the_table(evaluated: Path, evidence: dict[str, Any]) -> None:
    table = pd.read_parquet(evaluated / "readings.parquet")
    edited = table[(table.valence != 0) | (table.arousal != 0)].dropna(subset=["own_valence"])
    agreed = evidence["readers"][OWN]["agreement"]
    for subset, rows in (("all", edited), ("reachable", edited[edited.reachable])):
        t, p = rows.valence.to_numpy(), rows.own_valence.to_numpy()
        lin = 2 * np.mean((t - t.mean()) * (p - p.mean()))
        lin /= t.var() + p.var() + (t.mean() - p.mean()) ** 2
        assert agreed[subset]["valence"]["ccc"] == pytest.approx(lin)
        assert agreed[subset]["valence"]["bias"] == pytest.approx((p - t).mean())
    half = evidence["reliability"]["all"]["arousal"]["half_width"]
    assert (table.own_arousal_high - table.own_arousal).to_numpy() == pytest.approx(half)
    assert (table.own_arousal - table.own_arousal_low).to_numpy() == pytest.approx(half)


def test_what_was_read_before_a_kill_is_not_read_again(
    evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    keep = ResumableCache.__call__

    def until_the_third(self: ResumableCache, name: str, make: Any) -> np.ndarray:
        if name.startswith("face-2"):
            raise KeyboardInterrupt
        return keep(self, name, lambda: (made.append(name), make())[1])

    line = ["evaluate", "bundled", "--out", str(tmp_path / "out"), *OPTIONS]
    with monkeypatch.context() as patch:
        patch.setattr(ResumableCache, "__call__", until_the_third)
        assert main(line) == 130
    first, made[:] = set(made), []
    assert len(first) >= 4

    def count(self: ResumableCache, name: str, make: Any) -> np.ndarray:
        return keep(self, name, lambda: (made.append(name), make())[1])

    monkeypatch.setattr(ResumableCache, "__call__", count)
    assert main(line) == 0
    assert not first & set(made)
    for name in ("evaluation.html", "evaluation.json", "readings.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (evaluated / name).read_bytes()


def test_an_editor_in_terms_of_ratings_beside_itself_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correction = np.array([[0.08, -0.06], [-0.25, 0.1], [0.0, -0.2]])
    place = tmp_path / "rated"
    place.mkdir()
    for name in ("directions.safetensors", "bridge.json"):
        shutil.copyfile(WEIGHTS / name, place / name)
    editor = Editor.load(WEIGHTS / "editor.safetensors")
    rate(editor, correction, {}).save(place / "editor.safetensors")
    line = ["evaluate", "stylegan3", "--directions", str(place), "--against", "stylegan3"]
    small = ["--seeds", "20000", "--angles", "3", "--intensities", "0.2"]
    assert main([*line, "--out", str(tmp_path / "out"), *small, "--quiet"]) == 0
    evidence = read_json(tmp_path / "out" / "evaluation.json")
    assert evidence["requests_in_terms_of"] == "ratings"
    assert "set against readings in the readers' terms" in capsys.readouterr().out
    assert evidence["against"]["requests_in_terms_of"] == "readings"
    expected = np.array(evidence["expected"])
    rated = load_editor(place / "editor.safetensors")
    assert isinstance(rated, RatedEditor)
    assert rated.seen(expected) == pytest.approx(np.array(evidence["points"]), abs=1e-4)
    table = pd.read_parquet(tmp_path / "out" / "readings.parquet").iloc[1:]
    bias = evidence["readers"]["pixel"]["agreement"]["all"]["valence"]["bias"]
    assert bias == pytest.approx((table.pixel_valence - table.expected_valence).mean())
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert "Requests are in terms of ratings here and of readings there" in page


def test_two_generators_of_other_form_and_one_seed(tmp_path: Path) -> None:
    line = ["evaluate", "stylegan3", "--against", "grey", "--out", str(tmp_path / "out"), "--quiet"]
    assert main([*line, "--seeds", "20000", "--angles", "3", "--intensities", "0.6"]) == 0
    evidence = read_json(tmp_path / "out" / "evaluation.json")
    assert evidence["parts"]["pixel"]["part"] == "trained the editor"
    assert evidence["parts"][OWN]["part"] == "found the directions, trained the editor"
    assert evidence["measured_by"]["identity"] == "trained the editor"
    assert evidence["reliability"]["all"]["valence"] is None  # of one face alone
    against = evidence["against"]
    assert against["generator"]["channels"] == 1 and against["paired"]
    slope = against["readers"]["pixel"]["all"]["valence"]["slope"]
    assert slope["values"][0] - slope["values"][1] == pytest.approx(slope["difference"])
    assert slope["interval"] == [None, None]
    other = read_json(tmp_path / "out" / "against" / "evaluation.json")
    assert other["parts"]["pixel"]["part"] == "fitted the calibration"
    assert other["generator"] == against["generator"]
    assert "Beside " in (tmp_path / "out" / "evaluation.html").read_text()
    assert not list(tmp_path.glob("out/**/.parts"))


def test_seeds_that_fitted_something_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", "--out", str(tmp_path / "out"), "--quiet", "--seeds", "0-3"]
    assert main([*line, "--against", "grey"]) == 2
    said = capsys.readouterr().err
    assert "4 of the seeds (0, 1, 2…) fitted the directions" in said and "20000-20003" in said
    assert not list((tmp_path / "out").glob("*.*"))


def test_seeds_that_fitted_something_can_be_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", "grey", "--out", str(tmp_path / "out"), "--seeds", "3", "--allow-fitted"]
    assert main([*line, "--angles", "3", "--intensities", "0.5", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"]["overlap"] == 1
    page = (tmp_path / "out" / "evaluation.html").read_text()
    assert "1 of the 1 seeds took part in fitting" in page


def test_readers_are_compared_on_a_set_of_faces(
    tmp_path: Path, tiny_faceset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", "bundled", "--out", str(tmp_path / "out"), "--seeds", "1", "--quiet"]
    few = ["--angles", "3", "--intensities", "0.5", "--faceset", str(tiny_faceset), "--json"]
    assert main([*line, *few]) == 0
    kin = json.loads(capsys.readouterr().out)["kinship"]
    assert kin["faces"] == "held-out faces of set" and kin["n"] >= 3
    assert kin["readers"][-1] == OWN and kin["changed"] == []


def test_the_other_ones_calibration_needs_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--out", str(tmp_path), "--against-raw"]) == 2
    assert "used with --against" in capsys.readouterr().err


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--json", "evaluate", "--out", str(tmp_path / "out"), "--seeds", "5"]
    assert main([*line, "--angles", "3", "--intensities", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faces"] == 1 and len(told["points"]) == 3


def test_without_the_landmarker_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCUMPLEX_LANDMARKER", str(tmp_path / "absent.task"))
    assert main(["evaluate", "bundled", "--out", str(tmp_path / "out"), *OPTIONS]) == 1
    assert "absent.task" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        {"seeds": ()},
        {"seeds": (1, 1)},
        {"directions": 2},
        {"intensities": (0.4, 0.2)},
        {"intensities": (0.5, 1.2)},
        {"truncation": -1.0},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CircumplexError, match="seed|" + next(iter(wrong))):
        EvaluateConfig(**wrong)
