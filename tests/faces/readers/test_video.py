"""Videos give their frames, and say so where they break off."""

from pathlib import Path

import numpy as np
import pytest
from made_videos import write_video

from faces.readers.landmarks.table import Missing
from faces.readers.video import read_video

FRAMES = 40


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short video whose frames grow brighter."""
    path = tmp_path_factory.mktemp("video") / "clip.mkv"
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 60, (48, 64, 3)) + 4 * number for number in range(FRAMES)]
    write_video(path, [frame.astype(np.uint8) for frame in frames])
    return path


def test_every_frame_comes_in_order(clip: Path) -> None:
    frames = list(read_video(clip))
    assert [number for number, _ in frames] == list(range(FRAMES))
    pixels = [frame for _, frame in frames if not isinstance(frame, Missing)]
    assert all(each.shape == (48, 64, 3) and each.dtype == np.uint8 for each in pixels)
    brightness = [each.mean() for each in pixels]
    assert brightness[-1] > brightness[FRAMES // 2] > brightness[0]


def test_a_video_that_ends_early_says_so(clip: Path, tmp_path: Path) -> None:
    data = clip.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    *frames, (last, missing) = read_video(tmp_path / "cut.mkv")
    assert 0 < len(frames) < FRAMES and last == len(frames)
    assert isinstance(missing, Missing) and missing.reason == "video ends early"
    assert missing.detail == f"{len(frames)} of about {FRAMES} frames"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty file"), (b"no video at all", "damaged video")]
)
def test_what_is_no_video_says_so(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    ((number, missing),) = read_video(tmp_path / "x.mp4")
    assert number == 0 and isinstance(missing, Missing) and missing.reason == reason


def test_a_reader_that_stops_early_leaves_no_process(clip: Path) -> None:
    frames = read_video(clip)
    next(frames)
    frames.close()
