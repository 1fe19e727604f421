"""The table of landmarks: whole, typed, with the reasons of what is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.readers.landmarks.table import (
    BLENDSHAPES,
    COLUMNS,
    FACE_COLUMNS,
    Landmarks,
    LandmarkTable,
    Missing,
    points_of,
    read_landmarks,
)


def face(seed: int) -> Landmarks:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(478, 3)).astype(np.float32)
    return Landmarks(
        points, np.zeros(52, np.float32), np.eye(4, dtype=np.float32), np.arange(4) + seed
    )


def test_names_and_columns() -> None:
    assert len(set(BLENDSHAPES)) == 52
    assert COLUMNS[:4] == ("video_filename", "frame_num", "emotion", "x_0")
    assert COLUMNS[-1] == "z_477" and len(COLUMNS) == 3 + 3 * 478


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=6))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, bool]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "landmarks.parquet"
    with LandmarkTable(path) as table:
        for number, (name, found) in enumerate(rows):
            emotion = "fear" if number % 2 else None
            result = face(number) if found else Missing("no face", name)
            table.add(name, number, emotion, result, face=number % 3)
    back = read_landmarks(path)
    assert list(back.columns) == [*COLUMNS, *FACE_COLUMNS, "reason"]
    assert list(back["face"]) == [number % 3 for number in range(len(rows))]
    assert list(back["video_filename"]) == [name for name, _ in rows]
    assert list(back["frame_num"]) == list(range(len(rows)))
    points = points_of(back)
    for number, (name, found) in enumerate(rows):
        if found:
            assert back["reason"][number] is None
            assert np.array_equal(points[number], face(number).points)
            box = back.loc[number, ["left", "top", "right", "bottom"]]
            assert list(box) == [number, number + 1, number + 2, number + 3]
            assert back["turned"][number] == 0
        else:
            assert back["reason"][number] == str(Missing("no face", name))
            assert np.isnan(points[number]).all()


def test_the_file_has_the_columns_only_and_nulls_for_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "landmarks.parquet"
    with LandmarkTable(path) as table:
        table.add("a.png", 0, "anger", face(0))
        table.add("b.png", 0, "anger", Missing("no face"))
    stored = pq.read_table(path)
    assert stored.column_names == [*COLUMNS, *FACE_COLUMNS]
    assert stored.schema.field("x_0").type == pa.float32()
    assert stored["y_477"].null_count == 1 and stored["emotion"].null_count == 0
    assert stored["time_s"].null_count == stored["person"].null_count == 2  # pictures


def test_more_rows_than_are_held_at_once(tmp_path: Path) -> None:
    path, one = tmp_path / "many.parquet", face(1)
    with LandmarkTable(path) as table:
        for number in range(1100):
            table.add("clip.mp4", number, None, Missing("no face") if number == 700 else one)
    back = read_landmarks(path)
    assert list(back["frame_num"]) == list(range(1100))
    assert back.index[back["reason"].notna()].tolist() == [700]


def test_an_error_leaves_no_file_and_the_same_call_the_same_bytes(tmp_path: Path) -> None:
    def write(path: Path, fails: bool = False) -> bytes:
        with LandmarkTable(path) as table:
            table.add("a.png", 0, None, face(3))
            if fails:
                raise KeyboardInterrupt
        return path.read_bytes()

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "x.parquet", fails=True)
    assert list(tmp_path.iterdir()) == []
    assert write(tmp_path / "x.parquet") == write(tmp_path / "y.parquet")


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, content in (("text.parquet", b"no"), ("gone.parquet", None)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(CircumplexError, match=name):
            read_landmarks(tmp_path / name)
    pd.DataFrame({"video_filename": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(CircumplexError, match="frame_num"):
        read_landmarks(tmp_path / "other.parquet")
