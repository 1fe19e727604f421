"""The frames of a video with their time stamps; what cannot be read says so."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.content import is_picture, mistaken_content, read_head
from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.table import Missing
from faces.readers.video_pictures import Pictures
from faces.sets.pictures import MAX_PIXELS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame as DecodedFrame
    from av.video.stream import VideoStream

# a stream of sound may be a little longer than the pictures
_SECONDS, _SHARE = 0.25, 0.02
_MICROSECONDS = 1_000_000
# FFmpeg's names of containers and bare streams that hold their pictures themselves
_FORMATS = """
    mov matroska avi asf flv ogg mpegts mpeg mpegvideo mxf dv gxf nut rm wtv ivf
    av1 obu h261 h263 h264 hevc vvc m4v vc1 mjpeg gif"""
# in MPEG's a seek ends amid a picture, and those behind it are given others' time stamps
_PROGRAM_STREAM = "mpeg"
# Matroska's: hours, minutes, seconds of one stream
_DURATION = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One frame of a video, or why it is not there.

    Attributes:
        number: in the order in which frames are shown, from 0; counted from the video's first,
            whichever are selected.
        time_s: its time stamp in the container, in seconds from the beginning; None where there is
            no frame.
        picture: uint8 (H, W, 3) RGB, upright, pixels square, perhaps reduced; or Missing.
        size: width and height before it was reduced; (0, 0) where there is no frame.
    """

    number: int
    time_s: float | None
    picture: np.ndarray | Missing
    size: tuple[int, int] = (0, 0)


def read_video(
    path: str | Path,
    selection: FrameSelection | None = None,
    *,
    longer: int | None = None,
    first: int = 0,
) -> Iterator[VideoFrame]:
    """The selected frames, one after the other, in memory that does not grow with the video.

    Pictures are turned and mirrored as the file says; HDR (PQ, HLG) is brought to sRGB.

    Args:
        selection: which frames; None takes all.
        longer: what a picture's longer side is reduced to where it is larger.
        first: number of the frame before which nothing is yielded; found without decoding all that
            comes before it.

    Yields:
        Frames; a damaged one is Missing. Where the frames end before the length that the file
        states, the number of the first one that is not there and "video ends early"; where there is
        none, 0 and "empty file", "damaged video", "no video stream", "unsupported codec", "more
        than 64 megapixels" or "no frame in the selected time".
    """
    import av

    if Path(path).stat().st_size == 0:
        yield _nothing("empty file")
        return
    try:
        with _open(path) as container:
            stream = _pictures(container)
            if stream is None:
                yield _nothing("no video stream")
            elif stream.codec_context is None:
                yield _nothing("unsupported codec")
            elif stream.width * stream.height > MAX_PIXELS:
                size = f"{stream.width} x {stream.height}"
                yield _nothing("more than 64 megapixels", size)
            else:
                clip = _Clip(path, container, stream)
                yield from _selected(clip, selection or FrameSelection(), Pictures(longer), first)
    except av.error.FFmpegError as error:
        why = _what_else(path) or error.strerror or ""
        refused = isinstance(error, OSError)
        yield _nothing("cannot be opened" if refused else "damaged video", why)


def _open(path: str | Path) -> "InputContainer":
    """The file itself and no other: some formats are lists of files and addresses.

    Raises:
        av.error.FFmpegError: it is no video.
    """
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS.split())}
    return av.open(f"file:{path}", options=options)


def _what_else(path: str | Path) -> str | None:
    """What a file is that is no video, where that shows."""
    try:
        head = read_head(path)
    except OSError:
        return None
    if is_picture(head):
        return "a picture under a video's name; rename it"
    return mistaken_content(head)


def _nothing(reason: str, detail: str = "") -> VideoFrame:
    return VideoFrame(0, None, Missing(reason, detail))


def _pictures(container: "InputContainer") -> "VideoStream | None":
    """The first stream of pictures that is no sound's cover."""
    streams = container.streams.video
    return next((s for s in streams if not s.disposition & s.disposition.attached_pic), None)


def _packets(container: "InputContainer", stream: "VideoStream") -> Iterator["Packet[VideoStream]"]:
    """What is to be decoded, up to where the file ends or breaks off."""
    from av.error import FFmpegError
    from av.packet import Packet

    try:
        yield from container.demux(stream)
    except FFmpegError:
        rest: Any = Packet()  # an empty one brings what the decoder still holds
        rest.stream = stream
        yield rest


def _selected(
    clip: "_Clip", selection: FrameSelection, pictures: Pictures, first: int
) -> Iterator[VideoFrame]:
    """The selected frames from number `first` on, and at the end what is lacking."""
    clip.begin(first, selection.start)
    taken, before = first > 0, None
    for number, time_s, frame in clip.frames():
        if selection.ends(time_s):
            break
        if selection.begins(time_s) and selection.takes(number, time_s, before):
            taken = True
            if number < first:
                pass
            elif isinstance(frame, Missing):
                yield VideoFrame(number, time_s, frame)
            else:
                picture, size = pictures.picture(frame, clip.aspect)
                yield VideoFrame(number, time_s, picture, size)
        before = time_s
    else:
        if clip.count == 0:
            yield _nothing("damaged video", "no picture is found in it")
            return
        if (early := clip.early_end()) is not None and clip.count >= first:
            yield VideoFrame(clip.count, None, early)
            taken = True
    if not taken:
        yield _nothing("no frame in the selected time", f"the video ends at {clip.end_s:.2f} s")


class _Clip:
    """The frames of an open file, numbered and timed.

    Attributes:
        aspect: width of a stored pixel by its height.
        count: number of the next frame.
        end_s: seconds from the beginning up to which frames came.
    """

    def __init__(
        self, path: str | Path, container: "InputContainer", stream: "VideoStream"
    ) -> None:
        stream.thread_type = "AUTO"
        self._path, self._container, self._stream = path, container, stream
        rate = stream.average_rate or stream.guessed_rate
        self._rate = float(rate) if rate else 0.0
        # what players call 0:00, of all streams
        begin = container.start_time
        self._begin_s = begin / _MICROSECONDS if begin is not None and abs(begin) < 2**62 else 0.0
        self.aspect = float(stream.sample_aspect_ratio or 1)
        self.count, self.end_s = 0, 0.0
        self._last_s = self._shift_s = 0.0
        self._key: int | None = None

    def begin(self, first: int, start_s: float) -> None:
        """Begin with the last key frame before the later of a frame and a second.

        The frame before comes too: its time stamp decides whether one is taken. Where the file does
        not say when frames are shown, or a seek does not find them, all is decoded.
        """
        if (first <= 0 and start_s <= 0) or self._container.format.name == _PROGRAM_STREAM:
            return
        with _open(self._path) as other:  # so that this one stays where it begins
            stream = _pictures(other)
            assert stream is not None
            packets = [
                (packet.pts, packet.is_keyframe)
                for packet in _packets(other, stream)
                if packet.size and not packet.is_discard
            ]
            shown = sorted(pts for pts, _ in packets if pts is not None)
            keys = sorted(pts for pts, is_key in packets if is_key and pts is not None)
            if not shown or len(shown) < len(packets):
                return
            if keys != [pts for pts, is_key in packets if is_key]:
                return  # time stamps begin anew on the way
            wanted = bisect_left(shown, start_s, key=self._time)
            target = min(max(first, wanted), len(shown)) - 1
            at = bisect_right(keys, shown[max(target, 0)]) - 1
            if at <= 0:
                return
            other.seek(keys[at], stream=stream)
            packet = next(_packets(other, stream), None)
        # where an index goes by the order of decoding, a seek may end behind the key frame
        if packet is not None and packet.pts is not None and packet.pts <= keys[at]:
            self._container.seek(keys[at], stream=self._stream)
            self._key, self.count = keys[at], bisect_left(shown, keys[at])
            self.end_s = self._time(keys[at])

    def frames(self) -> Iterator[tuple[int, float, "DecodedFrame | Missing"]]:
        """Number, seconds from the beginning, and the frame, in the order in which they are shown.

        A packet that cannot be decoded costs its frames; the row says so in the place of one.
        """
        for frame in self._decoded():
            if isinstance(frame, Missing):
                yield self.count, self.end_s, frame
            else:
                time_s, lasts_s = self._timing(frame)
                self.end_s = max(self.end_s, time_s + lasts_s)
                damaged = Missing("damaged frame") if frame.is_corrupt else None
                yield self.count, round(time_s, 6), damaged or frame
            self.count += 1

    def _timing(self, frame: "DecodedFrame") -> tuple[float, float]:
        """Seconds from the beginning, and how many the frame is shown."""
        usual = 1 / self._rate if self._rate else 0.0
        time_s = self.count * usual if frame.pts is None else self._time(frame.pts)
        time_s += self._shift_s
        # files one behind the other, as `cat` makes them: each begins where that before ends
        if time_s < self._last_s - _SECONDS:
            self._shift_s += self.end_s - time_s
            time_s = self.end_s
        self._last_s = time_s
        base = self._stream.time_base
        return time_s, float(frame.duration * base) if frame.duration and base else usual

    def _decoded(self) -> Iterator["DecodedFrame | Missing"]:
        from av.error import FFmpegError

        for packet in _packets(self._container, self._stream):
            try:
                frames = packet.decode()
            except FFmpegError as error:
                yield Missing("damaged frame", error.strerror or "")
                continue
            # before the key frame to which was sought, frames lack what they refer to
            key = self._key
            yield from (
                frame for frame in frames if key is None or frame.pts is None or frame.pts >= key
            )

    def early_end(self) -> Missing | None:
        """Whether the last frame came before the length that the file states."""
        stated = self._stated_s()
        if stated - self.end_s <= max(_SECONDS, _SHARE * stated):
            return None
        frames = self._stream.frames or round(stated * self._rate)
        return Missing("video ends early", f"{self.count} of about {frames} frames")

    def _stated_s(self) -> float:
        """Seconds from the beginning at which the last frame ends, as the file says; 0 if not."""
        stream = self._stream
        if stream.duration and stream.time_base:
            start = stream.start_time or 0
            return self._time(start + stream.duration)
        if text := _DURATION.fullmatch(stream.metadata.get("DURATION", "")):
            hours, minutes, seconds = map(float, text.groups())
            return 3600 * hours + 60 * minutes + seconds - self._begin_s
        return (self._container.duration or 0) / _MICROSECONDS

    def _time(self, pts: int) -> float:
        base = self._stream.time_base
        assert base is not None
        return float(pts * base) - self._begin_s
