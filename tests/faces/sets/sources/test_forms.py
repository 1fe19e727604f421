"""Forms in which sets of faces are shared: each is recognised and read, built small here."""

import io
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.circumplex import PLACES
from faces.ground.errors import CircumplexError
from faces.readers.inputs import find_inputs
from faces.sets import PrepareConfig, load_faceset, open_source, prepare
from faces.sets.folders import list_folder
from faces.sets.sources import trees
from faces.sets.sources.fer2013 import EMOTIONS, labels_of

CASES = Path(__file__).parents[3] / "data" / "cases"
AS_THEY_ARE = PrepareConfig(size=48, detector="none", val_fraction=0.0)
USAGES = ("Training", "Training", "Training", "PublicTest", "PrivateTest", "Training")


@pytest.fixture
def fer2013(tmp_path, crops) -> Path:
    """fer2013.csv of six faces, with codes 0 to 5."""
    pixels = [" ".join(map(str, np.asarray(Image.open(each)).ravel())) for each in crops[:6]]
    table = pd.DataFrame({"emotion": range(6), "pixels": pixels, "Usage": USAGES})
    table.to_csv(tmp_path / "fer2013.csv", index=False)
    return tmp_path


def _pixels(path: Path) -> list[np.ndarray]:
    faces = load_faceset(path)
    return list(faces.read(np.arange(len(faces)))[:, 0])


def test_fer2013_alone(fer2013, crops, tmp_path):
    source = open_source(fer2013)
    assert source.form == "fer2013"
    assert source.faces["expression"].tolist() == [
        "anger", "disgust", "fear", "happiness", "sadness", "surprise",
    ]  # fmt: skip
    assert source.faces["split"].tolist() == ["train"] * 3 + ["val", "test", "train"]
    prepare(fer2013 / "fer2013.csv", tmp_path / "set", AS_THEY_ARE)
    pixels = _pixels(tmp_path / "set")
    for ours, crop in zip(pixels, crops[:6], strict=True):
        assert np.abs(ours.astype(int) - np.asarray(Image.open(crop))).max() <= 1


def test_fer2013_with_votes(fer2013, tmp_path):
    votes = pd.DataFrame(0, index=range(6), columns=[*EMOTIONS, "unknown", "NF"])
    votes.loc[range(5), "contempt"] = [9, 9, 9, 4, 9]
    votes.insert(0, "Image name", [f"fer{n:07d}.png" for n in range(5)] + [None])
    votes.insert(0, "Usage", USAGES)
    votes.to_csv(fer2013 / "fer2013new.csv", index=False)
    source = open_source(fer2013)
    assert source.faces["expression"].tolist() == ["contempt"] * 3 + [None, "contempt", None]
    assert source.faces["reason"].tolist() == [None] * 5 + ["struck out by FER+: not a face"]
    valence, arousal = (source.faces[name].to_numpy() for name in ("valence", "arousal"))
    known = [0, 1, 2, 4]
    assert np.allclose(valence[known], -0.55) and np.allclose(arousal[known], 0.2)
    assert np.isnan(valence[[3, 5]]).all() and np.isnan(arousal[[3, 5]]).all()
    prepare(fer2013, tmp_path / "set", replace(AS_THEY_ARE, require_labels=False))
    assert load_faceset(tmp_path / "set").manifest()["votes_contempt"].tolist() == [9, 9, 9, 4, 9]
    votes.head(5).to_csv(fer2013 / "fer2013new.csv", index=False)
    with pytest.raises(CircumplexError, match="not row for row"):
        open_source(fer2013)


def test_votes_for_two_expressions_lie_between_their_places():
    votes = np.zeros((2, len(EMOTIONS)), int)
    votes[0, [EMOTIONS.index("happiness"), EMOTIONS.index("neutral")]] = 4
    votes[1, EMOTIONS.index("sadness")] = 4
    expression, valence, arousal = labels_of(votes)
    assert expression.tolist() == ["neutral", None]
    assert np.allclose([valence[0], arousal[0]], np.array(PLACES["happiness"]) / 2, atol=1e-4)
    assert np.isnan([valence[1], arousal[1]]).all()


def test_kdef_names(tmp_path, crops):
    names = ("AF01ANS", "AF01AFHL", "BM35HAS", "AM02NES", "BF01SUHR")
    for number, name in enumerate(names):
        (tmp_path / name[:4]).mkdir(exist_ok=True)
        shutil.copy(crops[number], tmp_path / name[:4] / f"{name}.JPG")
    source = open_source(tmp_path)
    assert source.form == "kdef"
    by_name = {Path(row["path"]).stem: row for row in source.records()}
    assert [(by_name[n]["expression"], by_name[n]["identity"]) for n in names] == [
        ("anger", "F01"), ("fear", "F01"), ("happiness", "M35"), ("neutral", "M02"),
        ("surprise", "F01"),
    ]  # fmt: skip


def test_class_folders_by_usual_names(tmp_path, crops):
    names = ("0_neutral", "1 - Happiness", "Suprise", "Sadness", "angry_faces", "Joy2", "junk")
    for number, name in enumerate(names):
        (tmp_path / name).mkdir()
        shutil.copy(crops[number], tmp_path / name)
    source = open_source(tmp_path, explained={"joy2": "happiness"})
    expressions = source.faces.set_index(source.faces["path"].str.split("/").str[0])["expression"]
    assert expressions.dropna().to_dict() == {
        "0_neutral": "neutral", "1 - Happiness": "happiness", "Suprise": "surprise",
        "Sadness": "sadness", "angry_faces": "anger", "Joy2": "happiness",
    }  # fmt: skip
    assert source.faces["reason"].dropna().tolist() == ["folder 'junk' is no expression"]
    told = "; ".join(source.notes)
    assert "1 - Happiness = happiness" in told and "Suprise = surprise" in told
    assert "no expression in junk" in told
    with pytest.raises(CircumplexError, match="is no expression"):
        open_source(tmp_path, explained={"junk": "boredom"})


def test_webdataset_shards(tmp_path, crops):
    samples = [
        ("happy", None),
        ("sad", None),
        (None, '{"emotion": "anger", "valence": -0.5, "arousal": 0.5}'),
    ]
    for shard in range(2):
        with tarfile.open(tmp_path / f"train-{shard:06d}.tar", "w") as archive:
            for number, (word, labels) in enumerate(samples):
                files = {"png": crops[shard * 3 + number].read_bytes()}
                files |= {"cls": word.encode()} if word else {}
                files |= {"json": labels.encode()} if labels else {}
                for suffix, data in files.items():
                    member = tarfile.TarInfo(f"{number:04d}.{suffix}")
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
    source = open_source(tmp_path)
    assert source.form == "shards"
    assert len(source) == 6
    assert source.faces["split"].tolist() == ["train"] * 6
    read = [source.pictures.read(path) for path in source.faces["path"]]
    assert read == [crop.read_bytes() for crop in crops[:6]]
    assert source.faces["expression"].tolist() == ["happiness", "sadness", None] * 2


def test_affectnets_folder_with_other_tables_and_pictures_elsewhere(tmp_path, crops):
    header = (
        "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
        "expression,valence,arousal\n"
    )
    lists, pictures = tmp_path / "lists", tmp_path / "disk" / "pictures"
    (pictures / "12").mkdir(parents=True)
    lists.mkdir()
    shutil.copy(crops[0], pictures / "12" / "0.png")
    points = ";".join(["20"] * 136)
    (lists / "training.csv").write_text(f"{header}12/0.png,2,3,40,41,{points},7,0.5,0.25\n")
    for other in ("subset", "notes"):
        (lists / f"{other}.csv").write_text("a,b\n1,2\n")
    source = open_source(lists, images=pictures)
    assert source.form == "affectnet-lists"
    assert source.faces["expression"].tolist() == ["contempt"]
    assert (source.root / source.faces["path"][0]).is_file()


def test_a_setting_that_a_form_has_no_use_for_is_refused(tmp_path, crops):
    shutil.copy(crops[0], tmp_path)
    with pytest.raises(CircumplexError, match="read as pictures, which has no use for --scale"):
        open_source(tmp_path, scale="1:9")


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own here")
def test_a_folder_is_listed_once_and_anew_by_the_next_call(tmp_path, crops, monkeypatch):
    listed = []

    def counted(path, follow_links):
        listed.append(path)
        return list_folder(path, follow_links)

    monkeypatch.setattr(trees, "list_folder", counted)
    for number, crop in enumerate(crops[:2], 1):
        shutil.copy(crop, tmp_path / f"{number}.png")
        assert len(open_source(tmp_path)) == len(listed) == number


def test_linked_folders_are_read_when_asked_for_and_relabel_nothing(tmp_path, crops):
    inside, beside = tmp_path / "in", tmp_path / "out"
    for number, folder in enumerate((inside / "disgust", inside / "happy", beside)):
        folder.mkdir(parents=True)
        shutil.copy(crops[number], folder / f"{number}.png")
    links = {"contempt": inside / "disgust", "_sample": inside / "happy", "sad": beside}
    for name, target in links.items():
        (inside / name).symlink_to(target)
    plain = open_source(inside).faces.set_index("path")
    assert plain["expression"].dropna().to_dict() == {
        "disgust/0.png": "disgust", "happy/1.png": "happiness",
    }  # fmt: skip
    assert plain["reason"].dropna().to_dict() == dict.fromkeys(links, "linked folder")
    followed = open_source(inside, follow_links=True).faces.set_index("path")
    assert followed["expression"].dropna().to_dict() == {
        "disgust/0.png": "disgust", "happy/1.png": "happiness", "sad/2.png": "sadness",
    }  # fmt: skip
    links_only = tmp_path / "links"
    links_only.mkdir()
    (links_only / "sad").symlink_to(beside)
    with pytest.raises(CircumplexError, match="--follow-links"):
        open_source(links_only)
    assert open_source(links_only, follow_links=True).faces["expression"].tolist() == ["sadness"]
    (inside / "faces.csv").write_text("path\ndisgust/0.png\n")
    with pytest.raises(CircumplexError, match="read as table, which has no use for --follow-links"):
        open_source(inside / "faces.csv", follow_links=True)


def test_the_nearest_folder_says_what_a_face_shows(tmp_path, crops):
    for number, name in enumerate(("Joy/sad", "Joy/more", "sad/3")):
        (tmp_path / name).mkdir(parents=True)
        shutil.copy(crops[number], tmp_path / name / "1.png")
    faces = open_source(tmp_path).faces.set_index("path")
    assert faces["expression"].to_dict() == {
        "Joy/more/1.png": "happiness", "Joy/sad/1.png": "sadness", "sad/3/1.png": "sadness",
    }  # fmt: skip
    by_measure = {
        Path(file.task.path).relative_to(tmp_path).as_posix(): file.task.emotion
        for file in find_inputs([tmp_path]).files()
    }
    assert by_measure == faces["expression"].to_dict()


def test_odd_samples_of_shards_are_rejected_by_name(tmp_path, crops):
    face = crops[0].read_bytes()
    files = {
        "0.png": face, "0.json": b'["happy"]', "1.png": crops[1].read_bytes(),
        "1.json": b'{"emotion": ["happy"], "tags": {"a": 1}}', "2.cls": b"sad",
        "3.png": crops[2].read_bytes(), "3.jpg": face, "3.cls": b"happy",
    }  # fmt: skip
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    faces = open_source(tmp_path / "a.tar", columns={"expression": "expression"}).faces
    assert faces.set_index("path")["reason"].to_dict() == {
        "a/0.png": None, "a/1.png": None, "a/2.cls": "sample without a picture",
        "a/3.png": None, "a/3.jpg": "further picture of a sample",
    }  # fmt: skip
    assert faces.set_index("path")["expression"].dropna().to_dict() == {"a/3.png": "happiness"}
    assert (
        not open_source(tmp_path / "a.tar", columns={"expression": "emotion"})
        .faces["expression"]
        .notna()
        .any()
    )


def test_people_of_shards_keep_their_numbers_where_some_have_none(tmp_path, crops):
    people = ['{"identity": 12345678901234567}', '{"identity": 7.0}', "{}"]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number, text in enumerate(people):
            for suffix, data in ((".png", crops[number].read_bytes()), (".json", text.encode())):
                member = tarfile.TarInfo(f"{number}{suffix}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    faces = open_source(tmp_path / "a.tar").faces
    assert faces["identity"].tolist() == ["12345678901234567", "7", None]
