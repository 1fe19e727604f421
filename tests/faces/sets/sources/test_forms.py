"""Forms in which sets of faces are shared: each is recognised and read, built small here."""

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, load_faceset, open_source, prepare
from faces.sets.sources.fer2013 import EMOTIONS

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
    for ours, crop in zip(_pixels(tmp_path / "set"), crops, strict=False):
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
    prepare(fer2013, tmp_path / "set", AS_THEY_ARE)
    assert load_faceset(tmp_path / "set").manifest()["votes_contempt"].tolist() == [9, 9, 9, 4, 9]
    votes.head(5).to_csv(fer2013 / "fer2013new.csv", index=False)
    with pytest.raises(CircumplexError, match="not row for row"):
        open_source(fer2013)


@pytest.mark.parametrize("layout", ["{split}/{kind}", "{kind}/{split}"])
def test_yolo(tmp_path, crops, layout):
    shutil.copy(CASES / "data.yaml", tmp_path)
    boxes = {"a": "4 0.5 0.5 0.5 1.0\n", "b": "0 0.2 0.2 0.1 0.1\n6 0.5 0.5 0.9 0.9\n", "c": ""}
    for number, (name, text) in enumerate(boxes.items()):
        for kind, data in (("images", crops[number].read_bytes()), ("labels", text.encode())):
            folder = tmp_path / layout.format(kind=kind, split="valid")
            folder.mkdir(parents=True, exist_ok=True)
            suffix = ".png" if kind == "images" else ".txt"
            (folder / f"{name}{suffix}").write_bytes(data)
    source = open_source(tmp_path)
    assert source.form == "yolo"
    faces = source.faces
    # data.yaml has them by the alphabet: 4 is happy, 6 is sad
    assert faces["expression"].tolist() == ["happiness", "sadness", None]
    assert faces["reason"].tolist() == [None, None, "no face in the label file"]
    assert faces["split"].tolist() == ["val"] * 3
    assert faces.iloc[0][["box_left", "box_top", "box_right", "box_bottom"]].tolist() == [
        12, 0, 36, 48,
    ]  # fmt: skip


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


def _zip(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(folder.rglob("*")):
            opened.write(file, f"top/{file.relative_to(folder)}")


def _tar(folder: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as opened:
        opened.add(folder, "top")


@pytest.mark.parametrize("pack", [("a.zip", _zip), ("a.tar", _tar), ("a.tar.gz", _tar)])
@pytest.mark.parametrize("labelled", [False, True])
def test_folders_and_archives_of_faces(tmp_path, crops, pack, labelled):
    name, write = pack
    folder = tmp_path / "faces"
    for number, crop in enumerate(crops[:4]):
        inner = folder / (("happy", "sad")[number % 2] if labelled else "some")
        inner.mkdir(parents=True, exist_ok=True)
        shutil.copy(crop, inner / f"{number}.png")
    (folder / "readme.txt").write_text("no picture")
    write(folder, tmp_path / name)
    for path in (folder, tmp_path / name):
        source = open_source(path)
        assert source.form == ("classes" if labelled else "pictures")
        assert source.faces["path"].notna().sum() == 5
        assert source.faces["reason"].notna().sum() == 1
        assert source.has_expressions == labelled
        assert not source.has_affect
        info = prepare(path, tmp_path / f"set of {path.name}", AS_THEY_ARE)
        assert info["counts"]["kept"] == 4
        assert info["counts"]["with_expression"] == (4 if labelled else 0)
    ours, packed = (_pixels(tmp_path / f"set of {each}") for each in ("faces", name))
    assert np.array_equal(ours, packed)


def test_a_set_out_of_an_archive_is_found_again_and_made_once(tmp_path, crops):
    (tmp_path / "faces").mkdir()
    for crop in crops[:3]:
        shutil.copy(crop, tmp_path / "faces")
    _zip(tmp_path / "faces", tmp_path / "a.zip")
    first = prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE)
    assert prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE) == first
    (tmp_path / "a.zip").unlink()
    shutil.copy(crops[7], tmp_path / "faces" / crops[0].name)
    _zip(tmp_path / "faces", tmp_path / "a.zip")
    with pytest.raises(CircumplexError, match="of another source"):
        prepare(tmp_path / "a.zip", tmp_path / "set", AS_THEY_ARE)


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


def test_a_damaged_archive_says_so(tmp_path):
    for name in ("a.zip", "a.tar"):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 100)
        with pytest.raises(CircumplexError, match="no readable archive"):
            open_source(tmp_path / name)
