"""`circumplex finetune`: the chosen faces on disk, the training, and what is refused."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from faces.ground.files import only_writer
from faces.sets import load_faceset
from gan_bridge.networks.files import load_networks
from studio.cli import main
from studio.workflows.finetune import FinetuneRequest

SMALL = (
    "--channel-base", "128", "--channel-max", "8", "--w-dim", "8", "--num-layers", "4",
    "--margin-size", "2", "--batch-size", "4", "--snapshot-steps", "2", "--encoder", "random",
)  # fmt: skip


@pytest.fixture(scope="module")
def tuned(tiny_faceset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned") / "run"
    assert main(["finetune", str(tiny_faceset), str(folder), *SMALL, "--steps", "2"]) == 0
    return folder


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["finetune", "--help"]) == 0
    assert "Example: circumplex finetune" in capsys.readouterr().out


def test_faces_are_chosen_shown_and_written(tuned: Path) -> None:
    with Image.open(tuned / "chosen.png") as sheet:
        assert sheet.width > 500
    with zipfile.ZipFile(tuned / "chosen.zip") as archive:
        labels = json.loads(archive.read("dataset.json"))["labels"]
    seen = load_networks(tuned / "network.safetensors", ("G_ema", "G", "D")).provenance
    assert 0 < len(labels) < 240
    assert seen["training_faces"] < len(labels)  # some are held out for the score
    assert seen["start"]["from"] == "random"


def test_it_goes_on_with_its_own_settings(
    tuned: Path, tiny_faceset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["finetune", str(tiny_faceset), str(tuned), "--resume", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["steps"] == 2 and found["folder"] == str(tuned)
    assert found["figures"]["loss_d"] > 0
    assert set(found["faces"]) >= {"chosen", "near neutral"}
    more = [str(tiny_faceset), str(tuned), "--resume", "--steps", "3", "--json"]
    assert main(["finetune", *more]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 3


def test_a_second_training_is_refused_and_leaves_the_first_alone(
    tuned: Path, tiny_faceset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [tuned / name for name in ("chosen.png", "chosen.zip", "request.json")]
    before = [path.read_bytes() for path in inputs]
    command = ["finetune", str(tiny_faceset), str(tuned), *SMALL]
    assert main([*command, "--seed", "7", "--quantile", "0.2"]) == 1
    assert "already holds a training" in capsys.readouterr().err
    assert [path.read_bytes() for path in inputs] == before
    with only_writer(tuned):
        assert main([*command, "--resume"]) == 1
    assert "another process is writing" in capsys.readouterr().err


def test_a_folder_in_use_gets_no_contact_sheet(
    tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_writer(tmp_path):
        assert main(["finetune", str(tiny_faceset), str(tmp_path), *SMALL]) == 1
    assert "another process is writing" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}


def test_from_a_network_on_all_faces_some_layers(
    tuned: Path, tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(tuned / "network.safetensors")
    options = ["--from", source, "--subset", "all", "--layers", "mapping", "--steps", "1"]
    small = ["--batch-size", "4", "--encoder", "random", "--json"]
    assert main(["finetune", str(tiny_faceset), str(tmp_path / "b"), *options, *small]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["faces"] == {"chosen": len(load_faceset(tiny_faceset).rows("train"))}
    before, after = (
        load_networks(path, ("G",)).networks["G"].state_dict()
        for path in (source, found["network"])
    )
    changed = {name for name in before if not (before[name] == after[name]).all()}
    assert {"mapping.fc0.weight", "mapping.w_avg"} <= changed
    assert not [n for n in changed if n.startswith("synthesis.") and "magnitude" not in n]


@pytest.mark.parametrize(
    "options",
    [
        ["--engine", "magic"],
        ["--subset", "some"],
        ["--dry-run"],
        ["--engine", "official", "--resume"],
        ["--batch-size", "0"],
        ["--kind", "stylegan4"],
        ["--quantile", "1"],
    ],
)
def test_wrong_usage(
    options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text('{"choice": {}, "training": {}, "network": {}}')
    assert main(["finetune", "set", str(tmp_path), *options]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ") and shown.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--from", "gone.pkl"], "gone.pkl"),
        (["--from", "gone.safetensors"], "gone.safetensors"),
        (["--engine", "official"], "CIRCUMPLEX_STYLEGAN3"),
        (["--layers", "L99_*"], "L99_*"),
        (["--encoder", "gone"], "gone"),
    ],
)
def test_failures_are_one_line(
    options: list[str],
    names: str,
    tiny_faceset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CIRCUMPLEX_STYLEGAN3", str(tmp_path))
    assert main(["finetune", str(tiny_faceset), "out", *SMALL, "--steps", "1", *options]) == 1
    shown = capsys.readouterr().err
    assert names in shown and shown.count("\n") == 1
    assert not (tmp_path / "out" / "network.safetensors").exists()


def test_the_official_engine_dries_its_run(
    tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from faces.ground.errors import CircumplexError
    from gan_bridge.official import submodule_folder

    try:
        submodule_folder()
    except CircumplexError as error:
        pytest.skip(str(error))
    options = ["--engine", "official", "--dry-run", "--steps", "100", "--batch-size", "8", "--json"]
    assert main(["finetune", str(tiny_faceset), str(tmp_path), *options]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["network"] is None and "--dry-run" in found["command"]
    assert "--kimg=1" in found["command"] and "--gamma=0.512" in found["command"]
    assert "Dry run; exiting." in shown.err
    assert (tmp_path / "chosen.zip").is_file() and (tmp_path / "chosen.png").is_file()
    wide = [*options, "--w-dim", "64"]
    assert main(["finetune", str(tiny_faceset), str(tmp_path), *wide]) == 1
    assert "no setting for w_dim" in capsys.readouterr().err


def test_a_request_survives_its_settings(tmp_path: Path) -> None:
    given = {"steps": 7, "count": 30, "kind": "stylegan2", "seed": 3, "subset": "all"}
    request = FinetuneRequest.from_options(tmp_path, tmp_path, given)
    assert (request.training.seed, request.choice.seed) == (3, 3)
    (tmp_path / "request.json").write_text(json.dumps(request.settings()))
    again = FinetuneRequest.from_options(tmp_path, tmp_path, {"steps": 8, "resume": True})
    assert again.training.steps == 8
    assert (again.network, again.choice, again.subset) == (
        request.network,
        request.choice,
        request.subset,
    )
