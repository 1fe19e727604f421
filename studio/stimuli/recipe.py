"""What made a picture, stored in the picture: enough to make it again, and to tell how near.

The recipe is JSON in an iTXt chunk of the PNG; of a JPEG or WebP it is the comment in the EXIF. It
names no file and no machine. Machines round differently: the recipe holds the latent that the
picture was made from, the hash of its pixels, and with what they were computed, so that a picture
made again is known as identical, or to differ by so many levels.
"""

import base64
import binascii
import io
import json
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from faces.ground.digests import tensors_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.editing.layer_strengths import MOST

T = TypeVar("T")
KEYWORD = "circumplex"
SCHEMA, PASTED = "circumplex/recipe", "circumplex/pasted"
VERSION = 2
_TEXTS = ("generator", "directions", "software")
_OPTIONAL = ("layers", "label", "calibration", "anchor", "refined", "others", "finish")
#: What version 1 of the schema did not hold.
_SECOND = ("w", "picture", "backend")
#: Probes read affect that may lie beyond [-1, 1].
_MOST_AFFECT = 100
#: Of a further factor, in the units of its label: any number but infinity.
_MOST = sys.float_info.max
_BACKEND = {"device", "unit", "torch"}

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


@dataclass(frozen=True)
class Recipe:
    """How one face was made.

    Attributes:
        generator: digest of the generator.
        directions: digest of the directions.
        seed: the sampled face, or None where `latent` gives it.
        latent: base64 of the float32 (L, W) latent of an encoded photo before the edit, or None.
        valence, arousal: the request, in [-1, 1].
        truncation: how far the seed's face stands from the mean face; 1 for photos.
        luminance: (mean, standard deviation) that the luma was matched to, in 0–255, or None.
        software: name and version that made the picture.
        layers: how far each of the generator's layers went, as a share of the way; None where all
            went all of it.
        label: class of a conditional generator, or None.
        calibration: digest of the calibration that aimed the edit, or None where there was none.
        anchor: valence and arousal that a photo's face shows by itself, from where it was moved;
            None where the request is absolute.
        refined: steps that followed the calibration's move, or None.
        others: further factors that were asked for, by name in the units of their labels, or None.
        finish: how the picture in the file came of the face that this recipe makes, such as its
            size or its mask (`finishing.FinishConfig.note`); None where it is that face.
        w: base64 of the float32 (L, W) latent that the picture was made from, after the edit.
        picture: digest of the pixels that the recipe makes, see `picture_digest`.
        backend: what computed them, see `gan_bridge.generators.backend`. All three are None in a
            recipe of the first version, that of 0.1.0.
    """

    generator: str
    directions: str
    seed: int | None
    latent: str | None
    valence: float
    arousal: float
    truncation: float
    luminance: tuple[float, float] | None
    software: str
    layers: tuple[float, ...] | None = None
    label: int | None = None
    calibration: str | None = None
    anchor: tuple[float, float] | None = None
    refined: int | None = None
    others: dict[str, float] | None = None
    finish: dict[str, Any] | None = None
    w: str | None = None
    picture: str | None = None
    backend: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.seed is None) == (self.latent is None):
            raise CircumplexError("a recipe names a seed or a latent, not both; export it anew")
        for name in ("luminance", "layers", "anchor"):
            if isinstance(getattr(self, name), list):  # as JSON has it
                object.__setattr__(self, name, tuple(getattr(self, name)))
        wrong = next((name for name, fine in self._checks().items() if not fine), None)
        if wrong is not None:
            raise CircumplexError(
                f"a recipe's {wrong} cannot be {getattr(self, wrong)!r:.40}; export it anew"
            )

    def _checks(self) -> dict[str, bool]:
        """Whether each field holds what the class says of it."""
        pair = self.luminance
        return {
            **{name: isinstance(getattr(self, name), str) for name in _TEXTS},
            "seed": self.seed is None or (type(self.seed) is int and 0 <= self.seed < 2**63),
            "latent": self.latent is None or isinstance(self.latent, str),
            "valence": _within(self.valence, -1, 1),
            "arousal": _within(self.arousal, -1, 1),
            "truncation": _within(self.truncation, 0, 2),
            "luminance": pair is None
            or (
                isinstance(pair, tuple) and len(pair) == 2 and all(_within(x, 0, 255) for x in pair)
            ),
            "layers": self.layers is None
            or (
                isinstance(self.layers, tuple) and all(_within(x, -MOST, MOST) for x in self.layers)
            ),
            "anchor": self.anchor is None
            or (
                isinstance(self.anchor, tuple)
                and len(self.anchor) == 2
                and all(_within(x, -_MOST_AFFECT, _MOST_AFFECT) for x in self.anchor)
            ),
            "calibration": self.calibration is None or isinstance(self.calibration, str),
            "refined": self.refined is None or (type(self.refined) is int and self.refined > 0),
            "others": self.others is None or _is_numbers(self.others),
            "finish": self.finish is None or isinstance(self.finish, dict),
            "label": self.label is None or (type(self.label) is int and 0 <= self.label < 2**31),
            **{name: _is_given(getattr(self, name), str, self.version) for name in _SECOND[:2]},
            "backend": _is_given(self.backend, dict, self.version)
            and (self.backend is None or _is_backend(self.backend)),
        }

    @property
    def version(self) -> int:
        """That of the schema: recipes of the first know nothing of their picture."""
        return 1 if all(getattr(self, name) is None for name in _SECOND) else VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with schema and version; what only layered generators need stands
        there only for them."""
        values = asdict(self)
        for name in (*_OPTIONAL, *_SECOND):
            if values[name] is None:
                del values[name]
        return {"schema": SCHEMA, "version": self.version, **values}


def _is_given(value: object, kind: type, version: int) -> bool:
    return value is None if version == 1 else isinstance(value, kind)


def _is_backend(value: dict[str, str]) -> bool:
    return set(value) == _BACKEND and all(isinstance(each, str) for each in value.values())


def _is_numbers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and _within(each, -_MOST, _MOST) for name, each in value.items()
    )


def _within(value: object, least: float, most: float) -> bool:
    """Whether it is a number, and in the range; NaN and True are not."""
    return type(value) in (int, float) and least <= value <= most  # type: ignore[operator]


def encode_latent(w: np.ndarray) -> str:
    """A latent (1, L, W) as base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(w, "<f4").tobytes()).decode("ascii")


def decode_latent(text: str, shape: tuple[int, int]) -> np.ndarray:
    """The inverse of `encode_latent`: (1, L, W) float32.

    Raises:
        CircumplexError: it is damaged or not of `shape` (L, W).
    """
    try:
        flat = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
        if not np.isfinite(flat).all():
            raise ValueError("NaN or infinity")
        return flat.astype(np.float32).reshape(1, *shape)
    except (binascii.Error, ValueError) as error:
        raise CircumplexError(
            f"the recipe's latent is not one of shape {shape}; export the picture anew"
        ) from error


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
    known = {field.name for field in fields(Recipe)} - (set(_SECOND) if first else set())
    given = set(values) - {"schema", "version"}
    if not known - set(_OPTIONAL) <= given <= known:
        raise CircumplexError(f"the recipe in {path} lacks a field; export the picture anew")
    try:
        return Recipe(**{name: values[name] for name in given})
    except CircumplexError as error:
        raise CircumplexError(f"{path}: {error}") from error
