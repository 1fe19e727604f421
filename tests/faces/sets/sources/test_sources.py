"""The published forms of sources, built small from real faces."""

import shutil

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, check, load_faceset, open_source, prepare

SMALL = PrepareConfig(size=32)
LANDMARKS = np.zeros((68, 2))
LANDMARKS[36:42], LANDMARKS[42:48], LANDMARKS[30] = (15, 18), (33, 18), (24, 28)
LANDMARKS[48], LANDMARKS[54] = (17, 37), (31, 37)
FIVE = [[15, 18], [33, 18], [24, 28], [17, 37], [31, 37]]
HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
    "expression,valence,arousal\n"
)


def line(path, expression=1, valence=0.5, arousal=0.25):
    landmarks = ";".join(str(value) for value in LANDMARKS.ravel())
    return f"{path},2,3,40,41,{landmarks},{expression},{valence},{arousal}\n"


@pytest.fixture
def affectnet(tmp_path, crops):
    """AffectNet's lists beside the folder of its pictures, as the archives unpack."""
    pictures = tmp_path / "Manually_Annotated" / "Manually_Annotated_Images" / "12"
    pictures.mkdir(parents=True)
    for number, crop in enumerate(crops[:6]):
        shutil.copy(crop, pictures / f"{number}.png")
    lists = tmp_path / "Manually_Annotated_file_lists"
    lists.mkdir()
    (lists / "training.csv").write_text(
        HEADER
        + line("12/0.png")
        + line("12/1.png", expression=4, valence=-0.5)
        + line("12/2.png", expression=10, valence=-2, arousal=-2)
        + line("12/3.png", valence=-2, arousal=-2)
        + line("12/0.png")
        + line("12/99.png")
    )
    (lists / "validation.csv").write_text(line("12/4.png"))  # this one comes without a header
    return tmp_path


def test_affectnet_lists(affectnet):
    source = open_source(affectnet)
    assert source.form == "affectnet-lists"
    assert source.faces["split"].tolist() == ["train"] * 6 + ["val"]
    first = source.faces.iloc[0]
    assert first["path"] == "Manually_Annotated/Manually_Annotated_Images/12/0.png"
    assert (source.root / first["path"]).is_file()
    assert [first[f"box_{side}"] for side in ("left", "top", "right", "bottom")] == [2, 3, 42, 44]
    assert [[first[f"nose_{a}"], first[f"left_eye_{a}"]] for a in "xy"] == [[24, 15], [28, 18]]


def test_affectnet_lists_named_one_by_one(affectnet):
    source = open_source(affectnet / "Manually_Annotated_file_lists" / "training.csv")
    assert all((source.root / path).is_file() for path in source.faces["path"][:5])


def test_affectnet_rows_are_kept_or_counted(affectnet):
    counts = check(affectnet, SMALL)
    assert counts["reasons"] == {
        "expression code 10: no-face": 1,
        "valence or arousal is -2: no label": 1,
        "same path twice": 1,
        "missing file": 1,
    }
    assert counts["expressions"] == {"train": {"fear": 1, "happiness": 1}, "val": {"happiness": 1}}


def test_points_of_the_source_are_enough_without_a_detector(affectnet, tmp_path):
    config = PrepareConfig(size=32, detector="none")
    prepare(affectnet, tmp_path / "set", config)
    row = load_faceset(tmp_path / "set").manifest().iloc[0]
    assert row["mouth_right_x"] == 31
    assert np.isnan(row["confidence"])
    assert abs(row["yaw"]) < 1
    assert abs(row["roll"]) < 1


@pytest.mark.parametrize("parents", [True, False])
def test_affectnet_arrays(tmp_path, crops, parents):
    for split in ("train_set", "val_set") if parents else (".",):
        folder = tmp_path / split
        (folder / "images").mkdir(parents=True)
        (folder / "annotations").mkdir()
        for number, crop in enumerate(crops[:3]):
            shutil.copy(crop, folder / "images" / f"{number}.jpg")
            for kind, value in (("exp", "6"), ("val", "-0.5"), ("aro", "0.75")):
                np.save(folder / "annotations" / f"{number}_{kind}.npy", np.array(value))
            np.save(folder / "annotations" / f"{number}_lnd.npy", LANDMARKS.ravel())
        (folder / "annotations" / "1_val.npy").write_bytes(b"torn")
        (folder / "annotations" / "2_aro.npy").unlink()
    source = open_source(tmp_path)
    assert source.form == "affectnet-arrays"
    assert sorted(set(source.faces["split"]), key=str) == (["train", "val"] if parents else [None])
    assert source.faces["expression"].tolist() == ["anger"] * len(source.faces)
    assert source.affect_reasons().tolist()[:3] == [None, *["valence or arousal missing"] * 2]
    points = source.faces.iloc[0].filter(regex="_[xy]$").to_numpy(float).reshape(5, 2)
    assert points.tolist() == FIVE


def test_class_folders(tmp_path, crops):
    for number, crop in enumerate(crops[:9]):
        folder = (
            tmp_path / ("test" if number > 6 else "train") / ("angry", "happy", "odd")[number % 3]
        )
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(crop, folder / f"{number}.png")
    (tmp_path / "train" / "happy" / "Thumbs.db").write_bytes(b"no picture")
    source = open_source(tmp_path)
    assert source.form == "classes"
    assert not source.has_affect
    counts = check(tmp_path, PrepareConfig(size=32, val_fraction=0.0))
    assert counts["expressions"] == {
        "test": {"happiness": 1},
        "train": {"anger": 3, "happiness": 2},
    }
    assert counts["reasons"] == {"folder 'odd' is no expression": 3, "hidden file": 1}


def test_a_folder_with_one_table_is_a_table(drawn):
    source = open_source(drawn, keep=["votes_*"])
    assert source.form == "table"
    assert len(source.faces) == 480
    assert len(source.extra_columns) == 8


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda at: at / "nowhere", "missing"),
        (lambda at: at, "is empty"),
        (lambda at: (at / "a.bin").write_bytes(b"x") and at, "no source of faces"),
        (
            lambda at: (at / "a.csv").write_text("") + 1 and at / "a.csv",
            "it is empty",
        ),
        (lambda at: (at / "a.csv").write_text("face\nx\n") and at / "a.csv", "no column 'path'"),
        (lambda at: (at / "a.parquet").write_bytes(b"x") and at / "a.parquet", "not a readable"),
    ],
)
def test_sources_that_are_none_say_so(tmp_path, make, match):
    with pytest.raises(CircumplexError, match=match) as error:
        open_source(make(tmp_path))
    assert "\n" not in str(error.value)


def test_wrong_settings_of_tables_say_so(tmp_path):
    (tmp_path / "a.csv").write_text("path,valence\nx.png,0\n")
    for settings in (
        {"columns": {"valance": "valence"}},
        {"columns": {"arousal": "aro"}},
        {"keep": ["votes_*"]},
        {"keep": ["valence"]},
        {"form": "folder"},
    ):
        with pytest.raises(CircumplexError):
            open_source(tmp_path / "a.csv", **settings)
