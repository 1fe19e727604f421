"""Short videos for tests."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    rate: int = 25,
    *,
    times: Sequence[float] | None = None,
    codec: str | None = None,
    pixels: str = "yuv420p",
    turn: float = 0,
    mirrored: bool = False,
    aspect: tuple[int, int] = (1, 1),
    colours: dict[str, Any] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write frames, uint8 (H, W, 3) RGB with even sides; the ending chooses the container.

    Args:
        times: time stamp of each frame in seconds, to the millisecond; evenly by `rate` without.
        codec, pixels, options: as FFmpeg names them; without, the container's usual ones.
        turn: degrees counter-clockwise by which the file says that it is to be turned when shown.
        mirrored: whether it says that left and right are to change places after that.
        aspect: width and height of a pixel.
        colours: attributes of the frames and the codec: color_trc, color_primaries, colorspace.
    """
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec or container.default_video_codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.options = options or {}
        for name, value in (colours or {}).items():
            setattr(stream.codec_context, name, value)
        stream.codec_context.sample_aspect_ratio = Fraction(*aspect)
        if turn or mirrored:
            stream.set_display_rotation(turn, hflip=mirrored)
        base = Fraction(1, 1000) if times is not None else Fraction(1, rate)
        stream.time_base = stream.codec_context.time_base = base
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            for name, value in (colours or {}).items():
                setattr(frame, name, value)
            frame.time_base = base
            frame.pts = number if times is None else round(times[number] * 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
