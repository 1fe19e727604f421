"""Workflows: one request, one set of bytes, whoever asks."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.ground.files import only_writer, read_json
from faces.ground.progress import silent
from studio import workflows
from studio.app.session import Session
from studio.cli import main
from studio.cli.terminal import Terminal
from studio.engine import Engine
from studio.stimuli.recipe import read_recipe
from studio.workflows.edit import EditRequest
from studio.workflows.grid import GridRequest
from studio.workflows.probe import ProbeRequest
from studio.workflows.train import TrainRequest
from vae.config import DEFAULT_TRUNCATION


def _edit(run: Path, **values: object) -> EditRequest:
    return EditRequest(generator=str(run), **values)


def data_of(source: str) -> bytes:
    return base64.b64decode(source.split(",", 1)[1])


def test_command_line_and_page_give_the_same_face(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "face.png"
    code = main(
        ["edit", str(out), "-g", str(probed_run), "--seed", "3", "-v", "0.4", "-a", "-0.25"]
    )
    portrait, pad = Session(engine, str(probed_run)).face(0.4, -0.25, 3, None, 0.7, None)
    assert code == 0
    assert out.read_bytes() == data_of(portrait["src"])
    assert (pad["valence"], pad["arousal"]) == (0.4, -0.25)


def test_command_line_and_page_give_the_same_grid(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    session = Session(engine, str(probed_run))
    out = tmp_path / "grid.svg"
    assert main(["grid", str(out), "-g", str(probed_run), "--seed", "3", "--n", "3"]) == 0
    download = session.grid_file("svg")(3, None, 0.7, 3, True, 0.2)
    assert out.read_bytes() == data_of(download["src"])
    tiles = tmp_path / "tiles.png"
    arguments = ["grid", str(tiles), "-g", str(probed_run), "--seed", "3", "--n", "3", "--plain"]
    assert main(arguments) == 0
    assert tiles.read_bytes() == data_of(
        session.grid_file("tiles")(3, None, 0.7, 3, True, 0.2)["src"]
    )
    with Image.open(tiles) as sheet:
        assert sheet.size == (192, 192)


def test_a_recipe_makes_its_picture_again(probed_run: Path, engine: Engine, tmp_path: Path) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    request = _edit(probed_run, out=first, seed=11, valence=-0.6, arousal=0.3, truncation=0.9)
    workflows.edit.run(request, engine)
    workflows.edit.run(_edit(probed_run, out=again, recipe=first), engine)
    assert first.read_bytes() == again.read_bytes()


def test_a_photo_becomes_a_face_and_its_recipe_needs_no_photo(
    probed_run: Path, engine: Engine, portrait: Path, tmp_path: Path
) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    asked = _edit(probed_run, photo=portrait, valence=0.5)
    with pytest.raises(CircumplexError, match=r"is too poor to edit: the face found is \d\.\d\d"):
        workflows.edit.run(asked, engine)
    result = workflows.edit.run(replace(asked, out=first, force=True), engine)
    assert any("identity distance" in note for note in result.notes)
    assert result.recipe.seed is None and result.recipe.latent
    assert str(portrait.parent) not in first.read_bytes().decode("latin-1")
    workflows.edit.run(_edit(probed_run, out=again, recipe=first), engine)
    assert first.read_bytes() == again.read_bytes()


def test_a_photo_without_a_face_is_named(probed_run: Path, engine: Engine, tmp_path: Path) -> None:
    empty = tmp_path / "wall.png"
    Image.fromarray(np.full((200, 200, 3), 180, np.uint8)).save(empty)
    with pytest.raises(CircumplexError, match=r"wall\.png"):
        workflows.edit.run(_edit(probed_run, photo=empty), engine)
    with pytest.raises(CircumplexError, match=r"gone\.png is missing"):
        workflows.edit.run(_edit(probed_run, photo=tmp_path / "gone.png"), engine)


def test_a_recipe_of_another_model_names_both(
    probed_run: Path, engine: Engine, tmp_path: Path
) -> None:
    picture = tmp_path / "face.png"
    workflows.edit.run(_edit(probed_run, out=picture, seed=1), engine)
    recipe = read_recipe(picture)
    changed = picture.read_bytes().replace(recipe.generator.encode(), b"e" * 64)
    foreign = tmp_path / "foreign.png"
    foreign.write_bytes(_with_new_checksums(changed))
    with pytest.raises(CircumplexError, match=f"eeeeeeeeeeee.*{recipe.generator[:12]}"):
        workflows.edit.run(_edit(probed_run, recipe=foreign), engine)


def test_readings_are_of_the_picture(probed_run: Path, engine: Engine) -> None:
    result = workflows.edit.run(_edit(probed_run, seed=1, valence=0.2), engine)
    explorer = engine.explorer(str(probed_run))
    image = explorer.edit(explorer.latent(1, DEFAULT_TRUNCATION), 0.2, 0.0)
    assert result.reading == tuple(explorer.read(image)[0])
    assert json.dumps(result.summary())


def test_a_full_training_and_probing(
    tiny_faceset: Path, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    options = ["--epochs", "1", "--batch-size", "64", "--latent-dim", "4", "--precision", "no"]
    widths = ["--encoder-width", "4", "--decoder-width", "4", "--quiet"]
    assert main(["train", str(tiny_faceset), str(run), *options, *widths, "--json"]) == 1
    trained = json.loads(capsys.readouterr().out)
    assert trained["reconstruction"]["learned"] is False  # in four steps
    assert (run / "vae.safetensors").is_file() and (run / "request.json").is_file()
    code = main(["probe", str(run), str(tiny_faceset), "--basis", "dual", "--json"])
    probed = json.loads(capsys.readouterr().out)
    assert "exit_code" not in probed and code in (0, 1)  # 240 faces may tell no label
    assert "What the codes keep" in (run / "report.html").read_text(encoding="utf-8")
    assert probed["directions"]["basis"] == "dual"
    assert {"r2", "r2_interval", "shuffled_r2"} <= set(probed["held_out"]["valence"])
    assert (run / "report.html").is_file() and (run / "report.json").is_file()
    result = workflows.grid.run(GridRequest(seed=0, n=3, generator=str(run)), engine)
    assert result.recipe["generator"] == trained["digest"]


def test_a_first_try_that_failed_does_not_bind_the_next(
    tiny_faceset: Path, engine: Engine, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    schedule = {"epochs": 1, "batch_size": 64, "precision": "no"}
    small = {"latent_dim": 4, "encoder_width": 4, "decoder_width": 4}
    hopeless = schedule | small | {"guide": 2000.0, "learning_rate": 1e30}
    with pytest.raises(CircumplexError, match="loss became"):
        workflows.train.run(TrainRequest.from_options(tiny_faceset, run, hopeless), engine)
    second = schedule | small | {"guide": 0.0}
    workflows.train.run(TrainRequest.from_options(tiny_faceset, run, second), engine)
    assert read_json(run / "request.json")["training"]["guide"] == 0
    with pytest.raises(CircumplexError, match="already holds a run"):
        workflows.train.run(TrainRequest.from_options(tiny_faceset, run, hopeless), engine)
    assert read_json(run / "request.json")["training"]["guide"] == 0


def test_probing_waits_for_the_folder_and_writes_directions_last(
    tiny_run: Path,
    tiny_faceset: Path,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = ProbeRequest(str(tiny_run), tiny_faceset, out=tmp_path / "out")
    with only_writer(request.folder), pytest.raises(CircumplexError, match="another process"):
        workflows.probe.run(request, engine)

    def full_disk(*_: object) -> None:
        raise CircumplexError("the disk is full")

    monkeypatch.setattr("studio.reports.page.write_bytes", full_disk)
    with pytest.raises(CircumplexError, match="disk is full"):
        workflows.probe.run(request, engine)
    assert not (request.folder / "directions.safetensors").exists()


def test_probes_are_fitted_on_the_labels_of_a_table(
    tiny_run: Path, tiny_faceset: Path, engine: Engine, tmp_path: Path
) -> None:
    from faces.sets import load_faceset

    faces = load_faceset(tiny_faceset)
    table = faces.manifest(["path", "valence", "arousal"])
    # the two change places, so that the table is seen to count
    table.columns = ["input", "arousal", "valence"]
    table.to_csv(tmp_path / "labels.csv", index=False)
    own, other = (
        workflows.probe.run(
            ProbeRequest(str(tiny_run), tiny_faceset, labels=labels, out=tmp_path / name), engine
        ).evidence
        for name, labels in (("own", None), ("other", tmp_path / "labels.csv"))
    )
    assert other["faceset"]["labels"] == "valence and arousal, of labels.csv"
    assert other["faceset"]["digest"] != own["faceset"]["digest"]
    swapped = {"valence": "arousal", "arousal": "valence"}
    for name, theirs in swapped.items():
        assert other["held_out"][name]["r2"] == pytest.approx(
            own["held_out"][theirs]["r2"], abs=1e-3
        )


def test_a_table_of_readings_says_whose_are_to_be_the_labels(
    tiny_run: Path, tiny_faceset: Path, engine: Engine, tmp_path: Path
) -> None:
    from faces.sets import load_faceset

    faces = load_faceset(tiny_faceset)
    table = faces.manifest(["path", "valence", "arousal"])
    table.columns = ["path", "pixel_valence", "pixel_arousal"]
    table["mine_valence"], table["mine_arousal"] = -table["pixel_valence"], 0.5
    table.to_csv(tmp_path / "measured.csv", index=False)
    own = workflows.probe.run(
        ProbeRequest(str(tiny_run), tiny_faceset, out=tmp_path / "own"), engine
    ).evidence
    asked = ProbeRequest(
        str(tiny_run),
        tiny_faceset,
        labels=tmp_path / "measured.csv",
        reader="pixel",
        out=tmp_path / "read",
    )
    read = workflows.probe.run(asked, engine).evidence
    assert read["faceset"]["labels"] == "readings of pixel, model-predicted, of measured.csv"
    for name in ("valence", "arousal"):
        assert read["held_out"][name]["r2"] == pytest.approx(own["held_out"][name]["r2"], abs=1e-3)
    with pytest.raises(
        CircumplexError, match=r"readings of pixel, mine; say whose .* --reader pix"
    ):
        workflows.probe.run(replace(asked, reader=None), engine)
    with pytest.raises(CircumplexError, match=r"no columns nose_valence .* of pixel, mine"):
        workflows.probe.run(replace(asked, reader="nose"), engine)
    with pytest.raises(CircumplexError, match="name the table with --labels"):
        replace(asked, labels=None)


def test_only_the_first_process_of_a_launch_speaks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    Terminal(json=True).result({"a": 1}, "a is 1")
    assert capsys.readouterr().out == "" and Terminal().progress is silent
    monkeypatch.setenv("RANK", "0")
    Terminal(json=True).result({"a": 1}, "a is 1")
    assert json.loads(capsys.readouterr().out) == {"a": 1}
    with pytest.raises(ValueError, match="JSON"):
        Terminal(json=True).result({"a": float("nan")})


def test_prepare_says_what_it_would_keep(
    few_faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "faces.csv"
    table.write_text("\n".join(few_faces.read_text().splitlines()[:20]) + "\n")
    assert main(["prepare", str(table), "--check", "--size", "64", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["found"] == 19 and checked["faceset"] is None
    line = ["prepare", str(table), "--check", "--sample", "5", "--size", "64"]
    assert main([*line, "--json"]) == 0
    sampled = json.loads(capsys.readouterr().out)
    assert sampled["found"] == 5 and sampled["sample_of"] == 19
    assert main(line) == 0
    assert "of 5 faces (a sample of 19)" in capsys.readouterr().out
    assert main(["prepare", str(table), str(tmp_path / "set"), "--sample", "5"]) == 2
    capsys.readouterr()
    folder = tmp_path / "set"
    assert main(["prepare", str(table), str(folder), "--size", "64", "--json"]) == 0
    prepared = json.loads(capsys.readouterr().out)
    assert prepared["kept"] == checked["kept"] and prepared["digest"]


def _with_new_checksums(png: bytes) -> bytes:
    import struct
    import zlib

    parts, at = [png[:8]], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body = png[at + 4 : at + 8 + length]
        parts.append(struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body)))
        at += 12 + length
    return b"".join(parts)
