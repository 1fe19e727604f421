"""`prepare`: what it keeps, what it drops and why, and that a kill costs nothing."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, check, load_faceset, prepare, prepare_picture

SMALL = PrepareConfig(size=32)
FILES = ("faces.npy", "manifest.parquet", "rejected.parquet", "class_weights.npy", "faceset.json")


@pytest.fixture
def table(tmp_path, crops):
    """A function that writes a table of faces beside copies of them, and gives its path."""

    def write(rows: list[dict]) -> object:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        pd.DataFrame(rows).to_csv(folder / "faces.csv", index=False)
        return folder / "faces.csv"

    return write


def row(crop, **more) -> dict:
    return {"path": str(crop), "valence": 0.5, "arousal": -0.25, "expression": "happy"} | more


def test_a_face_set_is_what_its_contract_says(table, crops, tmp_path):
    rows = [row(crop, split="train", votes_fear=i) for i, crop in enumerate(crops[:9])]
    info = prepare(table(rows), tmp_path / "set", SMALL, keep=["votes_*"])
    faceset = load_faceset(tmp_path / "set")
    assert faceset.info == info
    assert (faceset.size, faceset.channels, len(faceset)) == (32, 1, 9)
    manifest = faceset.manifest()
    assert manifest.columns.tolist() == [
        "path", "split", "valence", "arousal", "expression", "identity",
        "box_left", "box_top", "box_right", "box_bottom",
        "left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y", "nose_x", "nose_y",
        "mouth_left_x", "mouth_left_y", "mouth_right_x", "mouth_right_y",
        "confidence", "yaw", "pitch", "roll", "turned", "digest", "votes_fear",
    ]  # fmt: skip
    assert manifest["votes_fear"].tolist() == list(range(9))
    assert set(manifest["expression"]) == {"happiness"}
    train, val = faceset.rows("train"), faceset.rows("val")
    assert sorted([*train, *val]) == list(range(9))
    assert faceset.labels(train).tolist() == [[0.5, -0.25]] * len(train)
    faces = faceset.read(np.array([3, 0]))
    assert faces.shape == (2, 1, 32, 32)
    assert np.array_equal(faces, np.load(tmp_path / "set" / "faces.npy")[[3, 0]])
    assert faceset.class_weights().shape == (len(EXPRESSIONS),)
    assert not (tmp_path / "set" / ".parts").exists()


def test_faces_lie_on_the_template(table, crops, tmp_path):
    config = PrepareConfig(size=96)
    prepare(table([row(crop) for crop in crops[:12]]), tmp_path / "one", config)
    prepare(table([row(crop) for crop in crops[:12]]), tmp_path / "again", config)
    eyes = load_faceset(tmp_path / "one").read(np.arange(12))[:, 0].mean(axis=0)
    # on the mean face both eyes are darker than the cheeks below them
    for x in (0.32, 0.68):
        eye, cheek = (eyes[int(y * 96) - 3 : int(y * 96) + 3, int(x * 96) - 4 : int(x * 96) + 4]
                      for y in (0.38, 0.58))  # fmt: skip
        assert eye.mean() < cheek.mean() - 15
    assert same(tmp_path / "one", tmp_path / "again")


def same(one, other) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def test_bad_pictures_cost_their_own_row(table, crops, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    whole = crops[0].read_bytes()
    (folder / "zero.png").write_bytes(b"")
    (folder / "torn.png").write_bytes(whole[:300])
    (folder / "copy.png").write_bytes(whole)
    (folder / "folder.png").mkdir()
    shutil.copy(crops[1], folder / "älter mit Platz.png")
    Image.new("RGB", (64, 64), "grey").save(folder / "nobody.png")
    names = [
        "zero.png", "torn.png", "copy.png", "folder.png", "älter mit Platz.png", "nobody.png",
        "gone.png",
    ]  # fmt: skip
    source = table([row(crops[0]), *(row(name) for name in names), row(crops[2], valence=-2)])
    config = PrepareConfig(size=32, val_fraction=0.0)
    counts = check(source, config)
    assert counts.pop("notes") == []
    assert counts["kept"] == 2
    assert counts["reasons"] == {
        "empty file": 1,
        "damaged picture": 1,
        "same bytes twice": 1,
        "unreadable file": 1,
        "no face": 1,
        "missing file": 1,
        "valence or arousal is -2: no label": 1,
    }
    assert prepare(source, tmp_path / "set", config)["counts"] == counts
    rejected = pd.read_parquet(tmp_path / "set" / "rejected.parquet")
    assert rejected.set_index("path")["reason"]["torn.png"] == "damaged picture"
    assert sorted(rejected["path"]) == sorted([*names[:4], *names[5:], str(crops[2])])


def test_check_writes_nothing(table, crops, tmp_path):
    source = table([row(crop) for crop in crops[:3]])
    before = sorted(tmp_path.rglob("*"))
    assert check(source, SMALL)["kept"] == 3
    assert sorted(tmp_path.rglob("*")) == before


def test_labels_may_be_optional(table, crops, tmp_path):
    rows = [row(crops[0]), row(crops[1], valence=-2), row(crops[2], arousal="")]
    prepare(table(rows), tmp_path / "set", PrepareConfig(size=32, require_labels=False))
    faceset = load_faceset(tmp_path / "set")
    assert np.isnan(faceset.labels(np.arange(3))).tolist() == [[False] * 2, [True] * 2, [True] * 2]


def test_extreme_poses_and_unsure_faces_are_dropped(table, crops):
    source = table([row(crop) for crop in crops[:12]])
    assert check(source, PrepareConfig(size=32, max_roll=0.0))["reasons"] == {"extreme roll": 12}
    assert check(source, PrepareConfig(size=32, min_confidence=1.0))["kept"] == 0


def test_the_balanced_subset_has_its_size_whatever_the_order(table, crops, tmp_path):
    rows = [
        row(crop, expression=("happy", "sad", "")[i % 3], split="train")
        for i, crop in enumerate(crops[:18])
    ] + [row(crop, split="val") for crop in crops[18:21]]
    config = PrepareConfig(size=32, per_class=4, max_yaw=180.0)
    info = prepare(table(rows), tmp_path / "one", config)
    assert info["counts"]["expressions"]["train"] == {"happiness": 4, "sadness": 4}
    assert info["counts"]["splits"]["val"] == 3
    prepare(table(rows[::-1]), tmp_path / "other", config)
    assert (tmp_path / "one" / "faces.npy").read_bytes() == (
        tmp_path / "other" / "faces.npy"
    ).read_bytes()
    assert load_faceset(tmp_path / "one").class_weights().tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    differently = prepare(table(rows), tmp_path / "seed", replace(config, seed=1))
    assert differently["identity"] != info["identity"]


def test_copies_and_identities_never_cross(table, crops, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    rows = [row(crop, identity=f"person {i % 5}") for i, crop in enumerate(crops[:20])]
    for crop in crops[:10]:
        shutil.copy(crop, folder / f"copy of {crop.name}")
        rows.append(row(f"copy of {crop.name}", identity="another"))
    info = prepare(table(rows), tmp_path / "set", PrepareConfig(size=32, val_fraction=0.5))
    manifest = load_faceset(tmp_path / "set").manifest()
    assert (manifest.groupby("identity")["split"].nunique() == 1).all()
    assert manifest["split"].nunique() == 2
    assert manifest["digest"].is_unique
    assert info["counts"]["reasons"] == {"same bytes twice": 10}


def test_colour_clahe_boxes_and_whole_pictures(portraits, table, tmp_path):
    source = table([row(portraits / f"{name}.jpg") for name in "abc"])
    colour = PrepareConfig(size=48, channels=3, clahe=True, align="box", margin=0.2)
    prepare(source, tmp_path / "boxes", colour)
    faces = load_faceset(tmp_path / "boxes").read(np.arange(3))
    assert faces.shape == (3, 3, 48, 48)
    assert np.ptp(faces, axis=1).max() > 30
    prepare(source, tmp_path / "whole", PrepareConfig(size=48, detector="none", align="box"))
    whole = load_faceset(tmp_path / "whole").manifest()
    with Image.open(portraits / "a.jpg") as image:
        assert whole.loc[0, ["box_right", "box_bottom"]].tolist() == [max(image.size)] * 2 or (
            whole.loc[0, ["box_right", "box_bottom"]].tolist() == list(image.size)
        )


def test_one_picture_is_cut_as_in_a_set(table, crops, tmp_path):
    prepare(table([row(crops[0])]), tmp_path / "set", SMALL)
    face = prepare_picture(crops[0], PrepareConfig(size=32, per_class=5))
    assert np.array_equal(face, load_faceset(tmp_path / "set").read(np.array([0]))[0])
    with pytest.raises(CircumplexError, match=r"gone.png: missing file; choose another"):
        prepare_picture(tmp_path / "gone.png")


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 4},
        {"channels": 2},
        {"detector": "yolo"},
        {"align": "eyes"},
        {"choose": "first"},
        {"min_confidence": 1.5},
        {"val_fraction": 1.0},
        {"per_class": 0},
        {"smallest": float("nan")},
    ],
)
def test_settings_check_themselves(wrong):
    with pytest.raises(CircumplexError, match=next(iter(wrong))):
        PrepareConfig(**wrong)


def test_nothing_usable_says_why_and_leaves_nothing(table, tmp_path):
    with pytest.raises(CircumplexError, match="2 x missing file"):
        prepare(table([row("a.png"), row("b.png")]), tmp_path / "set", SMALL)
    assert not (tmp_path / "set").exists()
    (tmp_path / "none.csv").write_text("path,valence,arousal\n")
    with pytest.raises(CircumplexError, match="lists no faces"):
        prepare(tmp_path / "none.csv", tmp_path / "none", SMALL)


def test_one_face_and_one_class_are_enough(table, crops, tmp_path):
    config = PrepareConfig(size=32, val_fraction=0.0)
    prepare(table([row(crops[0])]), tmp_path / "set", config)
    faceset = load_faceset(tmp_path / "set")
    assert len(faceset) == 1
    assert faceset.class_weights().tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


def test_a_finished_set_is_not_made_twice_nor_mixed_with_another(table, crops, tmp_path):
    source = table([row(crop) for crop in crops[:3]])
    info = prepare(source, tmp_path / "set", SMALL)
    stamp = (tmp_path / "set" / "faces.npy").stat().st_mtime_ns
    assert prepare(source, tmp_path / "set", SMALL) == info
    assert (tmp_path / "set" / "faces.npy").stat().st_mtime_ns == stamp
    with pytest.raises(CircumplexError, match="other settings; choose another folder"):
        prepare(source, tmp_path / "set", PrepareConfig(size=48))
    with pytest.raises(CircumplexError, match="another source"):
        prepare(table([row(crop) for crop in crops[:4]]), tmp_path / "set", SMALL)


def test_a_damaged_set_is_made_again(table, crops, tmp_path):
    source = table([row(crop) for crop in crops[:3]])
    prepare(source, tmp_path / "set", SMALL)
    whole = (tmp_path / "set" / "faces.npy").read_bytes()
    (tmp_path / "set" / "faces.npy").unlink()
    prepare(source, tmp_path / "set", SMALL)
    assert (tmp_path / "set" / "faces.npy").read_bytes() == whole


def test_the_same_names_in_another_folder_are_another_source(crops, tmp_path):
    for name, crop in (("a", crops[0]), ("b", crops[1])):
        (tmp_path / name / "happy").mkdir(parents=True)
        shutil.copyfile(crop, tmp_path / name / "happy" / "face.png")
    prepare(tmp_path / "a", tmp_path / "set", SMALL)
    with pytest.raises(CircumplexError, match="another source"):
        prepare(tmp_path / "b", tmp_path / "set", SMALL)


def test_damage_and_other_versions_are_seen_at_opening(table, crops, tmp_path):
    folder = tmp_path / "set"
    prepare(table([row(crop) for crop in crops[:2]]), folder, SMALL)
    with pytest.raises(CircumplexError, match="no column nonsense"):
        load_faceset(folder).manifest(["nonsense"])
    info = json.loads((folder / "faceset.json").read_text())
    (folder / "faceset.json").write_text(json.dumps(info | {"version": 99}))
    with pytest.raises(CircumplexError, match="version 99"):
        load_faceset(folder)
    (folder / "faceset.json").write_text(json.dumps(info))
    with (folder / "faces.npy").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(CircumplexError, match="damaged"):
        load_faceset(folder)
    with pytest.raises(CircumplexError, match="no folder"):
        load_faceset(tmp_path / "nowhere")
