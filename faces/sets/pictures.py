"""Pictures as they come, normalised to upright RGB; what cannot be read says why."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin, UnidentifiedImageError

from faces.ground.content import HEAD, is_video, mistaken_content, read_head
from faces.sets.colours import in_srgb
from faces.sets.depths import deep_as_grey, is_deep, stated_white
from faces.sets.turning import turned_picture

#: Pixels that are decoded at most.
MAX_PIXELS = 64_000_000
#: A JPEG may have four times as many: it is decoded at half its scale or less, which takes no more.
MAX_JPEG_PIXELS = 4 * MAX_PIXELS
MIN_SIDE = 16
#: Pixels of the longer side in which small faces are looked for.
DETAIL = 4096
#: Details of `Rejected` where the content is no picture's.
OF_A_VIDEO, UNKNOWN = "a video under a picture's name; rename it", "of no known format"
_FORMATS = ("PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP", "JPEG2000", "AVIF")
_HEIF = "HEIF"
#: Marks of the ISO base media files (14496-12) that hold pictures, after the length of the first
#: box, and what Pillow calls them.
_BRANDS = dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), _HEIF)
_BRANDS |= dict.fromkeys((b"avif", b"avis"), "AVIF")
#: What Pillow raises on damaged files, besides OSError
DAMAGED = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError,
    RuntimeError, struct.error, zlib.error,
)  # fmt: skip


class Rejected(Exception):
    """A picture that cannot be used: `reason` is one of few, to be counted; `detail` is its own."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Picture:
    """An upright picture, perhaps a reduced part of the file's.

    Attributes:
        pixels: uint8 (H, W, 3) RGB.
        scale: pixels of this picture per pixel of the upright source, along x and y.
        offset: x, y of this picture's corner in source pixels.
    """

    pixels: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def to_source(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of this picture as points of the upright source."""
        return points / self.scale + self.offset

    def from_source(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the upright source as points of this picture."""
        return (points - self.offset) * self.scale

    def source_size(self) -> tuple[int, int]:
        """Width and height of the upright source, of a whole picture."""
        width, height = np.round(np.array(self.pixels.shape[1::-1]) / self.scale).astype(int)
        return int(width), int(height)

    def turned(self, degrees: int) -> "Picture":
        """The same of the source turned clockwise by 0, 90, 180 or 270 degrees; of a whole one."""
        scale = self.scale[::-1] if degrees in (90, 270) else self.scale
        return Picture(turned_picture(self.pixels, degrees), scale, self.offset)


def decode(
    data: bytes, longer: int, region: np.ndarray | None = None, *, stored_colours: bool = False
) -> Picture:
    """Decode a picture file's bytes to at most `longer` pixels on the longer side.

    Args:
        data: the file's bytes.
        longer: what the longer side is reduced to where it is larger; bounds time and memory. A
            JPEG of more than MAX_PIXELS is reduced to half its scale at least.
        region: left, top, right, bottom in pixels of the upright source; the rest is cut off.
        stored_colours: leave RGB as the file has it, where its profile is of another space than
            sRGB.

    Raises:
        Rejected: empty, damaged, too large or too small, or of a form that Pillow was built
            without.
    """
    with opened_picture(data) as image:
        require_size(image)
        return upright_picture(image, longer, region, stored_colours=stored_colours)


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture as it is seen, by its header.

    Raises:
        Rejected: empty, damaged, too large, or of no form that is known here.
    """
    with opened_picture(data) as image:
        return _upright(image)


@contextmanager
def opened_picture(source: bytes | Path) -> Iterator[Image.Image]:
    """A picture, its header alone read; whatever goes wrong with it in the block, as `Rejected`.

    Args:
        source: a file's bytes, or its path.
    """
    try:
        head = source[:HEAD] if isinstance(source, bytes) else read_head(source)
    except OSError as error:
        raise Rejected("cannot be opened", error.strerror or "") from error
    if not head:
        raise Rejected("empty file")
    try:
        with _open(source, head) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Rejected("more than 64 megapixels", str(error)) from error
    except UnidentifiedImageError as error:  # whose own words name a place in memory
        raise Rejected("damaged picture", _what_else(head)) from error
    except DAMAGED as error:
        raise Rejected("damaged picture", str(error)) from error


def require_size(image: Image.Image) -> None:
    """Raise `Rejected` where an open picture is too large or too small to be read.

    To be called before it is loaded, and before each frame is: a GIF's may be larger than those
    before.
    """
    size = f"{image.width} x {image.height}"
    is_jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
    most = MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS
    if image.width * image.height > most:
        raise Rejected(f"more than {most // 10**6} megapixels", size)
    if min(image.size) < MIN_SIDE:
        raise Rejected("smaller than 16 pixels", size)


def _open(source: bytes | Path, head: bytes) -> Image.Image:
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if head[:3] == b"\xff\xd8\xff":  # Pillow's own door takes a large photo for a bomb
        return JpegImagePlugin.JpegImageFile(file)
    if head[4:8] == b"ftyp" and _BRANDS.get(head[8:12]) == _HEIF:
        _register_heif()
        # some writers of AVIF name the general brand first
        return Image.open(file, formats=(_HEIF, "AVIF"))
    return Image.open(file, formats=_FORMATS)


def _what_else(head: bytes) -> str:
    """What a file is, by its first bytes, that no reader of pictures knows."""
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return f"{_BRANDS[head[8:12]]} that this Pillow cannot read"
    if is_video(head):
        return OF_A_VIDEO
    return mistaken_content(head) or UNKNOWN


@cache
def _register_heif() -> None:
    """Let Pillow know HEIF, once a file of it is met."""
    from pi_heif import register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


@contextmanager
def suppress_pillow_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings of odd files while many are read; refuse decompression bombs.

    Filters belong to the whole process, so this is for the thread that starts the others.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
        yield


def upright_picture(
    image: Image.Image,
    longer: int,
    region: np.ndarray | None = None,
    *,
    stored_colours: bool = False,
) -> Picture:
    """What an open picture shows, or the frame of one that moves that was sought, as people see it.

    Args:
        image: as `opened_picture` gives it; it need not be loaded.
        longer, region, stored_colours: as of `decode`.
    """
    profile, white = image.info.get("icc_profile"), stated_white(image)
    upright_size = _upright(image)
    full, turned = np.array(upright_size, np.float64), image.size != upright_size
    box = np.array([0.0, 0.0, *full])
    if region is not None:
        box = _clipped(region, full)
    cut = box[2:] - box[:2]
    most = 1.0 if full.prod() <= MAX_PIXELS else 0.5
    share = min(most, longer / cut.max())
    # JPEG decodes straight to 1/2, 1/4 or 1/8, never below the size asked for
    wanted = np.minimum(np.ceil(full * share), np.floor(full * most)).astype(int)
    image.draft(None, tuple(wanted[::-1] if turned else wanted))
    upright = ImageOps.exif_transpose(image)
    # CMYK becomes RGB by its profile; of RGB the reduced picture is brought to sRGB
    upright = _as_rgb(in_srgb(upright, profile) if upright.mode == "CMYK" else upright, white)
    decoded = np.array(upright.size) / full
    size = np.maximum(1, np.round(cut * share)).astype(int)
    box_decoded = box * np.tile(decoded, 2)
    whole = (size == upright.size).all() and region is None
    if not whole:
        upright = upright.resize(
            tuple(size), Image.Resampling.BICUBIC, box=tuple(box_decoded), reducing_gap=3.0
        )
    if not stored_colours:
        upright = in_srgb(upright, profile)
    return Picture(np.array(upright), size / cut, box[:2])


def _upright(image: Image.Image) -> tuple[int, int]:
    """Width and height after the turn that EXIF asks for."""
    width, height = image.size
    return (height, width) if image.getexif().get(0x0112, 1) >= 5 else (width, height)


def _clipped(region: np.ndarray, full: np.ndarray) -> np.ndarray:
    box = np.concatenate([np.floor(region[:2]), np.ceil(region[2:])])
    box = np.clip(box, 0, np.tile(full, 2))
    if (box[2:] - box[:2] < MIN_SIDE).any():
        raise Rejected("face box outside the picture", " ".join(f"{v:g}" for v in region))
    return box


def _as_rgb(image: Image.Image, white: float | None) -> Image.Image:
    """Any mode as RGB: more than 8 bits are scaled by white, transparency lies on white."""
    if is_deep(image):
        return deep_as_grey(image, white).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")
