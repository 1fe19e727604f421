"""Readings that are put on the disk come back as they were, and only where they still hold."""

from pathlib import Path

import numpy as np
import pytest
from made_videos import write_video

from faces.ground.errors import CircumplexError
from faces.readers.done_files import DoneFile, file_stamp
from faces.readers.face_reading import FaceReading
from faces.readers.inputs import find_inputs
from faces.readers.journal import ReadingJournal
from faces.readers.landmarks.framing import Crop
from faces.readers.landmarks.table import Landmarks, Missing
from faces.readers.pose.head_pose import HeadPose
from faces.sets.visibility.config import Visibility

SEEN = Visibility(("eyes", "left"), "dark", 90, 0.3, 0.7)


def reading(
    path: Path | str, frame: int, time_s: float | None, face: int = 0, label: str | None = None
) -> FaceReading:
    """A reading in which every part is there."""
    rng = np.random.default_rng(frame)
    points, matrix = rng.random((478, 3), np.float32), rng.random((4, 4), np.float32)
    shapes, box = rng.random(52, np.float32), rng.random(4, np.float32)
    return FaceReading(
        path=str(path),
        frame=frame,
        time_s=time_s,
        face=face,
        face_count=2,
        label=label,
        split="val" if label else None,
        landmarks=Landmarks(points, shapes, matrix, box, float("nan"), 2, 90 * frame % 360, SEEN),
        pose=HeadPose(*rng.normal(size=3).tolist()),
        action_units=rng.random(20, np.float32),
        probabilities=rng.random(8),
        affect={"pixel": (0.1, -1 / 3)},
        embedding=rng.random(128, np.float32),
        unread={"action_units": "gone"},
        crop=Crop(rng.integers(0, 255, (9, 8, 3), np.uint8), rng.random(4)),
        digest="0" * 64,
    )


def same(one: object, other: object) -> bool:
    """Whether two readings agree to the last bit; NaN is NaN."""
    return repr_of(one) == repr_of(other)


def repr_of(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if hasattr(value, "__dataclass_fields__"):
        return type(value), [repr_of(getattr(value, name)) for name in value.__dataclass_fields__]
    return repr(value)


def test_readings_come_back_as_they_were(tmp_path: Path) -> None:
    batches = [
        [reading("a.jpg", 0, None), FaceReading(path="b.jpg", missing=Missing("no face", "x", 1))],
        [reading("c.mp4", 3, 0.1, face, "fear") for face in (0, 1)],
    ]
    journal = ReadingJournal(tmp_path / "j", {"a": 1})
    with pytest.raises(KeyboardInterrupt), journal.writing():
        for batch in batches:
            journal.append(batch)
        raise KeyboardInterrupt
    again = list(ReadingJournal(tmp_path / "j", {"a": 1}).batches())
    assert [len(batch) for batch in again] == [2, 2]
    for batch, expected in zip(again, batches, strict=True):
        for each, other in zip(batch, expected, strict=True):
            assert same(each, other)


def test_a_journal_goes_when_all_is_well_and_stays_when_it_is_not(tmp_path: Path) -> None:
    journal = ReadingJournal(tmp_path / "j", {})
    with journal.writing():
        journal.append([reading("a.jpg", 0, None)])
    assert not journal.folder.exists()
    with pytest.raises(ValueError), journal.writing():
        raise ValueError
    assert not journal.folder.exists()  # there is nothing in it
    with pytest.raises(ValueError), journal.writing():
        journal.append([reading("a.jpg", 0, None)])
        raise ValueError
    assert journal.begun and len(list(journal.batches())) == 1
    assert not ReadingJournal(tmp_path / "j", {"other": 2}).begun
    with ReadingJournal(tmp_path / "j", {"other": 2}).writing():
        assert list(ReadingJournal(tmp_path / "j", {}).batches()) == []


def test_two_calls_do_not_write_one_journal(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ReadingJournal(tmp_path / "j", {}).writing():
        with (
            pytest.raises(CircumplexError, match="another process"),
            ReadingJournal(tmp_path / "j", {}).writing(),
        ):
            pass
        journal = ReadingJournal(tmp_path / "j", {})
        assert journal.begun  # the one that was refused took nothing away
        journal.append([reading("a.jpg", 0, None)])
        raise KeyboardInterrupt
    assert len(list(journal.batches())) == 1


def test_a_call_that_ends_before_it_looked_leaves_what_is_done(tmp_path: Path) -> None:
    """As one that is interrupted while models are loaded."""
    with pytest.raises(KeyboardInterrupt), ReadingJournal(tmp_path / "j", {}).writing():
        ReadingJournal(tmp_path / "j", {}).append([reading("a.jpg", 0, None)])
        raise KeyboardInterrupt
    journal = ReadingJournal(tmp_path / "j", {})
    with pytest.raises(KeyboardInterrupt), journal.writing():
        raise KeyboardInterrupt
    assert journal.begun and len(list(journal.batches())) == 1


def test_what_was_cut_off_is_no_batch(tmp_path: Path) -> None:
    journal = ReadingJournal(tmp_path / "j", {})
    with pytest.raises(ValueError), journal.writing():
        for name in "abc":
            journal.append([reading(f"{name}.jpg", 0, None)])
        file = sorted(journal.folder.glob("*.safetensors"))[1]
        file.write_bytes(file.read_bytes()[:-10])
        raise ValueError
    assert [batch[0].path for batch in journal.batches()] == ["a.jpg"]
    assert [each.path for each in journal.files()] == ["a.jpg"]


def test_how_a_clip_was_turned_is_known_from_its_first_frame(tmp_path: Path) -> None:
    journal = ReadingJournal(tmp_path / "j", {})
    with pytest.raises(ValueError), journal.writing():
        journal.append([reading("a.jpg", 0, None), reading("b.mp4", 1, 0.1)])
        journal.append([reading("b.mp4", 2, 0.2, face) for face in (0, 1)])
        raise ValueError
    assert [(each.path, each.frame, each.turned) for each in journal.files()] == [
        ("a.jpg", 0, 0), ("b.mp4", 2, 90),
    ]  # fmt: skip


def test_a_video_goes_on_after_its_last_frame(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 20 * number, np.uint8) for number in range(12)]
    clip = write_video(tmp_path / "clip.mp4", pictures, options={"g": "4"})
    whole = list(find_inputs([clip, clip]).tasks())
    for count in (1, 5, 12, 13, 24):
        journal = ReadingJournal(tmp_path / str(count), {})
        with pytest.raises(ValueError), journal.writing():
            journal.append(reading(task.path, task.frame, task.time_s) for task in whole[:count])
            raise ValueError
        remaining = find_inputs([clip, clip]).remaining(journal.files())
        assert remaining is not None
        for task, expected in zip(remaining, whole[count:], strict=True):
            assert (task.frame, task.time_s) == (expected.frame, expected.time_s)
            assert task.pixels is not None and expected.pixels is not None
            assert np.array_equal(task.pixels, expected.pixels)


def test_a_video_that_cannot_be_read_or_ends_early_says_so_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = [*rng.integers(0, 255, (12, 48, 64, 3)).astype(np.uint8)]
    whole_clip = write_video(tmp_path / "whole.mkv", pictures, options={"g": "1"}).read_bytes()
    for name, content in (
        ("empty.mp4", b""),
        ("damaged.mp4", b"no video at all"),
        ("cut.mkv", whole_clip[: len(whole_clip) // 2]),
    ):
        (tmp_path / name).write_bytes(content)
        inputs = find_inputs([tmp_path / name, tmp_path / "whole.mkv"])
        whole = [(task.path, task.frame) for task in inputs.tasks()]
        first = [task for task in inputs.tasks() if Path(task.path).name == name]
        assert first[-1].missing is not None and first[-1].time_s is None
        for count in range(1, len(first) + 1):
            journal = ReadingJournal(tmp_path / name.replace(".", str(count)), {})
            with pytest.raises(ValueError), journal.writing():
                journal.append(
                    reading(each.path, each.frame, each.time_s) for each in first[:count]
                )
                raise ValueError
            remaining = inputs.remaining(journal.files())
            assert remaining is not None
            assert [(task.path, task.frame) for task in remaining] == whole[count:]


def test_files_that_changed_or_came_between_are_not_gone_on_with(tmp_path: Path) -> None:
    for name in ("b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(b"picture")
    done = [DoneFile(str(tmp_path / "b.jpg"), 0, True, None, None, file_stamp(tmp_path / "b.jpg"))]
    remaining = find_inputs([tmp_path]).remaining(done)
    assert remaining is not None and [Path(task.path).name for task in remaining] == ["c.jpg"]
    (tmp_path / "d.jpg").write_bytes(b"one more at the end")
    assert find_inputs([tmp_path]).remaining(done) is not None
    (tmp_path / "b.jpg").write_bytes(b"another picture")
    assert find_inputs([tmp_path]).remaining(done) is None
    done = [DoneFile(str(tmp_path / "b.jpg"), 0, True, None, None, file_stamp(tmp_path / "b.jpg"))]
    (tmp_path / "a.jpg").write_bytes(b"one before")
    assert find_inputs([tmp_path]).remaining(done) is None


def test_files_that_are_labelled_otherwise_are_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "val" / "fear").mkdir(parents=True)
    file = tmp_path / "val" / "fear" / "a.jpg"
    file.write_bytes(b"picture")
    for label, goes_on in (("fear", True), (None, False)):
        journal = ReadingJournal(tmp_path / str(label), {})
        with pytest.raises(ValueError), journal.writing():
            journal.append([reading(file, 0, None, label=label)])
            raise ValueError
        remaining = find_inputs([file.parent.parent]).remaining(journal.files())
        assert (remaining is not None) == goes_on
