"""What made a picture, stored in the picture: enough to make it again, and to tell how near.

The recipe is JSON in an iTXt chunk of the PNG; of a JPEG or WebP it is the comment in the EXIF. It
names no file and no machine. Machines round differently: the recipe holds the latent that the
picture was made from, the hash of its pixels, and with what they were computed, so that a picture
made again is known as identical, or to differ by so many levels.
"""

import io
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from faces.ground.digests import tensors_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from studio.stimuli.recipe_record import (
    OPTIONAL,
    SCHEMA,
    SECOND,
    VERSION,
    Recipe,
    decode_latent,
    encode_latent,
)

__all__ = [
    "KEYWORD",
    "SCHEMA",
    "VERSION",
    "Recipe",
    "decode_latent",
    "decode_pixels",
    "encode_latent",
    "pasted_bytes",
    "picture_bytes",
    "picture_digest",
    "png_bytes",
    "read_pixels",
    "read_recipe",
]

T = TypeVar("T")
KEYWORD, PASTED = "circumplex", "circumplex/pasted"

_REMEDY = "give a picture that `circumplex edit` or `circumplex export` wrote"
#: Where a recipe lies in a JPEG or WebP: the comment of EXIF, which begins with its encoding.
_EXIF, _COMMENT, _ASCII = 0x8769, 0x9286, b"ASCII\0\0\0"
_MOST_EXIF = 65_000
_SAVED = {
    "jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    "webp": {"format": "WEBP", "lossless": True, "method": 4, "exact": True},
}
#: What PIL raises over files that are not what they should be, beside its own error over bombs.
_UNREADABLE = (OSError, ValueError, SyntaxError, zlib.error)


def picture_digest(image: np.ndarray) -> str:
    """SHA-256 of the pixels of a uint8 (H, W, 3) picture, however a file compresses them."""
    return tensors_digest({"picture": image})


def png_bytes(image: np.ndarray, recipe: dict[str, Any], profile: bytes | None = None) -> bytes:
    """A uint8 (H, W, 3) picture as PNG with `recipe` inside; same input, same bytes."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt(KEYWORD, json.dumps(recipe, ensure_ascii=False, sort_keys=True))
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", pnginfo=info, compress_level=6, icc_profile=profile)
    return stream.getvalue()


def picture_bytes(image: np.ndarray, recipe: dict[str, Any], suffix: str) -> bytes:
    """A uint8 (H, W, 3) picture with `recipe` inside, as "png", "jpg" or "webp"; same input, same
    bytes.

    Raises:
        CircumplexError: a JPEG has no room for the recipe.
    """
    from PIL import Image

    if suffix == "png":
        return png_bytes(image, recipe)
    text = json.dumps(recipe, ensure_ascii=True, sort_keys=True)
    exif = Image.Exif()
    exif.get_ifd(_EXIF)[_COMMENT] = _ASCII + f"{KEYWORD} {text}".encode("ascii")
    if suffix == "jpg" and len(exif.tobytes()) > _MOST_EXIF:
        raise CircumplexError(
            "latents of this generator are too large for a JPEG's comment; export png or webp"
        )
    stream = io.BytesIO()
    settings: dict[str, Any] = _SAVED[suffix]
    Image.fromarray(image).save(stream, exif=exif, **settings)
    return stream.getvalue()


def pasted_bytes(image: np.ndarray, recipe: dict[str, Any], profile: bytes | None) -> bytes:
    """A photo with an edited face put back, as PNG. The recipe inside says how the face was edited;
    it does not make the photo again.

    Args:
        profile: the ICC profile of the picture's numbers; None is sRGB.
    """
    return png_bytes(image, {**recipe, "schema": PASTED}, profile)


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """The recipe inside a picture that `edit` or `export` wrote.

    Raises:
        CircumplexError: the file is missing, is no PNG, JPEG or WebP, or carries no recipe of a
            known version.
    """
    text = _open(path, _recipe_text)
    if text is None:
        raise CircumplexError(
            f"{path} carries no recipe; programs that save a picture anew often drop it: {_REMEDY}"
        )
    return _parse(text, Path(path))


def read_pixels(path: str | os.PathLike[str]) -> np.ndarray:
    """The pixels of a PNG, JPEG or WebP, uint8 (H, W, 3), whatever mode a program saved them in.

    Raises:
        CircumplexError: the file is missing or is none of them.
    """
    return _open(path, lambda picture: np.asarray(picture.convert("RGB")))


def decode_pixels(data: bytes) -> np.ndarray:
    """The pixels of a picture's bytes, uint8 (H, W, 3)."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _recipe_text(picture: Any) -> str | None:
    if picture.format == "PNG":
        found: str | None = picture.text.get(KEYWORD)
        return found
    comment = picture.getexif().get_ifd(_EXIF).get(_COMMENT, b"")
    head = _ASCII + KEYWORD.encode("ascii") + b" "
    if not isinstance(comment, bytes) or not comment.startswith(head):
        return None
    return comment[len(head) :].decode("ascii")


def _open(path: str | os.PathLike[str], look: Callable[[Any], T]) -> T:
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG", "JPEG", "WEBP"]) as picture:
            return look(picture)
    except FileNotFoundError as error:
        raise CircumplexError(f"{path} is missing; {_REMEDY}") from error
    except (*_UNREADABLE, Image.DecompressionBombError) as error:
        raise CircumplexError(f"{path} is not a readable PNG, JPEG or WebP; {_REMEDY}") from error


def _parse(text: str, path: Path) -> Recipe:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CircumplexError(
            f"the recipe in {path} is damaged; export the picture anew"
        ) from error
    if not isinstance(values, dict):
        raise CircumplexError(f"the recipe in {path} is damaged; export the picture anew")
    if values.get("schema") == PASTED:
        raise CircumplexError(
            f"{path} is a photo with an edited face, which only the photo can make again; edit it "
            "anew with --photo and --paste"
        )
    first = values.get("version") == 1
    check_schema(values, SCHEMA, 1 if first else VERSION, f"the recipe in {path}")
    known = {field.name for field in fields(Recipe)} - (set(SECOND) if first else set())
    given = set(values) - {"schema", "version"}
    if not known - set(OPTIONAL) <= given <= known:
        raise CircumplexError(f"the recipe in {path} lacks a field; export the picture anew")
    try:
        return Recipe(**{name: values[name] for name in given})
    except CircumplexError as error:
        raise CircumplexError(f"{path}: {error}") from error
