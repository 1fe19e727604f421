"""`circumplex measure`: the same readings for people, machines and files."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pillow_heif
import pytest
from PIL import Image

from faces import FEATURE_NAMES, geometric_features
from faces.circumplex import EXPRESSIONS
from faces.readers.face_reading import FaceReading
from faces.readers.identity_table import read_identity
from faces.readers.landmarks.table import COLUMNS, FACE_COLUMNS, Missing, points_of, read_landmarks
from studio.cli import main
from studio.stimuli.face_sheet import FACES, Sample, eye_bar, face_sheet
from studio.validation import RequestError
from studio.workflows.measure import MeasureRequest

PEOPLE = Path(__file__).parents[2] / "data" / "people"


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    val_pictures: list[np.ndarray],
) -> Path:
    """Class folders of a train and a validation split, with one black picture."""
    folder = tmp_path_factory.mktemp("faces")
    for number, picture in enumerate(val_pictures[:9]):
        split = "train" if number < 6 else "validation"
        place = folder / split / ("happy", "angry", "surprise")[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number}.png")
    Image.fromarray(np.zeros((48, 48, 3), np.uint8)).save(folder / "train/angry/black.png")
    return folder


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "--help"]) == 0
    assert "Example: circumplex measure" in capsys.readouterr().out


def test_one_object_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(folder), "--json", "--processes", "1", "--pose"]) == 0
    said = capsys.readouterr()
    told = [json.loads(line) for line in said.out.splitlines()]
    assert len(told) == 10 and said.err == ""
    wanted = {"path", "found", "reason", "box", "expression", "probabilities", "readers"}
    assert all(wanted | {"action_units", "pose", "confidence"} <= set(each) for each in told)
    by_name = {Path(each["path"]).name: each for each in told}
    assert by_name["black.png"]["reason"] == "blank picture: all black"
    assert by_name["0.png"]["label"] == "happiness" and by_name["0.png"]["found"]


def test_every_file_of_a_folder_is_in_the_output(
    portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(portraits / "b.jpg") as photo:
        face = photo.convert("RGB").resize((240, 300))
    kinds = {"a.jfif": "JPEG", "b.jpe": "JPEG", "c.avif": "AVIF", "d.jp2": "JPEG2000"}
    for name, kind in kinds.items():
        face.save(tmp_path / name, kind)
    pillow_heif.from_pillow(face).save(tmp_path / "e.heic")
    broken = ("f.HEIC", "g.mts", "h.ts", "i.m4v", "j.tiff")
    others = ("k.cr2", "l.zip", "m.csv", "n.txt", "o.psd", "README")
    hidden = (".DS_Store", "Thumbs.db")
    for name in (*broken, *others, *hidden):
        (tmp_path / name).write_bytes(b"something else")
    assert main(["measure", str(tmp_path), "--json", "--processes", "1"]) == 0
    said = capsys.readouterr()
    told = {Path(row["path"]).name: row for row in map(json.loads, said.out.splitlines())}
    assert told.keys() == {*kinds, "e.heic", *broken, *others}
    assert {name for name, row in told.items() if row["found"]} == {*kinds, "e.heic"}
    assert all(row["reason"] for name, row in told.items() if name in (*broken, *others))
    assert told["k.cr2"]["reason"] == "camera raw file: develop it to JPEG or TIFF"
    assert "left out, hidden file: 2" in said.err


def test_a_name_that_is_no_text_has_its_row_in_every_table(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(PEOPLE / "001_smiling.jpg", photos / "b.jpg")
    try:
        shutil.copy(photos / "b.jpg", photos / b"caf\xe9.jpg".decode("utf-8", "surrogateescape"))
    except (OSError, UnicodeError):
        pytest.skip("this system takes no such name")
    table, landmarks = tmp_path / "faces.csv", tmp_path / "landmarks.parquet"
    call = ["measure", str(photos), "--table", str(table), "--landmarks", str(landmarks)]
    assert main([*call, "--processes", "1"]) == 0
    rows = pd.read_csv(table)
    assert rows["found"].tolist() == [True, False]
    assert rows["reason"][1] == "name that is no UTF-8: rename it"
    for column in (rows["path"], pd.read_parquet(landmarks).iloc[:, 0]):
        assert [Path(path).name for path in column] == ["b.jpg", r"caf\udce9.jpg"]


def test_a_pattern_that_the_shell_left_is_expanded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.jpg", "a.jpg", "c.png"):
        (tmp_path / name).write_bytes(b"damaged")
    assert main(["measure", str(tmp_path / "*.jpg"), "--json", "--processes", "1"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["path"]).name for row in told] == ["a.jpg", "b.jpg"]
    # a table that a pattern means counts for what was read as one that is named
    (tmp_path / "t.csv").write_text("path\n")
    request = MeasureRequest((tmp_path / "t.*",))
    before = request.about(True, "cpu")["tables"]
    (tmp_path / "t.csv").write_text("path\na.jpg\n")
    assert request.about(True, "cpu")["tables"] != before


def test_a_table_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", str(folder / "train/angry"), "--pose", "--processes", "1"]) == 0
    out = capsys.readouterr().out
    assert "yaw pitch" in out and "— blank picture: all black" in out
    assert "found a face in 2 of 3\n" in out and "missing, blank picture: 1" in out


def test_files_of_everything(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--landmarks", tmp_path / "l.parquet", "--features", tmp_path / "f"]
    files += ["--sheet", tmp_path / "s.png", "--table", tmp_path / "t.csv", "--mask-eyes"]
    assert main(["measure", *map(str, [folder, *files]), "--processes", "1"]) == 0
    assert "found a face in" in capsys.readouterr().out
    table = read_landmarks(tmp_path / "l.parquet")
    assert list(table.columns) == [*COLUMNS, *FACE_COLUMNS, "reason"] and len(table) == 10
    assert (table["reason"].notna() == np.isnan(points_of(table)).all((1, 2))).all()
    assert set(table["emotion"]) == {"happiness", "anger", "surprise"}

    with (tmp_path / "f/features.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == list(table["video_filename"])
    expected = geometric_features(points_of(table))
    for row, values, reason in zip(rows, expected, table["reason"], strict=True):
        assert row["reason"] == (reason or "")
        stored = [float(row[name] or "nan") for name in FEATURE_NAMES]
        assert np.array_equal(np.float32(stored), values, equal_nan=True)
    for split in ("train", "val"):
        x, y = (np.load(tmp_path / f"f/{name}_{split}.npy") for name in "Xy")
        mine = [i for i, row in enumerate(rows) if row["split"] == split and not row["reason"]]
        assert np.array_equal(x, expected[mine]) and x.dtype == np.float32
        assert [EXPRESSIONS[code] for code in y] == [rows[i]["expression"] for i in mine]

    with (tmp_path / "t.csv").open(newline="") as stream:
        readings = list(csv.DictReader(stream))
    assert [row["found"] for row in readings] == [str(not row["reason"]) for row in rows]
    with Image.open(tmp_path / "s.png") as sheet:
        assert sheet.format == "PNG" and sheet.width > 900 and sheet.height > 700


def test_who_is_who(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = Path(__file__).parents[2] / "data/people"
    for name in ("001_neutral", "001_smiling", "045_neutral", "045_smiling"):
        shutil.copy(people / f"{name}.jpg", tmp_path)
    Image.fromarray(np.zeros((48, 48, 3), np.uint8)).save(tmp_path / "black.png")
    out = tmp_path / "who.parquet"
    line = ["measure", str(tmp_path), "--processes", "1", "--identity", str(out)]
    assert main([*line, "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["person"] for each in told] == [1, 1, 2, 2, None]
    found, embeddings = read_identity(out)
    assert found["person"].fillna(0).tolist() == [1, 1, 2, 2, 0]
    assert found["reason"].tolist() == [None] * 4 + ["blank picture: all black"]
    assert np.allclose([each["identity"] for each in told[:4]], embeddings[:4], atol=1e-5)
    assert told[4]["identity"] is None and np.isnan(embeddings[4]).all()
    assert main([*line, "--overwrite", "--same-person", "0.01"]) == 0
    shown = capsys.readouterr().out
    assert "people: 4" in shown and "apart" not in shown
    assert main([*line, "--overwrite", "--same-person", "2"]) == 0
    assert "people: 1\n  1 person holds pictures more than 0.50 apart: look at them\n" in (
        capsys.readouterr().out
    )


def test_the_same_call_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    names = ("l.parquet", "f", "s.png")
    for place in ("one", "two"):
        out = [str(tmp_path / place / name) for name in names]
        options = ["--landmarks", out[0], "--features", out[1], "--sheet", out[2]]
        assert main(["measure", str(folder / "train"), *options, "--processes", "1"]) == 0
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 6
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_missing_landmarker_keeps_the_rows(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CIRCUMPLEX_LANDMARKER", str(tmp_path / "gone.task"))
    assert main(["measure", str(folder), "--json", "--pose"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == 10 and not any(each["found"] for each in told)
    assert all("gone.task" in each["reason"] for each in told)


def test_relative_to_the_neutral_picture_it_reads_neutral_and_a_smile_is_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    neutral, smiling = (str(PEOPLE / f"001_{name}.jpg") for name in ("neutral", "smiling"))
    options = [
        "--processes",
        "1",
        "--json",
        "--neutral",
        str(PEOPLE / "001_neut*.jpg"),  # a pattern means what it matches
        "--table",
        str(tmp_path / "t.csv"),
    ]
    assert main(["measure", neutral, smiling, *options]) == 0
    rest, smile = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert rest["relative"] and set(rest["action_units"].values()) == {0, None}  # AU9: never read
    assert all(pair == {"valence": 0, "arousal": 0} for pair in rest["readers"].values())
    assert all(pair["valence"] > 0.2 for pair in smile["readers"].values())
    with (tmp_path / "t.csv").open(newline="") as stream:
        assert [row["relative"] for row in csv.DictReader(stream)] == ["True", "True"]


def test_a_neutral_picture_without_a_face_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    black = str(folder / "train/angry/black.png")
    assert main(["measure", str(folder), "--neutral", black, "--processes", "1"]) == 1
    assert "no face is found in the neutral picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        (["gone.png"], 1, "gone.png"),
        ([".", "--neutral", "rest.png"], 1, "rest.png"),
        ([".", "--faces", "some"], 2, "faces"),
        ([".", "--processes", "0"], 2, "processes"),
        ([".", "--landmarks", "out.csv"], 2, "landmarks"),
        ([".", "--mask-eyes"], 2, "--sheet"),
        ([".", "--identity", "out.csv"], 2, "identity"),
        ([".", "--identity", "out.parquet", "--same-person", "0"], 2, "same_person"),
        ([], 2, "paths"),
    ],
)
def test_wrong_calls_say_so_in_one_line(
    options: list[str], code: int, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", *options]) == code
    err = capsys.readouterr().err
    assert named in err and err.count("\n") == 1


def test_a_request_without_paths_is_refused() -> None:
    with pytest.raises(RequestError):
        MeasureRequest(())


def test_a_sample_keeps_its_size_its_order_and_favours_nobody() -> None:
    readings = [FaceReading(path=str(n), missing=Missing("no face")) for n in range(60)]
    counts = np.zeros(60)
    for seed in range(400):
        sample = Sample(seed=seed)
        for reading in readings:
            sample.add(reading)
        kept = [int(reading.path) for reading in sample.readings()]
        assert kept == sorted(kept) and len(set(kept)) == FACES
        counts[kept] += 1
    assert counts.min() > 60 and counts.max() < 160  # 107 expected, standard deviation 9


def test_the_bar_covers_eyes_and_brows_and_hides_them_for_good(
    val_pictures: list[np.ndarray],
) -> None:
    from faces import FaceReader
    from faces.readers.landmarks.geometry import EYE_RINGS

    with FaceReader(pixel=None, affect=None, crops=True) as reader:
        readings = [each for each in reader.read(val_pictures[:4]) if each.found]
    open_eyes, masked = face_sheet(readings), face_sheet(readings, mask_eyes=True)
    assert open_eyes.size == masked.size and open_eyes.tobytes() != masked.tobytes()
    one, five = face_sheet(readings[:1]), face_sheet((readings * 5)[:5])
    assert one.width == five.width and one.height < five.height < face_sheet(readings * 4).height
    from matplotlib.path import Path as Outline

    for each in readings:
        assert each.landmarks is not None
        points = each.landmarks.points[:, :2]
        ring = points[[i for ring in EYE_RINGS.values() for i in ring]]
        assert Outline(eye_bar(points)).contains_points(ring).all()


def test_columns_and_labels_are_mapped_and_decide_what_an_interrupted_call_goes_on_with(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "faces.csv"
    table.write_text(f"Bild,label\n{folder / 'train/happy/0.png'},Freude\n", encoding="utf-8")
    line = ["measure", str(table), "--json", "--processes", "1"]
    assert main(line) == 1
    assert "--column path=NAME" in capsys.readouterr().out
    assert main([*line, "--column", "path=Bild", "--map", "Freude=happiness"]) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "happiness"
    assert main([*line, "--map", "Freude"]) == 2
    plain = MeasureRequest((table,), columns=(("path", "Bild"),)).about(True, "cpu")
    for changed in (
        MeasureRequest((table,)),
        MeasureRequest((table,), columns=(("path", "Bild"),), explained=(("Freude", "sadness"),)),
    ):
        assert changed.about(True, "cpu") != plain
