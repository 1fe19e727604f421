"""Frames as files: GIF, MP4, WebM, and PNG pictures with their recipes inside.

Each is written frame by frame beside its target and moved over it in the end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import replacing, write_bytes
from studio.stimuli.recipe import png_bytes

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from PIL import Image

#: Takes a frame, uint8 (H, W, 3), and its recipe.
WriteFrame = Callable[[np.ndarray, Mapping[str, Any]], None]

GIF, MP4, WEBM, PNG = "gif", "mp4", "webm", "png"
FORMATS = (MP4, GIF, WEBM, PNG)
STEM, FRAMES = "animation", "frames"
#: A GIF counts in hundredths of a second; programs that show it take less than 2 of them for 10.
GIF_TICKS, FASTEST_GIF = 100, 50


@dataclass(frozen=True)
class _Encoder:
    """One of FFmpeg's encoders and its settings: near to the frames rather than small."""

    name: str
    options: Mapping[str, str]


#: By format, the first that PyAV's libraries have.
_ENCODERS: Mapping[str, tuple[_Encoder, ...]] = MappingProxyType(
    {
        MP4: (
            _Encoder("libx264", {"crf": "12", "preset": "medium"}),
            _Encoder("libopenh264", {"b": "8M"}),
            _Encoder("mpeg4", {"qscale": "2"}),
        ),
        WEBM: (_Encoder("libvpx-vp9", {"crf": "14", "b": "0", "cpu-used": "4"}),),
    }
)
_BT709, _LIMITED = 1, 1  # of ITU-T H.273: how players are to take the numbers


def gif_delays(count: int, fps: float) -> list[int]:
    """How long each of `count` frames stands, in ms: multiples of 10, spread so that no frame
    begins more than 5 ms from its time and the whole is as long as it should be."""
    ends = [round(k * GIF_TICKS / fps) for k in range(count + 1)]
    return [10 * (after - before) for before, after in pairwise(ends)]


@contextmanager
def open_files(
    folder: Path, formats: Sequence[str], count: int, fps: float
) -> Iterator[WriteFrame]:
    """A function that writes the next frame into a file of each format in `folder`.

    Args:
        count: frames there will be; fps: frames a second.

    Raises:
        CircumplexError: a format has no encoder here, or the disk is full.
    """
    from contextlib import ExitStack

    with ExitStack() as files:
        writers = [files.enter_context(_open(folder, kind, count, fps)) for kind in formats]

        def write(image: np.ndarray, recipe: Mapping[str, Any]) -> None:
            for writer in writers:
                writer(image, recipe)

        yield write


def _open(folder: Path, kind: str, count: int, fps: float) -> Any:
    if kind == PNG:
        return _pictures(folder / FRAMES, count)
    target = folder / f"{STEM}.{kind}"
    return _gif(target, gif_delays(count, fps)) if kind == GIF else _video(target, kind, fps)


def frame_file(number: int, count: int) -> str:
    """Name of a frame's picture."""
    return f"{number:0{max(4, len(str(count - 1)))}d}.png"


@contextmanager
def _pictures(folder: Path, count: int) -> Iterator[WriteFrame]:
    written: list[Path] = []

    def write(image: np.ndarray, recipe: Mapping[str, Any]) -> None:
        written.append(folder / frame_file(len(written), count))
        write_bytes(written[-1], png_bytes(image, dict(recipe)))

    try:
        yield write
    except BaseException:  # as with the other formats, all or nothing
        for file in written:
            file.unlink(missing_ok=True)
        with suppress(OSError):  # something else lies there
            folder.rmdir()
        raise


@contextmanager
def _gif(target: Path, delays: list[int]) -> Iterator[WriteFrame]:
    """Each frame has 256 colours of its own, undithered: dots that change flicker."""
    frames: list[Image.Image] = []

    def write(image: np.ndarray, recipe: Mapping[str, Any]) -> None:
        from PIL import Image

        picture = Image.fromarray(image)
        frames.append(picture.quantize(256, dither=Image.Dither.NONE))

    yield write
    first, *others = frames
    with replacing(target) as partial:
        first.save(partial, save_all=True, append_images=others, duration=delays, loop=0)


@contextmanager
def _video(target: Path, kind: str, fps: float) -> Iterator[WriteFrame]:
    import av

    encoder = _find_encoder(kind)
    with replacing(target) as partial:
        options = {"movflags": "faststart"} if kind == MP4 else {}
        with av.open(str(partial), "w", options=options) as container:
            stream: VideoStream | None = None

            def write(image: np.ndarray, recipe: Mapping[str, Any]) -> None:
                nonlocal stream
                if stream is None:
                    stream = _add_stream(container, encoder, fps, image)
                for packet in stream.encode(_frame(image)):
                    container.mux(packet)

            yield write
            if stream is not None:
                container.mux(stream.encode(None))


def _find_encoder(kind: str) -> _Encoder:
    """The first encoder of a format that PyAV's libraries have.

    Raises:
        CircumplexError: they have none.
    """
    from av.codec import codecs_available

    for encoder in _ENCODERS[kind]:
        if _can_encode(encoder.name):
            return encoder
    names = " or ".join(encoder.name for encoder in _ENCODERS[kind])
    raise CircumplexError(
        f"this PyAV has no encoder for {kind} ({names}, of {len(codecs_available)} codecs); choose "
        f"another of {', '.join(FORMATS)}"
    )


def _can_encode(name: str) -> bool:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    try:
        Codec(name, "w")
    except UnknownCodecError:
        return False
    return True


def _add_stream(
    container: "OutputContainer", encoder: _Encoder, fps: float, image: np.ndarray
) -> "VideoStream":
    from av.video.stream import VideoStream

    height, width = image.shape[:2]
    frames_a_second = Fraction(fps).limit_denominator(1001)
    stream = container.add_stream(encoder.name, rate=frames_a_second, options=dict(encoder.options))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuv420p"  # the one form that every browser and player shows
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    return stream


def _frame(image: np.ndarray) -> Any:
    """A frame in the colours that its stream says: BT.709 of limited range."""
    from av.video.frame import VideoFrame
    from av.video.reformatter import ColorRange, Colorspace

    return VideoFrame.from_ndarray(image, "rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
    )
