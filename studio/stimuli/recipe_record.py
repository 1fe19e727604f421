"""What a recipe says of a picture, as a checked record, and how latents are written in it."""

import base64
import binascii
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from gan_bridge.editing.layer_strengths import MOST

SCHEMA, VERSION = "circumplex/recipe", 2
_TEXTS = ("generator", "directions", "software")
OPTIONAL = ("layers", "label", "calibration", "anchor", "refined", "others", "finish")
#: What version 1 of the schema did not hold.
SECOND = ("w", "picture", "backend")
#: Probes read affect that may lie beyond [-1, 1].
_MOST_AFFECT = 100
#: Of a further factor, in the units of its label: any number but infinity.
_MOST = sys.float_info.max
_BACKEND = {"device", "unit", "torch"}


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
            **{name: _is_given(getattr(self, name), str, self.version) for name in SECOND[:2]},
            "backend": _is_given(self.backend, dict, self.version)
            and (self.backend is None or _is_backend(self.backend)),
        }

    @property
    def version(self) -> int:
        """That of the schema: recipes of the first know nothing of their picture."""
        return 1 if all(getattr(self, name) is None for name in SECOND) else VERSION

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with schema and version; what only layered generators need stands
        there only for them."""
        values = asdict(self)
        for name in (*OPTIONAL, *SECOND):
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
