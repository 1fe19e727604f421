"""Pictures that move give their frames with time stamps, as videos do."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.table import Missing
from faces.readers.moving_pictures import is_animated, read_moving

LEVELS = (40, 90, 140, 190)
KINDS = {"a.gif": "GIF", "a.apng": "PNG", "a.webp": "WEBP"}


def write(path: Path, frames: int = len(LEVELS), **settings: object) -> Path:
    """Frames that grow brighter, the first shown for 0.1 s, the others for 0.2 s."""
    first, *more = (Image.new("RGB", (64, 48), (level,) * 3) for level in LEVELS[:frames])
    durations = [100, *[200] * (frames - 1)] if more else 0
    how = {"save_all": True, "append_images": more, "duration": durations} | settings
    first.save(path, KINDS[f"a{path.suffix}"], **how)
    return path


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_comes_with_its_time(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, **({"lossless": True} if name == "a.webp" else {}))
    assert is_animated(path)
    frames = list(read_moving(path))
    assert [each.number for each in frames] == [0, 1, 2, 3]
    assert [each.time_s for each in frames] == pytest.approx([0.0, 0.1, 0.3, 0.5])
    for frame, level in zip(frames, LEVELS, strict=True):
        assert isinstance(frame.picture, np.ndarray) and frame.picture.shape == (48, 64, 3)
        assert np.abs(frame.picture.astype(int) - level).max() <= 2
    half = next(read_moving(path, longer=32))
    assert not isinstance(half.picture, Missing)
    assert half.picture.shape == (24, 32, 3) and half.size == (64, 48)


@pytest.mark.parametrize("name", KINDS)
def test_one_picture_does_not_move(tmp_path: Path, name: str) -> None:
    assert not is_animated(write(tmp_path / name, frames=1))
    (tmp_path / name).write_bytes(b"GIF89a")
    assert not is_animated(tmp_path / name)


def test_frames_are_selected_as_a_videos_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif")

    def numbers(first: int = 0, **chosen: float) -> list[int]:
        frames = read_moving(path, FrameSelection.from_dict(chosen), first=first)
        return [each.number for each in frames]

    assert numbers(every=2) == [0, 2]
    assert numbers(start=0.1, end=0.5) == [1, 2]
    assert numbers(first=2) == [2, 3]
    (frame,) = read_moving(path, FrameSelection(start=5.0))
    assert isinstance(frame.picture, Missing)
    assert frame.picture.reason == "no frame in the selected time"


def test_what_breaks_off_says_so_and_keeps_what_came(tmp_path: Path) -> None:
    data = write(tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(data[: 3 * len(data) // 4])
    *frames, last = read_moving(tmp_path / "a.gif")
    assert frames and all(not isinstance(each.picture, Missing) for each in frames)
    assert isinstance(last.picture, Missing) and last.picture.reason == "damaged picture"
