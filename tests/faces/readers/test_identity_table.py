"""The table of embeddings, and back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces.ground.errors import CircumplexError
from faces.readers.face_reading import FaceReading
from faces.readers.identity_table import COLUMNS, IdentityTable, read_identity
from faces.readers.landmarks.table import Missing


def test_rows_come_back_with_their_people_and_reasons(tmp_path: Path) -> None:
    one, two = np.eye(2, 128, dtype=np.float32)
    table = IdentityTable(tmp_path / "who.parquet")
    table.add(FaceReading(path="a.png", embedding=one, label="anger"))
    table.add(FaceReading(path="b.png", missing=Missing("no face")))
    table.add(FaceReading(path="c.mp4", frame=3, face=1, embedding=two))
    table.add(FaceReading(path="d.png", unread={"identity": "the file is gone"}))
    table.add(FaceReading(path="e.png", embedding=one + np.float32(0.01)))
    table.write()
    assert table.people == [1, None, 2, None, 1] and table.refusal is None
    found, embeddings = read_identity(tmp_path / "who.parquet")
    assert [*found.columns, *COLUMNS[-128:]] == list(COLUMNS)
    assert found["person"].fillna(0).tolist() == [1, 0, 2, 0, 1]
    assert found["reason"].tolist() == [None, "no face", None, "the file is gone", None]
    assert found["frame"].tolist() == [0, 0, 3, 0, 0] and found["label"][0] == "anger"
    assert np.array_equal(embeddings[0], one) and np.isnan(embeddings[[1, 3]]).all()


def test_who_was_followed_through_a_video_is_compared_as_one(tmp_path: Path) -> None:
    """Frames of one track that lie far apart are one person; the picture is near their mean."""
    left, right, other = np.eye(3, 128, dtype=np.float32)
    table = IdentityTable(tmp_path / "who.parquet")
    for frame, embedding in enumerate((left, right)):
        table.add(FaceReading("a.mp4", frame, frame / 25, embedding=embedding, person=1))
    table.add(FaceReading("a.mp4", 1, 1 / 25, face=1, embedding=other, person=2))
    table.add(FaceReading(path="b.png", embedding=(left + right) / 2))
    table.write()
    assert table.people == [1, 1, 2, 1]
    found, _ = read_identity(tmp_path / "who.parquet")
    assert found["time_s"].fillna(-1).tolist() == [0, 0.04, 0.04, -1]


def test_people_whose_pictures_are_far_apart_are_counted(tmp_path: Path) -> None:
    """Within the threshold of 0.6: one person at 0.55, one at 0.45, one alone."""
    axes = np.eye(3, 128, dtype=np.float32)
    table = IdentityTable(tmp_path / "who.parquet")
    for axis, times in ((0, 1.0), (0, 1.55), (1, 1.0), (1, 1.45), (2, 1.0)):
        table.add(FaceReading(path="a.png", embedding=axes[axis] * np.float32(times)))
    table.write()
    assert table.people == [1, 1, 2, 2, 3] and table.doubtful == 1


def test_a_table_of_nothing_is_a_table(tmp_path: Path) -> None:
    IdentityTable(tmp_path / "none.parquet").write()
    found, embeddings = read_identity(tmp_path / "none.parquet")
    assert len(found) == 0 and embeddings.shape == (0, 128)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="--identity OUT"):
        read_identity(tmp_path / "gone.parquet")
    pd.DataFrame({"path": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(CircumplexError, match="has no column 'frame'"):
        read_identity(tmp_path / "other.parquet")
