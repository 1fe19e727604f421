"""The frames of a video; one that ends early or cannot be read says so."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from faces.readers.landmarks.table import Missing

# a stream of sound may be a little longer than the pictures
_SECONDS, _SHARE = 0.25, 0.02
_LENGTH = re.compile(rb"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)")
_RATE = re.compile(rb"Video:.*?(\d+(?:\.\d+)?) fps")


def read_video(path: str | Path) -> Iterator[tuple[int, np.ndarray | Missing]]:
    """Each frame with its number, in memory that does not grow with the video.

    Yields:
        Number from 0, and uint8 (H, W, 3) RGB, upright. Where the frames end before the length that
        the file states, the number of the first one that is not there and "video ends early"; where
        there is none at all, 0 and "damaged video" or "empty file".
    """
    import imageio_ffmpeg

    if Path(path).stat().st_size == 0:
        yield 0, Missing("empty file")
        return
    count = 0
    # pictures that say their own size; the stream's first pictures only, frames as they are stored
    form = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "image2pipe", "-c:v", "ppm", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", str(path), *form]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as ffmpeg:
            try:
                for frame in _frames(ffmpeg.stdout):
                    yield count, frame
                    count += 1
            finally:  # also where nobody wants the rest
                ffmpeg.kill()
        said.seek(0)
        stated, rate = _stated(said.read())
    if count == 0:
        yield 0, Missing("damaged video", "ffmpeg finds no picture in it")
    elif stated - count > max(_SECONDS * rate, _SHARE * stated):
        yield count, Missing("video ends early", f"{count} of about {stated:.0f} frames")


def _frames(stream: IO[bytes] | None) -> Iterator[np.ndarray]:
    """The pictures of a stream of portable pixmaps; a last one that is not whole is left out."""
    while stream is not None and stream.readline() == b"P6\n":
        width, height = map(int, stream.readline().split())
        stream.readline()  # the largest value: 255
        data = stream.read(width * height * 3)
        if len(data) < width * height * 3:
            return
        yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _stated(said: bytes) -> tuple[float, float]:
    """Frames that the file claims to have, and how many a second; zero where it does not say."""
    length, rate = _LENGTH.search(said), _RATE.search(said)
    if length is None or rate is None:
        return 0.0, 0.0
    hours, minutes, seconds = map(float, length.groups())
    return (3600 * hours + 60 * minutes + seconds) * float(rate[1]), float(rate[1])
