"""Files of frames: as long, as many and as coloured as they should be."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faces.ground.errors import CircumplexError
from faces.readers.video import read_video
from studio.stimuli import frame_files
from studio.stimuli.frame_files import FORMATS, gif_delays, open_files
from studio.stimuli.recipe import read_pixels

COUNT = 24


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Soft colours that move, with a still stretch: uint8 (24, 64, 48, 3)."""
    y, x = np.mgrid[0:64, 0:48]
    moving = [
        np.stack(
            [128 + 90 * np.sin((x + 2 * k) / 15), 110 + 70 * np.cos((y - k) / 20), 2.5 * y + k], -1
        )
        for k in (*range(16), *[16] * 8)
    ]
    return np.clip(moving, 0, 255).astype(np.uint8)


def write(folder: Path, frames: np.ndarray, fps: float, formats: tuple[str, ...]) -> None:
    with open_files(folder, formats, len(frames), fps) as write_frame:
        for frame in frames:
            write_frame(frame, {})


def off(shown: np.ndarray, frame: np.ndarray) -> tuple[float, float]:
    """Mean absolute difference, and the largest mean of a channel's."""
    difference = shown.astype(float) - frame
    return float(np.abs(difference).mean()), float(np.abs(difference.mean((0, 1))).max())


@settings(deadline=None)
@given(st.integers(1, 500), st.floats(1, 50))
def test_the_delays_of_a_gif_add_up_and_no_frame_is_late(count: int, fps: float) -> None:
    delays = gif_delays(count, fps)
    assert len(delays) == count and all(delay % 10 == 0 and delay >= 20 for delay in delays)
    begins = np.concatenate([[0], np.cumsum(delays)])
    assert np.abs(begins - np.arange(count + 1) * 1000 / fps).max() <= 5 + 1e-6


@pytest.mark.parametrize("fps", [30, 12.5, 29.97, 1000 / 60])
@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_video_lasts_as_long_as_its_frames(
    kind: str, fps: float, frames: np.ndarray, tmp_path: Path
) -> None:
    write(tmp_path, frames, fps, (kind,))
    with av.open(str(tmp_path / f"animation.{kind}")) as video:
        seconds = float(video.duration) / av.time_base
        shown = [(each.time, each.to_ndarray(format="rgb24")) for each in video.decode(video=0)]
    assert len(shown) == COUNT and abs(seconds - COUNT / fps) < 1 / fps
    times = [time for time, _ in shown]
    assert np.abs(np.array(times) - np.arange(COUNT) / fps).max() < 0.5 / fps
    apart = [off(picture, frame) for (_, picture), frame in zip(shown, frames, strict=True)]
    assert max(mean for mean, _ in apart) < 4 and max(bias for _, bias in apart) < 3


def test_the_packages_own_reader_of_videos_finds_every_frame(
    frames: np.ndarray, tmp_path: Path
) -> None:
    write(tmp_path, frames, 25, ("mp4",))
    read = list(read_video(tmp_path / "animation.mp4"))
    assert len(read) == COUNT
    assert [each.time_s for each in read] == pytest.approx(np.arange(COUNT) / 25, abs=1e-3)


@pytest.mark.parametrize("fps", [30, 12.5, 50])
def test_a_gif_lasts_as_long_as_its_frames(fps: float, frames: np.ndarray, tmp_path: Path) -> None:
    write(tmp_path, frames, fps, ("gif",))
    shown: list[np.ndarray] = []
    with Image.open(tmp_path / "animation.gif") as gif:
        assert gif.info["loop"] == 0
        for k in range(gif.n_frames):
            gif.seek(k)
            stands = round(gif.info["duration"] * fps / 1000)  # what stays is one frame
            shown += [np.asarray(gif.convert("RGB"))] * stands
    assert abs(len(shown) - COUNT) <= 1
    apart = [off(picture, frame) for picture, frame in zip(shown, frames, strict=False)]
    assert max(mean for mean, _ in apart) < 4 and max(bias for _, bias in apart) < 3


def test_pictures_are_the_frames(frames: np.ndarray, tmp_path: Path) -> None:
    write(tmp_path, frames, 30, ("png",))
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.name for file in files] == [f"{k:04d}.png" for k in range(COUNT)]
    assert np.array_equal(np.stack([read_pixels(file) for file in files]), frames)


def test_all_formats_at_once_are_those_one_by_one(frames: np.ndarray, tmp_path: Path) -> None:
    write(tmp_path / "all", frames, 30, FORMATS)
    assert {file.name for file in (tmp_path / "all").iterdir()} == {
        "animation.mp4",
        "animation.gif",
        "animation.webm",
        "frames",
    }
    write(tmp_path / "one", frames, 30, ("gif",))
    one, all_of_them = (tmp_path / name / "animation.gif" for name in ("one", "all"))
    assert one.read_bytes() == all_of_them.read_bytes()


def test_work_that_fails_leaves_no_file(frames: np.ndarray, tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="half-way"),
        open_files(tmp_path, FORMATS, COUNT, 30) as write_frame,
    ):
        write_frame(frames[0], {})
        raise ValueError("half-way")
    assert not list(tmp_path.iterdir())


def test_a_format_without_an_encoder_is_named(
    frames: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_files, "_can_encode", lambda name: name == "mpeg4")
    with pytest.raises(CircumplexError, match="no encoder for webm"):
        write(tmp_path, frames, 30, ("webm",))
    write(tmp_path, frames, 30, ("mp4",))  # the last resort of MP4
    with av.open(str(tmp_path / "animation.mp4")) as video:
        assert video.streams.video[0].codec_context.name == "mpeg4"
        assert len(list(video.decode(video=0))) == COUNT
