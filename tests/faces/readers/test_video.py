"""Videos give their frames with time stamps, upright and in sRGB, and say what is lacking."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from made_videos import write_video

from faces.ground.errors import CircumplexError
from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.table import Missing
from faces.readers.video import VideoFrame, read_video
from faces.sets.folders import kind_of

FRAMES, RATE = 40, 25
# ITU-T H.273: transfers, primaries and matrices
PQ, HLG, BT2020, BT2020_NCL = 16, 18, 9, 9


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short video whose frames grow brighter, with a key frame every ten."""
    path = tmp_path_factory.mktemp("video") / "clip.mkv"
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 60, (48, 64, 3)) + 4 * number for number in range(FRAMES)]
    write_video(path, [frame.astype(np.uint8) for frame in frames], RATE, options={"g": "10"})
    return path


@pytest.fixture
def quarters() -> np.ndarray:
    """A picture of four colours: red, green, blue, white."""
    colours = np.array([[[200, 0, 0], [0, 200, 0]], [[0, 0, 200], [200, 200, 200]]], np.uint8)
    return colours.repeat(24, 0).repeat(32, 1)


def pixels_of(frame: VideoFrame) -> np.ndarray:
    assert not isinstance(frame.picture, Missing), frame.picture
    return frame.picture


def read_all(path: Path, **kinds: Any) -> list[VideoFrame]:
    return list(read_video(path, **kinds))


def close(picture: np.ndarray, expected: np.ndarray, levels: int = 30) -> bool:
    """Whether the middles of four quarters agree."""
    assert picture.shape == expected.shape
    height, width = picture.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return all(np.abs(picture[at].astype(int) - expected[at]).max() < levels for at in places)


def test_every_frame_comes_in_order_with_its_time(clip: Path) -> None:
    frames = read_all(clip)
    assert [each.number for each in frames] == list(range(FRAMES))
    assert [each.time_s for each in frames] == [round(n / RATE, 6) for n in range(FRAMES)]
    pixels = [pixels_of(each) for each in frames]
    assert all(each.shape == (48, 64, 3) and each.dtype == np.uint8 for each in pixels)
    brightness = [each.mean() for each in pixels]
    assert brightness[-1] > brightness[FRAMES // 2] > brightness[0]


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mov", "libx265", "yuv420p10le"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.mkv", "ffv1", "yuv444p12le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.3gp", "mpeg4", "yuv420p"),
    ],
)
def test_codecs_and_depths_of_cameras_are_read(
    name: str, codec: str, pixels: str, quarters: np.ndarray, tmp_path: Path
) -> None:
    file = write_video(tmp_path / name, [quarters] * 4, codec=codec, pixels=pixels)
    frames = read_all(file)
    assert kind_of(file.name) == "video" and [each.number for each in frames] == [0, 1, 2, 3]
    # from what players call 0:00, whatever the container's clock says there
    assert [each.time_s for each in frames] == pytest.approx([0, 0.04, 0.08, 0.12], abs=0.001)
    assert all(close(pixels_of(each), quarters) for each in frames)


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_time_stamps_of_a_variable_rate_are_the_containers(ending: str, tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.05, 0.3, 1.2, 1.25]
    pictures = [np.full((48, 64, 3), 30 * number, np.uint8) for number in range(6)]
    file = write_video(tmp_path / f"vfr.{ending}", pictures, times=times)
    assert [(each.number, each.time_s) for each in read_all(file)] == list(enumerate(times))
    # one a second half: the first that comes in each
    chosen = read_all(file, selection=FrameSelection(fps=2))
    assert [each.time_s for each in chosen] == [0.0, 1.2]


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_a_camcorders_clock_begins_with_its_video(codec: str, tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3)).astype(np.uint8)
    file = write_video(tmp_path / "a.mts", [*pictures], codec=codec)
    with av.open(str(file)) as container:
        assert next(container.decode(video=0)).time != 0
    assert [each.time_s for each in read_all(file)] == [number / RATE for number in range(30)]
    for first in range(1, 30):  # its index goes by the order of decoding
        rest = [(each.number, each.time_s) for each in read_video(file, first=first)]
        assert rest == [(number, number / RATE) for number in range(first, 30)]
    (last,) = read_all(file, selection=FrameSelection(start=1.15))
    assert last.number == 29


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_pictures_that_stand_long_are_no_early_end(ending: str, tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 60 * number, np.uint8) for number in range(4)]
    file = write_video(tmp_path / f"slides.{ending}", pictures, times=[0, 8, 20, 30])
    assert [each.time_s for each in read_all(file)] == [0, 8, 20, 30]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_stand_upright(
    turn: int, mirrored: bool, quarters: np.ndarray, tmp_path: Path
) -> None:
    file = write_video(tmp_path / "a.mp4", [quarters] * 2, turn=turn, mirrored=mirrored)
    turned = np.rot90(quarters, turn // 90)
    expected = turned[:, ::-1] if mirrored else turned
    for frame in read_all(file):
        assert close(pixels_of(frame), expected)
        assert frame.size == expected.shape[1::-1]


def test_pixels_that_are_not_square_become_so(quarters: np.ndarray, tmp_path: Path) -> None:
    file = write_video(tmp_path / "a.mkv", [quarters] * 2, aspect=(3, 2))
    frame = read_all(file)[0]
    assert frame.size == (96, 48)
    assert close(pixels_of(frame), quarters.repeat(3, 1)[:, ::2])


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_grey_of_high_dynamic_range_is_the_grey_that_people_see(
    transfer: int, tmp_path: Path
) -> None:
    """Codes of 75 % (HLG) and 58 % (PQ) are diffuse white: 203 cd/m² (BT.2408, table 1)."""
    code = {PQ: 0.58, HLG: 0.75}[transfer]
    picture = np.full((64, 64, 3), round(255 * code), np.uint8)
    colours = {"color_trc": transfer, "color_primaries": BT2020, "colorspace": BT2020_NCL}
    form = {"codec": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=0"}}
    hdr = write_video(tmp_path / "hdr.mkv", [picture] * 2, colours=colours, **form)
    sdr = write_video(tmp_path / "sdr.mkv", [picture] * 2, **form)
    assert pixels_of(read_all(hdr)[0]).min() > 245
    assert pixels_of(read_all(hdr, longer=32)[0]).min() > 245
    assert abs(pixels_of(read_all(sdr)[0]).mean() - round(255 * code)) < 3


def test_large_frames_are_reduced_and_keep_their_size(clip: Path) -> None:
    whole, reduced = read_all(clip)[5], read_all(clip, longer=32)[5]
    assert reduced.size == whole.size == (64, 48)
    assert pixels_of(reduced).shape == (24, 32, 3)
    assert abs(pixels_of(reduced).mean() - pixels_of(whole).mean()) < 2


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (FrameSelection(every=15), [0, 15, 30]),
        (FrameSelection(every=15, start=0.4), [15, 30]),
        (FrameSelection(fps=5), [0, 5, 10, 15, 20, 25, 30, 35]),
        (FrameSelection(fps=5, start=1), [25, 30, 35]),
        (FrameSelection(fps=1000, end=0.2), [0, 1, 2, 3, 4]),
        (FrameSelection(start=1.48), [37, 38, 39]),
        (FrameSelection(start=0.5, end=0.56), [13]),
    ],
)
def test_frames_are_selected_by_number_and_time(
    selection: FrameSelection, numbers: list[int], clip: Path
) -> None:
    assert [each.number for each in read_video(clip, selection)] == numbers


@pytest.mark.parametrize("first", [1, 9, 10, 11, 25, 39])
def test_what_is_read_from_a_frame_on_is_what_all_gives(first: int, clip: Path) -> None:
    selection = FrameSelection(every=3)
    whole = [each for each in read_video(clip, selection) if each.number >= first]
    rest = list(read_video(clip, selection, first=first))
    assert [(each.number, each.time_s) for each in rest] == [(w.number, w.time_s) for w in whole]
    for each, other in zip(rest, whole, strict=True):
        assert np.array_equal(pixels_of(each), pixels_of(other))


def test_a_program_stream_gives_the_same_from_any_frame_on(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3)).astype(np.uint8)
    file = write_video(tmp_path / "a.mpg", [*pictures])
    whole = [(each.number, each.time_s) for each in read_all(file)]
    for first in range(1, 30):
        rest = [(each.number, each.time_s) for each in read_video(file, first=first)]
        assert rest == whole[first:]


@pytest.mark.parametrize("first", range(1, 25))
def test_frames_a_second_do_not_depend_on_where_reading_begins(first: int, tmp_path: Path) -> None:
    """Where every frame is a key frame, reading begins right at one."""
    pictures = [np.full((48, 64, 3), 8 * number, np.uint8) for number in range(25)]
    form = {"codec": "mjpeg", "pixels": "yuvj420p"}
    file = write_video(tmp_path / "a.avi", pictures, rate=10, **form)
    frames = read_video(file, FrameSelection(fps=1), first=first)
    assert [each.number for each in frames] == [n for n in (0, 10, 20) if n >= first]


def test_a_time_that_the_container_rounds_down_is_the_second_that_was_asked_for(
    tmp_path: Path,
) -> None:
    pictures = [np.full((48, 64, 3), 8 * number, np.uint8) for number in range(25)]
    file = write_video(
        tmp_path / "a.mov", pictures, rate=30, codec="prores_ks", pixels="yuv422p10le"
    )
    start = 10 / 30 + 5e-5
    assert next(read_video(file, FrameSelection(start=start))).number == 10


def test_nothing_comes_after_the_last_frame(clip: Path) -> None:
    assert list(read_video(clip, first=FRAMES)) == []


def test_a_selection_that_holds_no_frame_says_so(clip: Path) -> None:
    (frame,) = read_video(clip, FrameSelection(start=7))
    assert str(frame.picture) == "no frame in the selected time: the video ends at 1.60 s"


@pytest.mark.parametrize(
    "values",
    [{"every": 0}, {"fps": 0}, {"fps": 2, "every": 2}, {"start": -1}, {"start": 2, "end": 2}],
)
def test_a_selection_that_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(CircumplexError):
        FrameSelection(**values)


@pytest.mark.parametrize("selection", [FrameSelection(), FrameSelection(every=7)])
def test_a_video_that_ends_early_says_so(
    selection: FrameSelection, clip: Path, tmp_path: Path
) -> None:
    data = clip.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    *frames, last = read_video(tmp_path / "cut.mkv", selection)
    assert frames and frames[-1].number < last.number < FRAMES and last.time_s is None
    detail = f"{last.number} of about {FRAMES} frames"
    assert last.picture == Missing("video ends early", detail)


def test_frames_that_are_damaged_say_so_and_the_others_come(clip: Path, tmp_path: Path) -> None:
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    (tmp_path / "holes.mkv").write_bytes(data)
    frames = list(read_video(tmp_path / "holes.mkv"))
    lost = [each for each in frames if isinstance(each.picture, Missing)]
    assert lost and len(frames) - len(lost) > FRAMES // 2
    assert {each.picture.reason for each in lost if isinstance(each.picture, Missing)} <= {
        "damaged frame", "video ends early",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty file"), (b"no video at all", "damaged video")]
)
def test_what_is_no_video_says_so(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    (frame,) = read_video(tmp_path / "x.mp4")
    assert frame.number == 0 and isinstance(frame.picture, Missing)
    assert frame.picture.reason == reason


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux([*stream.encode(frame), *stream.encode()])  # type: ignore[attr-defined]
    (only,) = read_video(tmp_path / "a.mp4")
    assert only.picture == Missing("no video stream")


@pytest.mark.parametrize(
    "lines",
    [
        ["ffconcat version 1.0", "file other.mkv"],
        ["#EXTM3U", "#EXT-X-TARGETDURATION:5", "#EXTINF:5,", "other.mkv", "#EXT-X-ENDLIST"],
        ["#EXTM3U", "#EXT-X-TARGETDURATION:5", "#EXTINF:5,", "http://localhost:9/a.ts"],
    ],
)
def test_a_list_of_other_files_is_no_video(lines: list[str], clip: Path, tmp_path: Path) -> None:
    """A playlist under a video's name opens no other file and no connection."""
    (tmp_path / "other.mkv").write_bytes(clip.read_bytes())
    (tmp_path / "a.mp4").write_text("\n".join([*lines, ""]))
    (frame,) = read_video(tmp_path / "a.mp4")
    assert isinstance(frame.picture, Missing) and frame.picture.reason == "damaged video"


def test_a_reader_that_stops_early_can_be_closed(clip: Path) -> None:
    frames = read_video(clip)
    next(frames)
    frames.close()
    assert next(read_video(clip)).number == 0


def test_videos_one_behind_the_other_in_a_file_have_one_clock(tmp_path: Path) -> None:
    """Transport streams are joined by `cat`; the second has its own size and begins at 0 again."""
    for name, size in (("a.ts", (48, 64)), ("b.ts", (96, 64))):
        frames = [np.full((*size, 3), 8 * number, np.uint8) for number in range(25)]
        write_video(tmp_path / name, frames, RATE, codec="libx264")
    joined = tmp_path / "joined.ts"
    joined.write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    frames = [each for each in read_all(joined) if not isinstance(each.picture, Missing)]
    times = [each.time_s for each in frames if each.time_s is not None]
    assert len(times) == 50 and times == sorted(times)
    assert np.diff(times).max() < 0.1 and times[-1] == pytest.approx(49 / RATE, abs=0.1)
    assert {each.size for each in frames} == {(64, 48), (64, 96)}
    later = read_all(joined, selection=FrameSelection(start=1.5))
    assert [each.number for each in later] == [
        each.number for each in frames if (each.time_s or 0) >= 1.5
    ]
    assert [each.number for each in read_all(joined, first=30)] == list(range(30, 50))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(600), "a picture under a video's name; rename it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_lies_under_a_videos_name_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    (frame,) = read_all(tmp_path / "clip.mp4")
    assert isinstance(frame.picture, Missing) and what in frame.picture.detail
