import hashlib
from pathlib import Path

import numpy as np
import pytest

from faces.ground.errors import CircumplexError
from faces.sets.training_faces import FILE, TrainingFaces, frame_digest


def digests(count: int) -> list[str]:
    return [hashlib.sha256(bytes([number])).hexdigest() for number in range(count)]


def test_training_faces_are_known_again(tmp_path: Path) -> None:
    assert TrainingFaces.load(tmp_path) is None, "a run without the note knows nothing"
    TrainingFaces.of(digests(6)[:3]).save(tmp_path)
    found = TrainingFaces.load(tmp_path)
    assert found is not None
    assert found.contain(digests(6)).tolist() == [True] * 3 + [False] * 3


def test_a_note_that_is_none_is_refused(tmp_path: Path) -> None:
    for damaged in (b"", b"\x93NUMPY", b"no array"):
        (tmp_path / FILE).write_bytes(damaged)
        with pytest.raises(CircumplexError, match="copy it anew"):
            TrainingFaces.load(tmp_path)
    np.save(tmp_path / FILE, np.zeros((2, 2)))
    with pytest.raises(CircumplexError, match="holds no hashes"):
        TrainingFaces.load(tmp_path)


def test_frames_of_one_file_differ_and_the_first_is_the_file() -> None:
    (file,) = digests(1)
    assert frame_digest(file, 0) == file
    assert len({frame_digest(file, number) for number in range(5)}) == 5
