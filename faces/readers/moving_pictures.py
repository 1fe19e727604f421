"""Pictures that move: the frames of a GIF, PNG or WebP with their time stamps."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from faces.readers.frame_selection import FrameSelection
from faces.readers.landmarks.table import Missing
from faces.readers.video import VideoFrame
from faces.sets.pictures import DAMAGED, MAX_PIXELS, as_rgb

#: Suffixes of pictures that may move.
MOVING = (".gif", ".apng", ".webp")
_FORMS = ("GIF", "PNG", "WEBP")
#: How long a frame is shown that does not say it, or says 0, as browsers have it.
_USUAL_S = 0.1


def is_animated(path: Path) -> bool:
    """Whether a file has several frames; False of one that cannot be read."""
    try:
        with Image.open(path, formats=_FORMS) as image:
            return bool(getattr(image, "is_animated", False))
    except DAMAGED:
        return False


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
        with Image.open(path, formats=_FORMS) as image:
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height}"
                yield VideoFrame(0, None, Missing("more than 64 megapixels", size))
                return
            for frame in ImageSequence.Iterator(image):
                if selection.ends(time_s):
                    break
                if selection.begins(time_s) and selection.takes(number, time_s, before):
                    taken = True
                    if number >= first:
                        picture = _reduced(as_rgb(frame), longer)
                        yield VideoFrame(number, round(time_s, 6), picture, image.size)
                number, before = number + 1, time_s
                time_s += frame.info.get("duration", 0) / 1000 or _USUAL_S
    except DAMAGED as error:
        yield VideoFrame(number, None, Missing("damaged picture", str(error)))
        return
    if not taken:
        ends = f"the picture ends at {time_s:.2f} s"
        yield VideoFrame(0, None, Missing("no frame in the selected time", ends))


def _reduced(image: Image.Image, longer: int | None) -> np.ndarray:
    """uint8 (H, W, 3), its longer side `longer` pixels at most."""
    share = min(1.0, (longer or np.inf) / max(image.size))
    if share < 1:
        width, height = (max(1, round(side * share)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.array(image)
