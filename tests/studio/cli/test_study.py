"""`circumplex study pose-emotion` on a face set and on a table of readings."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.ground.files import read_json
from faces.readers import Landmarks, head_angles
from faces.readers.pose.head_pose import DIRECTIONS
from studio.cli import main

FILES = {"pose-emotion.json", "pose-emotion.html", "pose-emotion.csv", "pose-emotion.svg"}


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    """Heads of which those that look up never smile."""
    rng = np.random.default_rng(0)
    yaw, pitch = rng.normal(scale=20, size=(2, 900))
    words = np.array(["happiness", "sadness", "neutral"])[rng.integers(0, 3, 900)]
    words[(pitch > 15) & (words == "happiness")] = "neutral"
    table = pd.DataFrame({"path": [f"{k}.png" for k in range(900)], "label": words})
    table = table.assign(yaw=yaw, pitch=pitch, roll=0.0)
    table.loc[:9, ["yaw", "pitch", "roll"]] = np.nan
    table.to_csv(tmp_path / "readings.csv", index=False)
    return tmp_path / "readings.csv"


def test_a_table_by_other_names_is_read(tmp_path: Path) -> None:
    case = Path(__file__).parents[2] / "data" / "cases" / "pose_capital.csv"
    out = tmp_path / "out"
    assert main(["study", "pose-emotion", str(case), str(out), "--quiet"]) == 0
    assert read_json(out / "pose-emotion.json")["association"]["n"] == 29


def test_a_suppressed_emotion_is_found(
    readings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["study", "pose-emotion", str(readings), str(out), "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "Cramér's V (bias-corrected)" in shown and "left out, without pose: 10" in shown
    assert "Heads facing up: rarer happiness (0.0 %" in shown
    assert {path.name for path in out.iterdir()} - {".lock"} == FILES
    found = read_json(out / "pose-emotion.json")
    assert found["data"]["dropped"]["without pose"] == 10
    association = found["association"]
    assert association["n"] == 890 and association["rows"] == list(DIRECTIONS)
    assert association["v_interval"][0] < association["v"] < association["v_interval"][1]
    with (out / "pose-emotion.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(int(row["faces"]) for row in rows) == 890
    for name in DIRECTIONS:
        shares = [float(row["percent_of_direction"]) for row in rows if row["direction"] == name]
        assert sum(shares) == pytest.approx(100, abs=0.01)
    page = (out / "pose-emotion.html").read_text()
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")


def test_thresholds_decide_and_the_same_call_gives_the_same_bytes(
    readings: Path, tmp_path: Path
) -> None:
    wide = ["--yaw", "60", "--up", "60", "--down", "60", "--quiet"]
    command = ["study", "pose-emotion", str(readings)]
    for name, options in (("a", ["--quiet"]), ("b", ["--quiet"]), ("wide", wide)):
        assert main([*command, str(tmp_path / name), *options]) == 0
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    forward = [
        sum(read_json(tmp_path / name / "pose-emotion.json")["association"]["counts"][0])
        for name in ("a", "wide")
    ]
    assert forward[0] < forward[1]


def test_a_face_set_brings_its_own_pose(
    tiny_faceset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["study", "pose-emotion", str(tiny_faceset), str(tmp_path / "out"), "--json"]
    assert main([*command, "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)["association"]
    assert 0 < found["n"] <= 320 and found["columns"][0] == "neutral"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--yaw", "0"], 2, "yaw is 0"),
        (["--up", "-1"], 2, "up is -1"),
        (["--labels", "none.csv"], 1, "none.csv is missing"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    options: list[str], code: int, message: str, readings: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out"
    assert main(["study", "pose-emotion", str(readings), str(out), *options]) == code
    shown = capsys.readouterr().err
    assert message in shown and shown.count("\n") == 1 and not list(out.glob("pose*"))


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A table as `measure --table` writes it of pictures that nobody has labelled."""
    table = tmp_path / "phone.csv"
    values: dict = {"path": [f"{k}.png" for k in range(48)], "label": None, "yaw": 0.0}
    words = ["happiness", "anger"] * 24
    pd.DataFrame(values | {"expression": words, "pitch": 0.0, "roll": 0.0}).to_csv(table)
    return table


def test_a_reading_is_no_label_and_leaves_no_folder(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", "pose-emotion", str(measured), str(tmp_path / "out" / "a")]) == 1
    shown = capsys.readouterr().err
    assert "phone.csv has 48 faces, 0 of them with a label" in shown and shown.count("\n") == 1
    assert "column 'label'" in shown and "--labels" in shown and "classifier" not in shown
    assert "its column 'expression' is a reading, not a label" in shown
    assert not (tmp_path / "out").exists()


def test_labels_of_one_class_name_it_and_the_list(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("path,expression\n0.png,anger\n1.png,anger\n")
    out = tmp_path / "out"
    line = ["study", "pose-emotion", str(measured), str(out), "--labels", str(people)]
    assert main(line) == 1
    shown = capsys.readouterr().err
    assert "2 of them with a label, 2 of these with pose, all of them anger" in shown
    assert "people.csv expressions of more" in shown and not out.exists()


def test_what_has_no_pose_names_the_option_that_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "lm.parquet"
    pd.DataFrame({"path": ["a.png"], "label": ["anger"], "x_0": [0.5]}).to_parquet(table)
    assert main(["study", "pose-emotion", str(table), str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().err
    assert "give what `circumplex measure --table` wrote" in shown
    assert not (tmp_path / "out").exists()


def test_faces_without_a_label_and_a_single_direction_are_said(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    rows = [f"{k}.png,{('anger', 'happiness')[k % 2]}" for k in range(24)]
    people.write_text("\n".join(["path,expression", *rows]))
    out = tmp_path / "out"
    line = ["study", "pose-emotion", str(measured), str(out), "--labels", str(people)]
    assert main([*line, "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("24 faces\n  left out, without a label: 24\n")
    told = "All heads face forward: there is one direction only, so nothing can be tested."
    assert told in shown and "independence" not in shown and "χ²" not in shown
    page = (out / "pose-emotion.html").read_text()
    assert told in page and "degrees of freedom" not in page


def test_the_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "pose-emotion", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example: circumplex study pose-emotion" in shown and "--json" in shown


@pytest.fixture(scope="module")
def turned(
    val_faces: list[Landmarks],
    val_pictures: list[np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Pictures named as in Pointing'04 by what the landmarks show, and one without a face."""
    folder = tmp_path_factory.mktemp("pointing")
    assert len(val_faces) == len(val_pictures)
    angles = head_angles(np.stack([face.matrix for face in val_faces]))
    for k, face in enumerate(np.argsort(-np.abs(angles[:, 0]))[:8]):  # the most turned
        yaw, pitch, _ = angles[face].round().astype(int)
        name = f"personne{k + 1:02d}1{k:02d}{pitch:+d}{yaw:+d}.png"
        Image.fromarray(val_pictures[face]).save(folder / name)
    Image.new("RGB", (64, 64)).save(folder / "personne09108+0+0.png")
    return folder


def test_the_error_of_each_angle(turned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["study", "pose-error", str(turned), "--set", "pointing04"]
    assert main([*command, "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = told["errors"]["landmarks"]
    assert told["pictures"] == 9 and found["missing"] == 1
    assert found["yaw"]["mean"] < 1 and found["pitch"]["mean"] < 1  # names are whole degrees
    assert found["roll"]["mean"] is None
    assert main([*command, "--positive-pan", "viewer left", "--most", "5", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "r -0.9" in shown or "r -1.0" in shown


def test_a_set_that_is_none_is_one_line(
    turned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", "pose-error", str(turned), "--set", "biwi"]) == 2
    assert main(["study", "pose-error", str(tmp_path)]) == 1
    (tmp_path / "weights.pkl").write_bytes(b"none")
    command = ["study", "pose-error", str(turned), "--set", "pointing04"]
    assert main([*command, "--hopenet", str(tmp_path / "weights.pkl")]) == 1
    shown = capsys.readouterr().err
    assert (
        "form is 'biwi'; it must be one of aflw2000, pointing04" in shown
        and "no picture with a .mat" in shown
    )
    assert "not a plain file of weights" in shown and shown.count("\n") == 3
