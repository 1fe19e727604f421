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
