"""The folder that `ratings design` writes, as PsychoPy, lab.js and a reader of the data see it."""

import base64
import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from faces.ground.digests import bytes_digest, file_digest
from studio.cli import main
from studio.ratings.form_text import answer_form, instruction
from studio.ratings.scales import SCALES
from studio.ratings.study_files import FIELDS, read_design

PEOPLE = Path(__file__).parents[2] / "data" / "people"
WORDS = ("--raters", "6", "--share", "8", "--repeats", "2", "--instructed", "2", "--seed", "3")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """What an export looks like: pictures, a table with hashes, two pictures of each person."""
    folder = tmp_path / "export"
    (folder / "images").mkdir(parents=True)
    rows = []
    for path in sorted(PEOPLE.glob("*.jpg"))[:12]:
        shutil.copy(path, folder / "images" / path.name)
        rows.append({"file": f"images/{path.name}", "seed": int(path.name[:3]),
                     "valence": 0.5 if "smiling" in path.name else 0.0, "arousal": 0.1,
                     "sha256": file_digest(path)})  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder


@pytest.fixture
def study(export: Path, tmp_path: Path) -> Path:
    out = tmp_path / "study"
    assert main(["ratings", "design", str(export), str(out), *WORDS]) == 0
    return out


def lists_of(study: Path) -> list[list[dict[str, str]]]:
    with (study / "psychopy" / "lists.csv").open(newline="") as stream:
        named = [row["conditions"] for row in csv.DictReader(stream)]
    found = []
    for name in named:
        with (study / name).open(newline="") as stream:
            found.append(list(csv.DictReader(stream)))
    return found


def test_psychopys_conditions_name_pictures_that_are_there(study: Path, export: Path) -> None:
    lists = lists_of(study)
    assert len(lists) == 6 and {len(rows) for rows in lists} == {12}
    for rows in lists:
        assert tuple(rows[0]) == FIELDS and all(name.isidentifier() for name in FIELDS)
        for row in rows:
            if row["kind"] == "instructed":
                assert row["expected_valence"] and row["instruction"] and not row["picture"]
            else:
                assert file_digest(study / row["picture"]) == file_digest(export / row["stimulus"])
        people = [row["stimulus"].rpartition("/")[2][:3] for row in rows]
        assert all(a != b or not a for a, b in pairwise(people))


def test_the_browsers_form_has_the_same_lists(study: Path) -> None:
    text = (study / "study.js").read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("const STUDY = ").removesuffix(";\n"))
    for own, rows in zip(found["lists"], lists_of(study), strict=True):
        assert [(t["kind"], t["stimulus"], str(t["block"])) for t in own] == [
            (row["kind"], row["stimulus"], row["block"]) for row in rows
        ]
    assert not (study / ".lock").exists()
    page = (study / "index.html").read_text(encoding="utf-8")
    assert "http" not in page and (study / "jspsych" / "LICENSE").read_text().count("MIT") >= 1
    assert (study / "consent.html").read_text(encoding="utf-8").count("<mark>") > 5


def test_lab_js_file_holds_components_and_pictures(study: Path, export: Path) -> None:
    found = json.loads((study / "labjs.study.json").read_text(encoding="utf-8"))
    components = found["components"]
    children = {name for each in components.values() for name in each.get("children", ())}
    assert children == set(components) - {"root"}
    assert all(each["type"].startswith("lab.") for each in components.values())
    (handler,) = components["lists"]["messageHandlers"]["rows"][0]
    code = handler["code"]
    study_of = json.loads(code[code.index("{") : code.index(";\n")])
    assert handler["message"] == "before:prepare" and len(study_of["lists"]) == 6
    for own, rows in zip(study_of["lists"], lists_of(study), strict=True):
        for trial, row in zip(own, rows, strict=True):
            assert trial["stimulus"] == row["stimulus"]
            if row["stimulus"]:
                content = found["files"]["files"][trial["picture"]]["content"]
                data = base64.b64decode(content.partition(",")[2])
                assert bytes_digest(data) == file_digest(export / row["stimulus"])
    assert any(trial["pause"] for trial in study_of["lists"][0])


def test_the_design_says_what_it_was_made_of(study: Path) -> None:
    config, design = read_design(study)
    assert (config.raters, config.share, config.seed, config.scale) == (6, 8, 3, "sam")
    assert design["ratings_per_picture"] == [4, 4] and design["people"] == 6
    assert design["neighbours_alike"] == 0


@pytest.mark.parametrize("name", list(SCALES))
def test_each_scale_asks_for_both_and_says_what_to_do(name: str) -> None:
    form = answer_form(SCALES[name])
    fields = ["affect_grid"] if name == "grid" else ["valence", "arousal"]
    assert all(f'name="{field}"' in form for field in fields) and "required" in form
    assert form.count('type="radio"') == {"grid": 81, "sliders": 0}.get(name, 18)
    assert form.count("<svg") == (18 if name == "sam" else 0)
    low, high = SCALES[name].low, SCALES[name].high
    said = instruction(SCALES[name], (low, high))
    assert ("'unpleasant'" in said and "'excited'" in said) if name == "sliders" else (
        f"{low:g}" in said and f"{high:g}" in said)  # fmt: skip


def test_what_cannot_be_a_study_is_refused(
    export: Path, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(stimuli: Path, out: Path, *words: str) -> str:
        assert main(["ratings", "design", str(stimuli), str(out), *words]) in (1, 2)
        return capsys.readouterr().err

    new = tmp_path / "new"
    assert "already holds" in refused(export, study)
    (tmp_path / "none").mkdir()
    assert "holds no pictures" in refused(tmp_path / "none", new)
    picture = next((export / "images").iterdir())
    picture.write_bytes(picture.read_bytes() + b" ")
    assert f"1 pictures of {export} were changed" in refused(export, new)
    picture.unlink()
    assert "1 of the 12 pictures" in refused(export, new) and not new.exists()
    table = pd.read_csv(export / "table.csv")
    odd = table.tail(1).assign(file="images/a.tif", sha256=None)
    pd.concat([table.tail(-1), odd]).to_csv(export / "table.csv", index=False)
    assert "images/a.tif, which browsers do not show" in refused(export, new) and not new.exists()
    odd["file"] = "../outside.jpg"
    pd.concat([table.tail(-1), odd]).to_csv(export / "table.csv", index=False)
    assert "lies outside the folder" in refused(export, new) and not new.exists()
    pd.concat([table, table.head(1)]).to_csv(export / "table.csv", index=False)
    assert "twice" in refused(export, new)
