"""Recipes: in the picture, out of the picture, refused when they are not whole."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from faces.ground.errors import CircumplexError
from studio.stimuli.recipe import (
    Recipe,
    decode_latent,
    encode_latent,
    picture_bytes,
    png_bytes,
    read_pixels,
    read_recipe,
)

IMAGE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
PLAIN = Recipe("g" * 64, "d" * 64, 7, None, 0.25, -0.5, 0.7, (120.5, 40.25), "circumplex-studio 0")
WHOLE = replace(
    PLAIN, w="AAAA", picture="p" * 64, backend={"device": "cpu", "unit": "AVX2", "torch": "2"}
)


def _written(folder: Path, recipe: dict[str, object] | str) -> Path:
    path = folder / "face.png"
    if isinstance(recipe, str):
        info = PngInfo()
        info.add_itxt("circumplex", recipe)
        Image.fromarray(IMAGE).save(path, pnginfo=info)
    else:
        path.write_bytes(png_bytes(IMAGE, recipe))
    return path


@pytest.mark.parametrize("recipe", [PLAIN, WHOLE])
def test_a_recipe_comes_back_from_its_picture(tmp_path: Path, recipe: Recipe) -> None:
    path = _written(tmp_path, recipe.to_dict())
    assert read_recipe(path) == recipe
    assert np.array_equal(np.asarray(Image.open(path)), IMAGE)


def test_the_same_picture_has_the_same_bytes() -> None:
    assert png_bytes(IMAGE, PLAIN.to_dict()) == png_bytes(IMAGE.copy(), PLAIN.to_dict())


# arrays are drawn slowly where the machine is busy
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(hnp.arrays(np.float32, (1, 2, 5), elements=st.floats(-1e6, 1e6, width=32)))
def test_a_latent_survives_as_text(w: np.ndarray) -> None:
    assert np.array_equal(decode_latent(encode_latent(w), (2, 5)), w)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "AAAA",
        encode_latent(np.zeros((1, 2, 4))),
        encode_latent(np.full((1, 2, 5), np.nan)),
    ],
)
def test_a_latent_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(CircumplexError, match="latent is not one of shape"):
        decode_latent(text, (2, 5))


def test_a_recipe_names_seed_or_latent() -> None:
    with pytest.raises(CircumplexError, match="a seed or a latent"):
        Recipe(**(asdict(PLAIN) | {"latent": "AAAA"}))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("{not json", "is damaged"),
        ("[1, 2]", "is damaged"),
        (json.dumps({"schema": "circumplex/grid", "version": 1}), "is circumplex/grid"),
        (json.dumps(WHOLE.to_dict() | {"version": 3}), "version 3"),
        (json.dumps(PLAIN.to_dict() | {"version": 2}), "lacks a field"),
        (json.dumps(WHOLE.to_dict() | {"version": 1}), "lacks a field"),
        (json.dumps({k: v for k, v in WHOLE.to_dict().items() if k != "w"}), "lacks a field"),
        (json.dumps({k: v for k, v in PLAIN.to_dict().items() if k != "seed"}), "lacks a field"),
    ],
)
def test_a_foreign_recipe_is_refused(tmp_path: Path, recipe: str, message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        read_recipe(_written(tmp_path, recipe))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"valence": 7}, "valence cannot be 7"),
        ({"valence": "0.1"}, "valence cannot be '0.1'"),
        ({"arousal": float("nan")}, "arousal cannot be nan"),
        ({"truncation": True}, "truncation cannot be True"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"seed": 1.5}, "seed cannot be 1.5"),
        ({"seed": None, "latent": 3}, "latent cannot be 3"),
        ({"luminance": [1, 2, 3]}, "luminance cannot be"),
        ({"luminance": "ab"}, "luminance cannot be 'ab'"),
        ({"generator": 5}, "generator cannot be 5"),
        ({"w": 5}, "w cannot be 5"),
        ({"picture": None}, "picture cannot be None"),
        ({"backend": {"device": "cpu"}}, "backend cannot be"),
        ({"backend": ["cpu"]}, "backend cannot be"),
    ],
)
def test_a_recipe_out_of_its_range_is_refused(
    tmp_path: Path, values: dict[str, object], message: str
) -> None:
    with pytest.raises(CircumplexError, match=f"face.png: a recipe's {message}"):
        read_recipe(_written(tmp_path, json.dumps(WHOLE.to_dict() | values)))


def test_a_picture_too_large_to_open_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    with pytest.raises(CircumplexError, match="not a readable PNG"):
        read_recipe(_written(tmp_path, PLAIN.to_dict()))


def test_pictures_without_a_recipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="is missing"):
        read_recipe(tmp_path / "none.png")
    bare = tmp_path / "bare.png"
    Image.fromarray(IMAGE).save(bare)
    with pytest.raises(CircumplexError, match="carries no recipe"):
        read_recipe(bare)
    other = tmp_path / "other.png"
    stream = io.BytesIO()
    Image.fromarray(IMAGE).save(stream, "BMP")
    other.write_bytes(stream.getvalue())
    with pytest.raises(CircumplexError, match="not a readable PNG, JPEG or WebP"):
        read_recipe(other)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_every_format_holds_its_recipe(tmp_path: Path, suffix: str) -> None:
    recipe = replace(PLAIN, finish={"format": suffix, "size": 64})
    path = tmp_path / f"face.{suffix}"
    path.write_bytes(picture_bytes(IMAGE, recipe.to_dict(), suffix))
    assert read_recipe(path) == recipe
    assert read_pixels(path).shape == IMAGE.shape
    Image.fromarray(IMAGE).save(path)
    with pytest.raises(CircumplexError, match="carries no recipe"):
        read_recipe(path)


def test_a_recipe_too_large_for_a_jpeg_is_said() -> None:
    large = replace(PLAIN, finish={"format": "jpg", "note": "x" * 70_000})
    with pytest.raises(CircumplexError, match="export png or webp"):
        picture_bytes(IMAGE, large.to_dict(), "jpg")


@given(keep=st.integers(0, 200))
def test_a_torn_picture_is_refused_or_whole(
    tmp_path_factory: pytest.TempPathFactory, keep: int
) -> None:
    data = png_bytes(IMAGE, PLAIN.to_dict())
    path = tmp_path_factory.mktemp("torn") / "face.png"
    path.write_bytes(data[:keep])
    with pytest.raises(CircumplexError):
        read_recipe(path)
