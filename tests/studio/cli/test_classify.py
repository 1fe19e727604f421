"""`circumplex classify` on landmarks of short videos, on face sets and on features."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_videos import write_video
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.files import read_json
from studio.cli import main

PEOPLE, FRAMES, SIDE = 20, 6, 96


def write_clip(path: Path, face: np.ndarray, rng: np.random.Generator) -> None:
    """A video of one face (48, 48, 3) that trembles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    large = Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    frames = []
    for _ in range(FRAMES):
        turned = large.rotate(
            rng.normal(scale=2),
            Image.Resampling.BICUBIC,
            translate=tuple(rng.normal(scale=1.5, size=2)),
        )
        light = rng.normal(scale=4)
        frames.append(np.clip(np.asarray(turned, float) + light, 0, 255).astype(np.uint8))
    write_video(path, frames, 5)


@pytest.fixture(scope="module")
def clips(val_pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landmarks of videos of one person each, in class folders that say nothing of the faces.

    What can be learnt is who somebody is, never the class of somebody new.
    """
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(0)
    for k, face in enumerate(val_pictures[:PEOPLE]):
        write_clip(folder / ("happiness", "anger")[k % 2] / f"{k:02d}.mp4", face, rng)
    table = folder / "landmarks.parquet"
    command = ["measure", str(folder), "--landmarks", str(table), "--processes", "1", "--quiet"]
    assert main(command) == 0
    return table


@pytest.fixture(scope="module")
def trained(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "mlp"
    assert main(["classify", "train", str(clips), str(out), "--quiet"]) == 0
    return out


@pytest.fixture(scope="module")
def evidence(trained: Path) -> dict[str, Any]:
    return read_json(trained / "classification.json")


def test_the_folder_holds_classifier_numbers_figure_and_page(trained: Path) -> None:
    files = {path.name for path in trained.iterdir()} - {".lock"}
    assert files == {
        "classifier.safetensors", "classification.json", "classification.html", "confusion.svg",
    }  # fmt: skip
    page = (trained / "classification.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")


def test_videos_are_held_out_whole_and_the_flattered_figure_stands_beside(
    evidence: dict[str, Any],
) -> None:
    split, scores, flattered = evidence["split"], evidence["scores"], evidence["ungrouped"]
    assert split["kind"] == "grouped" and split["shared"] == 0 and split["groups"] == PEOPLE // 5
    assert split["train"] + scores["n"] >= 0.8 * PEOPLE * FRAMES
    # the classes mean nothing: only who has seen the person before can name them
    assert flattered["accuracy"] > 0.85
    assert scores["accuracy"] < flattered["accuracy"] - 0.1


def test_both_figures_are_printed_as_what_they_are(
    clips: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["classify", "train", str(clips), str(tmp_path / "again"), "--quiet"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "ungrouped split, flattered: accuracy" in shown
    assert "none of them trained on" in shown
    for name in ("classifier.safetensors", "classification.html", "classification.json"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / name).read_bytes()


def test_a_report_on_its_own_data_scores_what_was_held_out(
    clips: Path, trained: Path, evidence: dict[str, Any], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    command = ["classify", "report", str(trained), str(clips), "--out", str(tmp_path), "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scores"] == evidence["scores"]
    assert (tmp_path / "classification.html").is_file()


def test_features_of_the_same_videos_are_boosted(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "boosting"
    command = ["classify", "train", str(clips), str(out), "--model", "boosting", "--rounds", "3"]
    assert main([*command, "--no-ungrouped", "--quiet"]) == 0
    found = read_json(out / "classification.json")
    assert found["kind"] == "features" and "ungrouped" not in found


def test_pixels_of_a_face_set_keep_its_split(
    tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "small"
    command = ["classify", "train", str(tiny_faceset), str(out), "--model", "small", "--size", "32"]
    assert main([*command, "--epochs", "1", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["split"]["kind"] == "given" and told["split"]["groups"] is None
    assert told["scores"]["n"] <= 80 and set(told["classes"]) <= set(told["scores"]["per_class"])
    assert main(["classify", "report", str(out), str(tiny_faceset), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == told["scores"]


def write_features(folder: Path, split: str, seed: int, count: int = 40) -> np.ndarray:
    features = np.random.default_rng(seed).normal(size=(count, 53)).astype(np.float32)
    folder.mkdir(exist_ok=True)
    np.save(folder / f"X_{split}.npy", features)
    np.save(folder / f"y_{split}.npy", np.array(EXPRESSIONS[:2])[np.arange(count) % 2])
    return features


@pytest.fixture
def boosted(tmp_path: Path) -> Path:
    """A classifier of 40 made faces."""
    for seed, split in enumerate(("train", "val")):
        write_features(tmp_path / "data", split, seed)
    out = tmp_path / "boosted"
    command = ["classify", "train", str(tmp_path / "data"), str(out), "--model", "boosting"]
    assert main([*command, "--rounds", "2", "--no-ungrouped", "--quiet"]) == 0
    return out


def test_faces_that_were_trained_on_are_never_scored(
    boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mixed = write_features(tmp_path / "mixed", "all", 5)
    mixed[:10] = np.load(tmp_path / "data" / "X_train.npy")[7:17]
    np.save(tmp_path / "mixed" / "X_all.npy", mixed)
    command = ["classify", "report", str(boosted), str(tmp_path / "mixed"), "--quiet", "--json"]
    capsys.readouterr()
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    # rows of the same numbers are found; the same face with other decimals would not be
    assert told["scores"]["n"] == 30 and told["split"]["unseen"] is False
    assert told["data"]["dropped"]["that it was trained on"] == 10
    np.save(tmp_path / "mixed" / "X_all.npy", np.load(tmp_path / "data" / "X_train.npy"))
    assert main(command) == 1
    assert "was trained on every face of" in json.loads(capsys.readouterr().out)["error"]


def test_a_classifier_that_does_not_say_what_it_was_trained_on_is_marked(
    boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = boosted / "classifier.safetensors"
    arrays, header = read_artefact(file)
    del arrays["training_faces"]
    write_artefact(file, arrays, header | {"version": "1"})  # as version 0.1.0 wrote it
    write_features(tmp_path / "other", "all", 5)
    for data, unseen in (("other", False), ("data", True)):
        command = ["classify", "report", str(boosted), str(tmp_path / data), "--quiet"]
        capsys.readouterr()
        assert main([*command, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["split"]["unseen"] is unseen
        assert main(command) == 0
        said = "do not know which pictures their faces are of" in capsys.readouterr().out
        assert said is not unseen


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "CLIPS", "OUT", "--model", "transformer"], 2, "model is 'transformer'"),
        (["train", "CLIPS", "OUT", "--epochs", "0"], 2, "epochs is 0"),
        (["train", "CLIPS", "OUT", "--weights", "a.pth"], 2, "leave --weights out"),
        (["train", "gone.parquet", "OUT"], 1, "gone.parquet is missing"),
        (["train", "CLIPS", "OUT", "--model", "resnet18"], 1, "circumplex prepare"),
        (["train", "CLIPS", "OUT", "--model", "pose"], 1, "no column 'yaw'"),
        (["report", "gone", "CLIPS"], 1, "gone"),
        (["report", "TRAINED", "FACESET", "--out", "OUT"], 1, "holds no landmarks"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, message: str, clips: Path, trained: Path, tiny_faceset: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    names = {
        "CLIPS": str(clips), "TRAINED": str(trained), "FACESET": str(tiny_faceset), "OUT": "out",
    }  # fmt: skip
    assert main(["classify", *(names.get(each, each) for each in arguments)]) == code
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.count("\n") == 1 and "Traceback" not in shown.err
    assert not list(tmp_path.glob("**/*.safetensors"))


@pytest.mark.parametrize("verb", ["train", "report"])
def test_the_verbs_have_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: circumplex classify {verb}" in shown and "--json" in shown
