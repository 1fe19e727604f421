"""Tables as input of `measure`: pictures beside and within them, and no code without a book."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_pictures import in_frame, portrait
from PIL import Image

from faces import FaceReader
from faces.ground.digests import bytes_digest
from faces.ground.errors import CircumplexError
from faces.readers import inputs
from faces.readers.done_files import DoneFile
from faces.readers.inputs import find_inputs
from faces.sets import open_source


def _first(drawn: Path, count: int) -> list[Path]:
    return sorted((drawn / "images" / "train").iterdir())[:count]


def test_pictures_within_a_table_are_read(drawn: Path, tmp_path: Path) -> None:
    data = [file.read_bytes() for file in _first(drawn, 3)]
    table = pd.DataFrame(
        {"image": [{"bytes": each} for each in data], "label": ["happy", "sad", ""]}
    )
    table.to_parquet(tmp_path / "faces.parquet")
    tasks = list(find_inputs([tmp_path / "faces.parquet"]).tasks())
    assert [task.emotion for task in tasks] == ["happiness", "sadness", None]
    assert [task.digest for task in tasks] == [bytes_digest(each) for each in data]
    for task, file in zip(tasks, _first(drawn, 3), strict=True):
        assert task.pixels is not None
        assert np.array_equal(task.pixels[..., 0], np.asarray(Image.open(file)))


def test_places_in_a_large_picture_within_a_table_are_those_of_the_whole(tmp_path: Path) -> None:
    whole = in_frame([(portrait("female_03"), 600, (1200, 300))], (2400, 1200))
    Image.fromarray(whole).save(tmp_path / "large.png")
    data = (tmp_path / "large.png").read_bytes()
    pd.DataFrame({"image": [{"bytes": data}]}).to_parquet(tmp_path / "faces.parquet")
    (task,) = find_inputs([tmp_path / "faces.parquet"]).tasks()
    assert task.size == (2400, 1200)
    with FaceReader(pixel=None, affect=None) as reader:
        (within,) = reader.read_files([tmp_path / "faces.parquet"])
        (beside,) = reader.read_files([tmp_path / "large.png"])
    assert within.landmarks is not None and beside.landmarks is not None
    assert np.allclose(within.landmarks.box, beside.landmarks.box, atol=8)


def test_codes_without_a_book_are_no_label(drawn: Path, tmp_path: Path) -> None:
    paths = [str(file) for file in _first(drawn, 2)]
    pd.DataFrame({"path": paths, "label": [7, 3]}).to_csv(tmp_path / "faces.csv", index=False)
    tasks = list(find_inputs([tmp_path / "faces.csv"]).tasks())
    assert [task.emotion for task in tasks] == [None, None]
    assert [task.missing for task in tasks] == [None, None]


def test_codes_have_the_meaning_of_the_book_that_was_named(drawn: Path, tmp_path: Path) -> None:
    """In tables and in the names of folders; what is left unread is said, or refused."""
    data = _first(drawn, 2)
    table = tmp_path / "faces.csv"
    pd.DataFrame({"path": map(str, data), "label": [7, 3]}).to_csv(table, index=False)
    for folder, file in zip(("7", "3"), data, strict=True):
        (tmp_path / "numbered" / folder).mkdir(parents=True)
        shutil.copy(file, tmp_path / "numbered" / folder)
    for codes, seven, three in (
        ("raf-db", "neutral", "disgust"),
        ("affectnet", "contempt", "surprise"),
        ("none", None, None),
    ):
        found = find_inputs([table, tmp_path / "numbered"], codes=codes)
        assert [task.emotion for task in found.tasks()] == [seven, three, three, seven]
    assert "--codes says whose they are" in find_inputs([table]).notes[0]
    with pytest.raises(CircumplexError, match=r"by codes \(3, 7\)"):
        find_inputs([table], codes=None)


def test_pictures_within_a_table_that_are_done_are_not_decoded_again(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time, when it is asked for; a damaged one as well."""
    data = [*(file.read_bytes() for file in _first(drawn, 3)), b"no picture"]
    pd.DataFrame({"image": [{"bytes": each} for each in data]}).to_parquet(tmp_path / "a.parquet")
    decode, decoded = inputs.decode, []

    def counted(data: bytes, *sizes: Any) -> Any:
        decoded.append(data)
        return decode(data, *sizes)

    monkeypatch.setattr(inputs, "decode", counted)
    found = find_inputs([tmp_path / "a.parquet"])
    paths = [task.path for task in found.tasks()]
    assert decoded == data
    for count in range(1, 5):
        decoded.clear()
        remaining = found.remaining(
            [DoneFile(path, 0, True, None, None, None) for path in paths[:count]]
        )
        assert remaining is not None and decoded == []
        assert [task.path for task in remaining] == paths[count:] and decoded == data[count:]


def _placed(tmp_path: Path, places: list[str]) -> Path:
    """Empty files that are pictures by their names; which is all that is looked at."""
    for place in places:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    return tmp_path


def test_folders_say_the_same_to_measure_and_prepare(tmp_path: Path) -> None:
    """Words before codes, the outermost code, codes after `class`, and why a face is left out."""
    places = ["happy/1/a.jpg", "class003/b.jpg", "2/1/c.jpg", "99/d.jpg"]
    folder = _placed(tmp_path / "set", places)
    rows = open_source(folder, form="classes", codes="raf-db").faces.set_index("path")
    assert rows["expression"].to_dict() == {
        "happy/1/a.jpg": "happiness",
        "class003/b.jpg": "disgust",
        "2/1/c.jpg": "fear",
        "99/d.jpg": None,
    }
    found = {
        Path(file.task.path).relative_to(folder).as_posix(): file.task
        for file in find_inputs([folder], codes="raf-db").files()
    }
    assert {path: task.emotion for path, task in found.items()} == rows["expression"].to_dict()
    reasons = {path: task.missing and task.missing.reason for path, task in found.items()}
    assert reasons == rows["reason"].to_dict()
    assert reasons["99/d.jpg"] == "expression code that raf-db does not define"


def test_the_folder_that_was_named_says_what_those_within_do_not(tmp_path: Path) -> None:
    places = ["happy/1/a.jpg", "7/b.jpg", "7/train/3/c.jpg", "2024/d.jpg"]
    folder = _placed(tmp_path, places)
    roots = [folder / name for name in ("happy", "7", "2024")]
    tasks = [file.task for file in find_inputs(roots, codes="raf-db").files()]
    assert [task.emotion for task in tasks] == ["happiness", "neutral", "disgust", None]
    assert tasks[2].split == "train"
    # a year is no code
    assert not any(task.missing for task in tasks)


def test_numbered_folders_are_refused_where_their_labels_are_learned_from(tmp_path: Path) -> None:
    folder = _placed(tmp_path / "set", ["1/a.jpg", "2/b.jpg"])
    for paths in ([folder], sorted(folder.iterdir()), sorted(folder.glob("*/*"))):
        with pytest.raises(CircumplexError, match=r"set, in the names of its folders, .*\(1, 2\)"):
            find_inputs(paths, codes=None)
        for codes in ("none", "proven"):
            tasks = [file.task for file in find_inputs(paths, codes=codes).files()]
            assert not any(task.emotion or task.missing for task in tasks)
    # years, and numbers beside words, are no classes
    dated = _placed(tmp_path / "dated", ["2023/1/a.jpg", "2024/1/b.jpg"])
    mixed = _placed(tmp_path / "mixed", ["1/a.jpg", "2/b.jpg", "happy/c.jpg"])
    emotions = [file.task.emotion for file in find_inputs([dated, mixed], codes=None).files()]
    assert emotions == [None, None, None, None, "happiness"]


def test_patterns_are_what_they_match_wherever_paths_are_given(tmp_path: Path) -> None:
    folder = _placed(tmp_path, ["a/x.jpg", "a/deep/y.jpg", "z.png"])
    found = find_inputs([folder / "**" / "*.jpg"]).items
    assert [item.path.name for item in found] == ["y.jpg", "x.jpg"]


def test_columns_and_words_mean_what_was_said_of_them(drawn: Path, tmp_path: Path) -> None:
    """In tables and in the names of folders, as in `prepare`."""
    data = _first(drawn, 4)
    table = tmp_path / "faces.csv"
    words = ["Freude", "Trauer", "egal", "egal"]
    pd.DataFrame({"Bild": map(str, data), "Gefühl": words}).to_csv(table, index=False)
    for folder, file in zip(("Freude", "egal"), data, strict=False):
        (tmp_path / "sorted" / folder).mkdir(parents=True)
        shutil.copy(file, tmp_path / "sorted" / folder)
    columns = {"path": "Bild", "expression": "Gefühl"}
    explained = {"Freude": "happiness", "Trauer": "sadness", "egal": "none"}
    found = find_inputs([table, tmp_path / "sorted"], columns=columns, explained=explained)
    tasks = [(task.emotion, task.missing and task.missing.reason) for task in found.tasks()]
    left = (None, "'egal' is left out")
    happy = ("happiness", None)
    assert tasks == [happy, ("sadness", None), left, left, happy, left]
    with pytest.raises(CircumplexError, match="--column path=NAME --column expression=NAME"):
        find_inputs([table])
    with pytest.raises(CircumplexError, match="--column is for tables"):
        find_inputs([tmp_path / "sorted"], columns=columns)
