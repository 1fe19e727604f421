"""`circumplex prepare`: what it says of a source, and which step it names next."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.ground.records import settings_of
from faces.sets import load_faceset
from faces.sets.sources.code_books import BOOKS
from faces.sets.sources.opening import FORMS
from studio.cli import main
from studio.workflows.prepare import PrepareRequest

CASES = Path(__file__).parents[2] / "data" / "cases"
AS_THEY_ARE = ["--detector", "none", "--size", "48", "--quiet"]


@pytest.fixture
def pictures(drawn: Path, tmp_path: Path) -> Path:
    """Six drawn faces in a folder."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, file in enumerate(sorted((drawn / "images" / "train").iterdir())[:6]):
        shutil.copy(file, folder / f"{number}.png")
    return folder


def _table(folder: Path, columns: dict[str, list[object]]) -> Path:
    rows = {"path": [f"pictures/{k}.png" for k in range(6)]} | columns
    pd.DataFrame(rows).to_csv(folder / "faces.csv", index=False)
    return folder / "faces.csv"


def test_codes_are_refused_then_read_by_the_named_book(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = _table(tmp_path, {"label": [1, 2, 3, 4, 5, 7], "val": [0.1] * 6, "aro": [0.2] * 6})
    line = ["prepare", str(table), str(tmp_path / "set"), *AS_THEY_ARE]
    assert main(line) == 1
    refused = capsys.readouterr().err
    assert "--codes affectnet|raf-db" in refused and refused.count("\n") == 1
    assert main([*line, "--codes", "raf-db"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("understood: expression from label, valence from val")
    assert "by the codes of raf-db (1 surprise" in shown[0]
    assert shown[-1] == f"next: circumplex train {tmp_path / 'set'} runs/set"
    faces = load_faceset(tmp_path / "set")
    assert faces.manifest()["expression"].tolist()[-1] == "neutral"
    assert any("raf-db" in note for note in faces.info["notes"])


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own here")
def test_linked_folders_are_read_when_asked_for(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / "happy").symlink_to(pictures)
    line = ["prepare", str(links), str(tmp_path / "set"), *AS_THEY_ARE]
    assert main(line) == 1
    assert "add --follow-links" in capsys.readouterr().err
    assert main([*line, "--follow-links"]) == 0
    expressions = load_faceset(tmp_path / "set").manifest()["expression"]
    assert expressions.tolist() == ["happiness"] * 6


def test_a_set_without_labels_is_not_sent_to_train(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", str(pictures), str(tmp_path / "set"), *AS_THEY_ARE]) == 0
    shown = capsys.readouterr().out
    assert "next: circumplex train" not in shown and "no labels" in shown
    table = _table(tmp_path, {"emotion": ["happy", "sad"] * 3})
    assert main(["prepare", str(table), str(tmp_path / "words"), *AS_THEY_ARE]) == 0
    shown = capsys.readouterr().out
    assert "next: circumplex train" not in shown
    command = f"circumplex classify train {tmp_path / 'words'} runs/words-classifier --model small"
    assert f"next: {command};" in shown


def test_columns_that_were_not_used_are_named(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = _table(tmp_path, {"Valence_1": [0.1] * 6, "Valence_2": [0.2] * 6})
    assert main(["prepare", str(table), str(tmp_path / "set"), *AS_THEY_ARE]) == 0
    assert "label-like and not used: Valence_1, Valence_2" in capsys.readouterr().out


def test_a_map_and_a_scale(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rated = {"emotion": ["glee", "gloom"] * 3, "valence": [9, 1] * 3, "arousal": [5] * 6}
    table = _table(tmp_path, rated)
    line = ["prepare", str(table), str(tmp_path / "set"), *AS_THEY_ARE, "--json"]
    assert main(line) == 1
    capsys.readouterr()
    given = ["--map", "glee=happiness", "--map", "gloom=sadness", "--scale", "1:9"]
    assert main([*line, *given]) == 0
    assert json.loads(capsys.readouterr().out)["with_affect"] == 6
    manifest = load_faceset(tmp_path / "set").manifest()
    assert manifest["expression"].tolist() == ["happiness", "sadness"] * 3
    assert manifest["valence"].tolist() == [1.0, -1.0] * 3
    assert main(["prepare", str(table), "set", "--map", "glee"]) == 2


def test_like_a_run_takes_its_size_channels_and_cut(
    pictures: Path, tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["prepare", str(pictures), str(tmp_path / "set"), "--detector", "none", "--quiet"]
    assert main([*line, "--like", "bundled"]) == 0
    assert "as bundled: align points, channels 3, clahe False, size 128" in capsys.readouterr().out
    faces = load_faceset(tmp_path / "set")
    assert (faces.size, faces.channels) == (128, 3)
    line[2] = str(tmp_path / "grey")
    assert main([*line, "--like", str(tiny_run), "--size", "32"]) == 0
    faces = load_faceset(tmp_path / "grey")
    assert (faces.size, faces.channels) == (32, 1)
    assert "does not say how its faces were cut" in capsys.readouterr().out
    line[2] = str(tmp_path / "again")
    assert main([*line, "--like", str(tmp_path / "grey")]) == 0
    assert load_faceset(tmp_path / "again").size == 32


def test_columns_to_keep_stand_between_commas_or_one_by_one(drawn: Path, tmp_path: Path) -> None:
    import pandas as pd

    from faces.sets import load_faceset

    table = pd.read_csv(drawn / "manifest.csv").head(8)
    table["path"] = [str(drawn / path) for path in table["path"]]
    table = table.assign(age=range(8), gender=["f", "m"] * 4, site="here")
    table.to_csv(tmp_path / "faces.csv", index=False)
    line = ["prepare", str(tmp_path / "faces.csv"), str(tmp_path / "set"), "--size", "32"]
    assert main([*line, "--keep", "age, gender", "--keep", "site,age", "--quiet"]) == 0
    kept = load_faceset(tmp_path / "set").manifest(["age", "gender", "site"])
    assert kept.shape == (8, 3)


def test_pictures_as_they_are_keep_their_pixels(pictures: Path, tmp_path: Path) -> None:
    from PIL import Image

    assert main(["prepare", str(pictures), str(tmp_path / "set"), *AS_THEY_ARE]) == 0
    faces = load_faceset(tmp_path / "set")
    names = faces.manifest()["path"].tolist()
    assert sorted(names) == [f"{k}.png" for k in range(6)]
    for face, name in zip(faces.read(np.arange(6))[:, 0], names, strict=True):
        original = np.asarray(Image.open(pictures / name)).astype(int)
        assert np.abs(face.astype(int) - original).max() <= 1


def test_the_help_names_every_form_and_code_book() -> None:
    helps = {name: about.help for name, (_, about) in settings_of(PrepareRequest).items()}
    for name, listed in (("form", FORMS), ("codes", BOOKS)):
        assert all(each in helps[name] for each in listed), name


def test_pictures_that_move_are_counted_also_in_archives(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    still, first, second = (Image.open(pictures / f"{number}.png") for number in range(3))
    folder = tmp_path / "moving"
    folder.mkdir()
    still.save(folder / "a.png")
    first.save(folder / "b.gif", save_all=True, append_images=[second])
    second.save(folder / "c.png", save_all=True, append_images=[still])
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    said = "2 pictures move: only the first frame is taken; `circumplex measure` reads them all"
    for number, source in enumerate((str(folder), archive)):
        line = ["prepare", source, str(tmp_path / f"set{number}"), *AS_THEY_ARE]
        for call in (line, [*line, "--check"]):
            assert main(call) == 0
            assert said in capsys.readouterr().out.splitlines()[0]
    still_only = ["prepare", str(pictures), "--check", *AS_THEY_ARE]
    assert main(still_only) == 0 and "move" not in capsys.readouterr().out
