"""`circumplex study invariance` on the people of tests/data, and on tables of readings."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.ground.files import read_json
from studio.cli import main

PEOPLE = Path(__file__).parents[2] / "data" / "people.csv"
FILES = {
    *("invariance.json", "invariance.html", "invariance.csv", "invariance-means.csv"),
    *("invariance.svg", "invariance.png", "compared.csv"),
}
FEW = ["--draws", "100", "--shuffles", "100", "--quiet"]


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve people, who are read as the study begins."""
    out = tmp_path_factory.mktemp("study")
    line = ["study", "invariance", str(PEOPLE), str(out), "--own-neutral"]
    line += ["--also", "AU12,p_anger,AU9"]  # nothing measures AU9
    assert main([*line, "--processes", "1", *FEW]) == 0
    return out


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_people_are_read_and_compared(studied: Path) -> None:
    names = {path.name for path in studied.iterdir()} - {".lock"}
    assert names == FILES | {"faces.csv", "readings.csv"}
    found = read_json(studied / "invariance.json")
    assert found["by"]["gender"] == {"female": 14, "male": 10}
    assert found["states"] == {
        "rules": None,
        "faces": {"labels": {"happiness": 12, "neutral": 12}},
    }
    assert set(found["readers"]) == {"pixel", "action_units", "action_units_table", "blendshapes"}
    # a smile is a response, in both sexes and by every reader of valence
    for row in found["means"]:
        if (row["attribute"], row["measure"], row["target"]) == ("gender", "response", "valence"):
            assert row["value"] > 0.1, row
    # 19-year-olds are too few, and origins have two to four people each
    assert ("age", "10-19") in {(row["attribute"], row["group"]) for row in found["too_small"]}
    assert {row["attribute"] for row in found["comparisons"]} == {"gender"}
    assert {row["target"] for row in found["comparisons"]} == {
        *("valence", "arousal", "AU12", "p_anger")
    }
    assert found["data"]["never_read"] == ["AU9"]
    page = (studied / "invariance.html").read_text(encoding="utf-8")
    assert "AU9 was not read in any face" in page
    assert "by gender female (7) and male (5); by age and ethnicity no two groups have 5" in page
    assert "nine of ten cases at five people a group" in page
    table = rows_of(studied / "invariance.csv")
    assert len(table) == len(found["comparisons"])
    assert float(table[0]["difference"]) == pytest.approx(
        found["comparisons"][0]["difference"], rel=1e-4
    )


def test_every_smile_is_corrected_by_the_same_persons_neutral(studied: Path) -> None:
    rows = rows_of(studied / "compared.csv")
    neutral = {r["identity"]: r for r in rows if r["expression"] == "neutral"}
    for row in rows:
        told = row["pixel_valence_corrected"]
        if row["expression"] == "neutral":
            assert told == ""  # less itself it would show nothing
        else:
            own = float(neutral[row["identity"]]["pixel_valence"])
            assert float(told) == pytest.approx(float(row["pixel_valence"]) - own, abs=2e-5)
    page = (studied / "invariance.html").read_text(encoding="utf-8")
    assert "Corrected by each person" in page and "<script" not in page


def test_readings_that_are_there_give_the_same_bytes(
    studied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["study", "invariance", str(PEOPLE), str(tmp_path / "out"), "--own-neutral"]
    line += ["--readings", str(studied / "readings.csv"), "--also", "AU12,p_anger,AU9", *FEW]
    assert main([*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {path.name for path in (tmp_path / "out").iterdir()} - {".lock"} == FILES
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (studied / name).read_bytes(), name
    assert told["comparisons"] == read_json(studied / "invariance.json")["comparisons"]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A list of 40 people in two groups, one of whom has no neutral face, and its readings."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{who}-{label}.png", str(who), label, "ab"[who % 2], "here")
        for who in range(40)
        for label in ("neutral", "happiness")
    ][1:]
    names = ["path", "who", "expression", "group", "country"]
    faces = pd.DataFrame(rows, columns=names)
    faces.to_csv(tmp_path / "faces.csv", index=False)
    readings = faces[["path"]].assign(
        my_valence=rng.normal(0, 0.1, len(faces)) + 0.5 * (faces["group"] == "a"),
        my_arousal=rng.normal(0, 0.1, len(faces)),
    )
    readings.to_csv(tmp_path / "mine.csv", index=False)
    return tmp_path


def line_of(lists: Path, *options: str) -> list[str]:
    given = ["study", "invariance", str(lists / "faces.csv"), str(lists / "out")]
    return [*given, "--readings", str(lists / "mine.csv"), *options]


def test_a_readers_own_columns_and_what_is_left_out_are_told(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = line_of(lists, "--by", "group,country", "--person", "who", *FEW)
    assert main(line) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("79 faces\n")
    assert "not compared, country: here alone" in shown
    assert "people without a neutral face that was read: 1 (0)" in shown
    assert "my, neutral faces: of 2 comparisons, 1 equivalent, 1 different" in shown
    assert "Different: valence of group a 0.5" in shown and "higher than of b" in shown
    found = read_json(lists / "out" / "invariance.json")
    (response,) = [
        row for row in found["comparisons"]
        if (row["measure"], row["target"]) == ("response", "valence")
    ]  # fmt: skip
    assert (response["n"], response["n_against"]) == (19, 20)


def test_an_expression_that_nobody_shows_is_said(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line_of(lists, "--by", "group", "--expression", "fear", *FEW)) == 0
    shown = capsys.readouterr().out
    assert "no face shows fear, by labels" in shown and "my, neutral faces: of 2" in shown


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--by", "origin"], 1, "has no column origin"),
        (["--by", "country"], 1, "no two groups to compare: country has here alone"),
        (["--by", ","], 2, "--by names no column"),
        (["--by", "group", "--bound", "0"], 2, "bound is 0"),
        (["--by", "group", "--person", "nobody"], 1, "has no column 'nobody'"),
        (["--by", "group", "--own-neutral"], 1, "name its column with --person"),
        (["--by", "group", "--smallest", "50"], 1, "found: group a 20, group b 20"),
        (["--by", "group", "--also", "AU4"], 1, "has no column 'AU4'"),
        (["--by", "group", "--expression", "joy"], 2, "expression is 'joy'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    options: list[str], code: int, message: str, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line_of(lists, *options)) == code
    shown = capsys.readouterr().err
    assert message in shown and shown.count("\n") == 1
    assert not list((lists / "out").glob("inv*"))


def test_pictures_without_a_face_are_no_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        Image.new("RGB", (64, 64)).save(tmp_path / f"{name}.png")
    (tmp_path / "list.csv").write_text("path,sex\na.png,f\nb.png,m\n")
    line = ["study", "invariance", str(tmp_path / "list.csv"), str(tmp_path / "out")]
    assert main([*line, "--processes", "1", "--quiet"]) == 1
    shown = capsys.readouterr().err
    assert "no face of" in shown and "could be read (2 " in shown
    assert not list((tmp_path / "out").glob("inv*"))


def test_the_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "invariance", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example: circumplex study invariance" in shown and "--own-neutral" in shown
