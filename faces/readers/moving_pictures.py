"""Pictures that move: the frames of a GIF, PNG, WebP or AVIF with their time stamps."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from PIL import Image

from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.table import Missing
from faces.readers.video import VideoFrame
from faces.sets.pictures import (
    Rejected,
    opened_picture,
    require_size,
    suppress_pillow_warnings,
    upright_picture,
)

#: How long a frame is shown that does not say it, or says 0, as browsers have it.
_USUAL_S = 0.1
_NO_LIMIT = 10**6


def read_moving(
    path: str | Path,
    selection: FrameSelection | None = None,
    *,
    longer: int | None = None,
    first: int = 0,
) -> Iterator[VideoFrame]:
    """The selected frames of one run of a picture that moves, as `read_video` gives a video's.

    Args:
        selection, longer, first: as of `read_video`.
    """
    selection = selection or FrameSelection()
    number, time_s, before, taken = 0, 0.0, None, first > 0
    try:
        for image, lasts_s in _frames(Path(path)):
            if selection.ends(time_s):
                break
            if selection.begins(time_s) and selection.takes(number, time_s, before):
                taken = True
                if number >= first:
                    picture = upright_picture(image, longer or _NO_LIMIT)
                    size = picture.source_size()
                    yield VideoFrame(number, round(time_s, 6), picture.pixels, size)
            number, before = number + 1, time_s
            time_s += lasts_s
    except Rejected as rejection:
        yield VideoFrame(number, None, Missing(rejection.reason, rejection.detail))
        return
    if not taken:
        ends = f"the picture ends at {time_s:.2f} s"
        yield VideoFrame(0, None, Missing("no frame in the selected time", ends))


def _frames(path: Path) -> Iterator[tuple[Image.Image, float]]:
    """Each frame, loaded, and the seconds for which it is shown.

    Raises:
        Rejected: the file is damaged there, or a frame is too large or too small.
    """
    with ExitStack() as stack:
        with suppress_pillow_warnings():
            image = stack.enter_context(opened_picture(path))
        # what a PNG shows where nothing moves is no frame of its own
        for place in count(1 if image.info.get("default_image") else 0):
            with suppress_pillow_warnings():
                try:
                    image.seek(place)
                except EOFError:
                    return
                require_size(image)
                image.load()  # before it WebP and AVIF do not say how long a frame is shown
            yield image, image.info.get("duration", 0) / 1000 or _USUAL_S
