"""Pictures that move give their frames with time stamps, as videos do."""

import re
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_profiles import wide_profile
from PIL import Image

from faces.readers.frame_selection import FrameSelection
from faces.readers.inputs import find_inputs
from faces.readers.landmarks.table import Missing
from faces.readers.moving_pictures import read_moving
from faces.sets.moving import is_animated
from faces.sets.pictures import Rejected, decode

LEVELS = (40, 90, 140, 190)
KINDS = {"a.gif": "GIF", "a.apng": "PNG", "a.png": "PNG", "a.webp": "WEBP", "a.avif": "AVIF"}


def write(path: Path, frames: int = len(LEVELS), **settings: object) -> Path:
    """Frames that grow brighter, the first shown for 0.1 s, the others for 0.2 s."""
    first, *more = (Image.new("RGB", (64, 48), (level,) * 3) for level in LEVELS[:frames])
    durations = [100, *[200] * (frames - 1)] if more else 0
    how = {"save_all": True, "append_images": more, "duration": durations} | settings
    kind = KINDS[f"a{path.suffix}"]
    lossless = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100}}.get(kind, {})
    first.save(path, kind, **lossless | how)
    return path


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_comes_with_its_time(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
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


@pytest.mark.parametrize("name", KINDS)
def test_frames_are_selected_by_their_own_durations(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, duration=[500, 50, 250, 300])

    def found(first: int = 0, **chosen: float) -> dict[int, float | None]:
        frames = read_moving(path, FrameSelection.from_dict(chosen), first=first)
        return {each.number: each.time_s for each in frames}

    assert found(every=2) == {0: 0.0, 2: 0.55}
    assert found(start=0.5, end=0.8) == {1: 0.5, 2: 0.55}
    assert found(fps=2) == {0: 0.0, 1: 0.5}
    assert found(first=2) == {2: 0.55, 3: 0.8}
    assert found(first=1, every=3) == {3: 0.8}
    (frame,) = read_moving(path, FrameSelection(start=5.0))
    assert isinstance(frame.picture, Missing)
    assert str(frame.picture) == "no frame in the selected time: the picture ends at 1.10 s"


def test_what_a_png_shows_where_nothing_moves_is_no_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", default_image=True, duration=[100, 200, 300])
    frames = list(read_moving(path))
    assert [each.time_s for each in frames] == pytest.approx([0.0, 0.1, 0.3])
    assert isinstance(frames[0].picture, np.ndarray)
    assert frames[0].picture[0, 0].tolist() == [LEVELS[1]] * 3


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.avif"])
def test_frames_are_in_srgb_as_pictures_are(tmp_path: Path, name: str) -> None:
    one = write(tmp_path / f"one{name[1:]}", frames=1, icc_profile=wide_profile())
    frame = next(read_moving(write(tmp_path / name, icc_profile=wide_profile())))
    as_picture = decode(one.read_bytes(), 64).pixels.astype(int)
    assert np.abs(as_picture - LEVELS[0]).max() > 4  # the profile's curve shows
    assert isinstance(frame.picture, np.ndarray)
    assert np.abs(frame.picture - as_picture).max() <= 2


@pytest.mark.parametrize("name", ["a.png", "a.webp"])  # Pillow writes no turn into a moving AVIF
def test_every_frame_is_upright(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = list(read_moving(write(tmp_path / name, exif=exif), longer=32))
    assert len(frames) == len(LEVELS)
    for frame in frames:
        assert isinstance(frame.picture, np.ndarray)
        assert frame.picture.shape == (32, 24, 3) and frame.size == (48, 64)


def test_a_picture_of_few_pixels_is_too_small(tmp_path: Path) -> None:
    small = [Image.new("RGB", (15, 40), (level,) * 3) for level in LEVELS]
    small[0].save(tmp_path / "a.gif", save_all=True, append_images=small[1:])
    (frame,) = read_moving(tmp_path / "a.gif")
    assert isinstance(frame.picture, Missing)
    assert frame.picture.reason == "smaller than 16 pixels"


@pytest.mark.parametrize("side", [8_500, 9_900, 65_535])
@pytest.mark.parametrize("from_frame", [0, 2])
def test_a_gif_that_states_a_giant_size_is_refused(
    tmp_path: Path, side: int, from_frame: int
) -> None:
    path = write(tmp_path / "a.gif")
    data = bytearray(path.read_bytes())
    places = [6, *(each.start() + 4 for each in re.finditer(rb"\x2c\0\0\0\0\x40\0\x30\0", data))]
    at = places[0] if from_frame == 0 else places[from_frame + 1] + 1
    data[at : at + 4] = struct.pack("<HH", side, side)
    path.write_bytes(data)
    assert is_animated(path) == (from_frame > 0 or side < 9_000)
    *frames, last = read_moving(path)
    assert [each.number for each in frames] == list(range(from_frame))
    assert isinstance(last.picture, Missing) and last.number == from_frame
    assert last.picture.reason == "more than 64 megapixels"


def test_a_folder_gives_a_row_a_frame_and_a_giant_costs_its_own_alone(tmp_path: Path) -> None:
    giant = tmp_path / "giant.gif"
    giant.write_bytes(b"GIF89a" + b"\xff" * 4 + write(tmp_path / "moves.gif").read_bytes()[10:])
    write(tmp_path / "moves.png")
    write(tmp_path / "still.png", frames=1)
    tasks = list(find_inputs([tmp_path]).tasks())
    counts = Counter(Path(task.path).name for task in tasks)
    assert counts == {"giant.gif": 1, "moves.gif": 4, "moves.png": 4, "still.png": 1}
    with pytest.raises(Rejected) as rejection:
        decode(giant.read_bytes(), 64)
    assert rejection.value.reason == "more than 64 megapixels"
    table = pd.DataFrame({"image": [{"bytes": giant.read_bytes()}]})
    table.to_parquet(tmp_path / "faces.parquet")
    (task,) = find_inputs([tmp_path / "faces.parquet"]).tasks()
    assert task.missing is not None and task.missing.reason == "more than 64 megapixels"


def test_what_breaks_off_says_so_and_keeps_what_came(tmp_path: Path) -> None:
    data = write(tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(data[: 3 * len(data) // 4])
    *frames, last = read_moving(tmp_path / "a.gif")
    assert frames and all(not isinstance(each.picture, Missing) for each in frames)
    assert isinstance(last.picture, Missing) and last.picture.reason == "damaged picture"
