"""Codes of expressions: read by the book that was named or proven, and by no other."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.sets import open_source
from faces.sets.sources.code_books import BOOKS, code_of, open_book
from faces.sets.sources.words import expression_of

CASES = Path(__file__).parents[3] / "data" / "cases"
#: One face of each of RAF-DB's codes, with ratings that fit what the codes mean there.
RATED = pd.DataFrame(
    {
        "path": [f"{code}.png" for code in range(1, 8)],
        "label": range(1, 8),
        # surprise, fear, disgust, happiness, sadness, anger, neutral
        "valence": [0.2, -0.3, -0.6, 0.9, -0.7, -0.5, 0.0],
        "arousal": [0.8, 0.7, 0.3, 0.3, -0.3, 0.7, -0.1],
    }
)


@pytest.fixture
def rated(tmp_path) -> Path:
    RATED.to_csv(tmp_path / "faces.csv", index=False)
    return tmp_path / "faces.csv"


def test_codes_without_a_book_are_refused(rated):
    with pytest.raises(CircumplexError, match=r"codes \(1, .*7\).*affectnet or raf-db or ckplus"):
        open_source(rated)


def test_one_file_under_each_book(rated):
    """Happiness is pleasant and fear is not, under the right book alone."""
    right = {}
    for name in ("affectnet", "raf-db", "fer2013", "ckplus"):
        faces = open_source(rated, codes=name).faces.dropna(subset="expression")
        valence = faces.set_index("expression")["valence"]
        right[name] = bool(valence["happiness"] > 0.5 and (valence[["fear", "sadness"]] < 0).all())
    assert right == {"affectnet": False, "raf-db": True, "fer2013": False, "ckplus": False}


def test_seven_is_neutral_in_rafdb(rated):
    source = open_source(rated, codes="raf-db")
    assert source.faces["expression"].tolist()[-1] == "neutral"
    assert any("by the codes of raf-db (1 surprise" in note for note in source.notes)
    assert open_source(rated, codes="affectnet").faces["expression"].tolist()[-1] == "contempt"


def test_codes_that_a_book_does_not_define_are_rejected(rated):
    faces = open_source(rated, codes="fer2013").faces
    assert faces["reason"].tolist()[-1] == "expression code that fer2013 does not define"


def test_codes_can_be_left(rated):
    source = open_source(rated, codes="none")
    assert not source.faces["expression"].notna().any()
    assert source.has_affect and source.faces["reason"].isna().all()


@pytest.mark.parametrize(
    "text",
    ["0 anger\n1 happy\n", "0,Angry\n1,Happy\n", "0: anger\n1: joy\n", '{"0": "anger", "1": "joy"}',
     '["angry", "happy"]', "names: [Anger, Happy]\nnc: 2\n"],
)  # fmt: skip
def test_books_of_ones_own(tmp_path, text):
    (tmp_path / "book.txt").write_text(text)
    assert open_book(str(tmp_path / "book.txt")).expressions == {"0": "anger", "1": "happiness"}


def test_letters_are_codes_in_any_case(tmp_path, crops):
    (tmp_path / "book.txt").write_text("ha happy\nsa sad\nxx bored\n")
    table = pd.DataFrame({"path": ["a.png", "b.png", "c.png"], "emotion": ["ha", "Sa", "xx"]})
    table.to_csv(tmp_path / "faces.csv", index=False)
    faces = open_source(tmp_path / "faces.csv", codes=str(tmp_path / "book.txt")).faces
    assert faces["expression"].tolist() == ["happiness", "sadness", None]
    assert faces["reason"].tolist() == [None, None, "expression code XX: bored"]


@pytest.mark.parametrize("text", ["", "0 car\n1 house\n", "nonsense"])
def test_books_that_are_none(tmp_path, text):
    (tmp_path / "book.txt").write_text(text)
    with pytest.raises(CircumplexError, match="no code an expression"):
        open_book(str(tmp_path / "book.txt"))
    with pytest.raises(CircumplexError, match="no code book and no file"):
        open_book("rafdbb")


def test_codes_are_whole_numbers_however_written():
    assert [code_of(word) for word in ("7", "07", "7.0", "-1", "7.5", "happy", "")] == [
        "7", "7", "7", "-1", None, None, None,
    ]  # fmt: skip


def test_rafdbs_own_list_proves_its_book(tmp_path, crops):
    (tmp_path / "EmoLabel").mkdir()
    shutil.copy(CASES / "list_patition_label.txt", tmp_path / "EmoLabel")
    # tables beside it do not matter
    shutil.copy(CASES / "rafdb_train_labels.csv", tmp_path / "train_labels.csv")
    listed = (CASES / "list_patition_label.txt").read_text().split()[::2]
    pictures = tmp_path / "Image" / "aligned"
    pictures.mkdir(parents=True)
    for number, name in enumerate(listed):
        shutil.copy(crops[number % 40], pictures / name.replace(".jpg", "_aligned.jpg"))
    source = open_source(tmp_path)
    assert source.form == "rafdb"
    assert len(source) == 56
    assert source.faces["split"].value_counts().to_dict() == {"train": 47, "test": 9}
    first = source.faces.iloc[0]
    assert first["expression"] == "neutral"
    assert (source.root / first["path"]).is_file()
    assert open_source(tmp_path / "EmoLabel" / "list_patition_label.txt").form == "rafdb"
    with pytest.raises(CircumplexError, match="--codes"):
        open_source(tmp_path / "train_labels.csv")
    table = open_source(tmp_path / "train_labels.csv", codes="raf-db").faces
    assert table["expression"].tolist() == source.faces["expression"].tolist()


def test_numbered_folders_want_a_book(tmp_path, crops):
    for code in range(1, 8):
        for split in ("train", "test"):
            folder = tmp_path / "DATASET" / split / str(code)
            folder.mkdir(parents=True)
            shutil.copy(crops[code], folder / f"{split}_{code}.jpg")
    with pytest.raises(CircumplexError, match=r"folders, names expressions by codes"):
        open_source(tmp_path)
    source = open_source(tmp_path, codes="raf-db")
    assert source.form == "classes"
    by_name = source.faces.set_index("path")
    assert by_name.loc["DATASET/train/7/train_7.jpg", "expression"] == "neutral"
    assert by_name.loc["DATASET/test/1/test_1.jpg", ["expression", "split"]].tolist() == [
        "surprise",
        "test",
    ]
    unread = open_source(tmp_path, codes="none")
    assert unread.faces["reason"].isna().all()
    folders = {Path(path).parent.name for path in unread.faces["path"]}
    assert unread.notes[0] == f"{len(folders)} class folders"
    assert "left unread" in unread.notes[1] and "no expression" not in " ".join(unread.notes)


def test_folders_called_class_are_numbered_too_and_people_may_be_unlabelled(tmp_path, crops):
    for code in (1, 2):
        (tmp_path / f"class{code:03d}").mkdir()
        shutil.copy(crops[code], tmp_path / f"class{code:03d}")
    with pytest.raises(CircumplexError, match="--form pictures"):
        open_source(tmp_path)
    faces = open_source(tmp_path, codes="raf-db").faces
    assert faces["expression"].tolist() == ["surprise", "fear"]
    # what is explained is the folder's own name
    faces = open_source(tmp_path, codes="raf-db", explained={"class001": "anger"}).faces
    assert faces["expression"].tolist() == ["anger", "fear"]
    assert len(open_source(tmp_path, form="pictures")) == 2


def test_class_names_in_a_parquets_metadata_prove_the_book(tmp_path, crops):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    cells = [{"bytes": crop.read_bytes(), "path": None} for crop in crops[:3]]
    table = pa.table({"image": cells, "label": [0, 1, 2]})
    with pytest.raises(CircumplexError, match="--codes"):
        parquet.write_table(table, tmp_path / "train-00000-of-00001.parquet")
        open_source(tmp_path)
    features = {"label": {"names": ["anger", "joy", "neutral"], "_type": "ClassLabel"}}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(
        table.replace_schema_metadata(about), tmp_path / "train-00000-of-00001.parquet"
    )
    source = open_source(tmp_path)
    assert source.faces["expression"].tolist() == ["anger", "happiness", "neutral"]
    assert source.faces["split"].tolist() == ["train"] * 3
    assert [source.pictures.read(path) for path in source.faces["path"]] == [
        crop.read_bytes() for crop in crops[:3]
    ]


@pytest.mark.parametrize("codes", [("sentiment", "label"), ("label", "sentiment")])
def test_class_names_of_one_column_prove_nothing_of_another(tmp_path, crops, codes):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    cells = [{"bytes": crop.read_bytes(), "path": None} for crop in crops[:3]]
    table = pa.table({"image": cells, "sentiment": [0, 1, 2], "label": [0, 1, 2]})
    names = {"sentiment": ["negative", "neutral", "positive"], "label": ["angry", "happy", "sad"]}
    features = {name: {"names": names[name], "_type": "ClassLabel"} for name in codes}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(about), tmp_path / "train.parquet")
    source = open_source(tmp_path / "train.parquet")
    assert source.faces["expression"].tolist() == ["anger", "happiness", "sadness"]
    del features["label"]
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(about), tmp_path / "train.parquet")
    with pytest.raises(CircumplexError, match="--codes"):
        open_source(tmp_path / "train.parquet")


def test_books_agree_with_what_the_sets_published():
    assert BOOKS["raf-db"].expressions["7"] == "neutral"
    assert BOOKS["fer2013"].expressions["3"] == "happiness"
    assert BOOKS["ckplus"].expressions["2"] == "contempt"
    assert BOOKS["affectnet"].others == {"8": "none", "9": "uncertain", "10": "no-face"}


def test_rafdb_takes_aligned_pictures_before_originals_and_names_odd_lines(tmp_path, crops):
    (tmp_path / "EmoLabel").mkdir()
    names = [f"train_{number:05d}" for number in range(1, 4)]
    lines = [f"{name}.jpg {code}" for code, name in enumerate(names, 4)]
    listed = "\n".join([*lines, "", "train_00009.jpg", "train 7.jpg 3"])
    (tmp_path / "EmoLabel" / "list_patition_label.txt").write_text(listed)
    for folder, ending in (("original", ""), ("aligned", "_aligned")):
        (tmp_path / "Image" / folder).mkdir(parents=True)
        for number, name in enumerate(names):
            shutil.copy(crops[number], tmp_path / "Image" / folder / f"{name}{ending}.jpg")
    for images in (None, tmp_path / "Image", tmp_path / "Image" / "original"):
        source = open_source(tmp_path, images=images)
        original = images is not None and images.name == "original"
        ending = ".jpg" if original else "_aligned.jpg"
        assert source.root.name == ("original" if original else "aligned")
        assert source.faces["path"].tolist()[:3] == [f"{name}{ending}" for name in names]
        assert all((source.root / path).is_file() for path in source.faces["path"][:3])
        odd = source.faces[source.faces["reason"].notna()].set_index("path")["reason"]
        why = "line that is not a name and a code"
        assert odd.to_dict() == {"train_00009.jpg": why, "train 7.jpg 3": why}
        assert source.faces["expression"].tolist()[:3] == ["happiness", "sadness", "anger"]


def test_folders_that_a_framework_numbered_are_read_in_the_order_of_their_names(tmp_path):
    """torchvision, Keras and YOLO number folders as they are sorted, so that 4 is neutral."""
    folders = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    for words, name in ((folders, "alphabetical"), ((*folders, "contempt"), "alphabetical-8")):
        meant = [expression_of(word) for word in sorted(words)]
        assert list(BOOKS[name].expressions.values()) == meant
    pd.DataFrame({"path": ["a.png"], "label": [4]}).to_csv(tmp_path / "faces.csv", index=False)
    with pytest.raises(CircumplexError, match="or alphabetical or alphabetical-8: say"):
        open_source(tmp_path / "faces.csv")
    read = [
        open_source(tmp_path / "faces.csv", codes=name).faces["expression"][0]
        for name in ("fer2013", "alphabetical", "alphabetical-8")
    ]
    assert read == ["sadness", "neutral", "happiness"]
