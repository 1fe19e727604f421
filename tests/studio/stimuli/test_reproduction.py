"""Pictures made again from their recipes: identical, or by how much they differ, never refused."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from faces.ground.errors import CircumplexError
from studio import workflows
from studio.cli import main
from studio.engine import Engine
from studio.stimuli.recipe import picture_digest, png_bytes, read_pixels, read_recipe
from studio.workflows.edit import EditRequest, EditResult
from vae.probing.directions import Directions

ELSEWHERE = {"device": "cpu", "unit": "abacus", "torch": "1.0"}


@pytest.fixture
def first(probed_run: Path, engine: Engine, tmp_path: Path) -> Path:
    path = tmp_path / "first.png"
    asked = EditRequest(out=path, generator=str(probed_run), seed=5, valence=0.4, arousal=-0.3)
    assert workflows.edit.run(asked, engine).reproduction is None
    return path


def again(path: Path, run: Path, engine: Engine) -> EditResult:
    return workflows.edit.run(EditRequest(recipe=path, generator=str(run)), engine)


def as_version_0_1_0(path: Path, **values: Any) -> Path:
    """The same pixels with the recipe that version 0.1.0 wrote."""
    recipe = replace(read_recipe(path), w=None, picture=None, backend=None, **values)
    assert recipe.to_dict()["version"] == 1 and "w" not in recipe.to_dict()
    older = path.with_name("older.png")
    older.write_bytes(png_bytes(read_pixels(path), recipe.to_dict()))
    return older


def test_it_says_identical(
    first: Path, probed_run: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    result = again(first, probed_run, engine)
    assert result.data == first.read_bytes()
    assert result.summary()["remade"] == {
        "identical": True, "changed": False, "most": 0, "mean": 0.0,
    }  # fmt: skip
    out = first.with_name("again.png")
    assert main(["edit", str(out), "--recipe", str(first), "-g", str(probed_run)]) == 0
    assert "identical to first.png" in capsys.readouterr().out


def test_a_recipe_holds_what_the_picture_was_made_from(
    first: Path, probed_run: Path, engine: Engine
) -> None:
    recipe, pixels = read_recipe(first), read_pixels(first)
    assert recipe.picture == picture_digest(pixels) and recipe.backend is not None
    assert recipe.backend["device"] == "cpu"
    # the latent decides, not the request that led to it on the first machine
    elsewhere = first.with_name("elsewhere.png")
    elsewhere.write_bytes(png_bytes(pixels, replace(recipe, valence=-0.9).to_dict()))
    assert again(elsewhere, probed_run, engine).reproduction.identical


def test_another_rounding_is_told_in_levels(first: Path, probed_run: Path, engine: Engine) -> None:
    pixels = read_pixels(first).copy()
    pixels[:2] = np.where(pixels[:2] < 128, pixels[:2] + 2, pixels[:2] - 2)
    recipe = replace(read_recipe(first), picture=picture_digest(pixels), backend=ELSEWHERE)
    elsewhere = first.with_name("elsewhere.png")
    elsewhere.write_bytes(png_bytes(pixels, recipe.to_dict()))
    result = again(elsewhere, probed_run, engine)
    found = result.reproduction
    assert (found.identical, found.changed, found.most) == (False, False, 2)
    assert found.mean == pytest.approx(2 * 2 / 64)
    assert str(found).startswith("differs from elsewhere.png by up to 2 of 255 levels, 0.0625 in")
    assert "made with cpu abacus, torch 1.0; here cpu" in str(found)
    # what was made here says so
    assert result.data == first.read_bytes()


def test_a_picture_that_another_program_saved_keeps_its_recipe_and_says_so(
    first: Path, probed_run: Path, engine: Engine
) -> None:
    saved = first.with_name("saved.png")
    with Image.open(first) as picture:
        info = PngInfo()
        info.add_itxt("circumplex", picture.text["circumplex"])
        picture.convert("RGBA").save(saved, pnginfo=info)
        brighter = picture.point(lambda level: min(level + 40, 255))
        brighter.save(first.with_name("brighter.png"), pnginfo=info)
    assert str(again(saved, probed_run, engine).reproduction) == "identical to saved.png"
    result = again(first.with_name("brighter.png"), probed_run, engine)
    assert result.data == first.read_bytes()
    assert str(result.reproduction) == (
        "identical to the picture as it was made; brighter.png was changed since"
    )


def test_a_picture_that_lost_its_recipe_is_told_so(
    first: Path, probed_run: Path, engine: Engine
) -> None:
    with Image.open(first) as picture:
        Image.fromarray(np.asarray(picture)).save(first.with_name("bare.png"))
    with pytest.raises(CircumplexError, match="carries no recipe; programs that save"):
        again(first.with_name("bare.png"), probed_run, engine)


def test_recipes_of_version_0_1_0_open(first: Path, probed_run: Path, engine: Engine) -> None:
    older = as_version_0_1_0(first)
    result = again(older, probed_run, engine)
    assert result.data == older.read_bytes()
    assert result.reproduction.identical and result.reproduction.changed is None
    pixels = read_pixels(older).copy()
    pixels[0, 0] ^= 1
    older.write_bytes(png_bytes(pixels, read_recipe(older).to_dict()))
    result = again(older, probed_run, engine)
    assert not result.reproduction.identical and result.reproduction.most == 1
    assert "if nobody changed it since" in str(result.reproduction)
    assert result.recipe.to_dict()["version"] == 2


def test_a_recipe_of_version_0_1_0_that_another_processor_named_opens(
    first: Path, probed_run: Path, engine: Engine
) -> None:
    directions = Directions.load(probed_run)
    named = hashlib.sha256()
    for array in (
        directions.centre,
        directions.weights,
        directions.intercept,
        directions.valence,
        directions.arousal,
    ):
        named.update(array.tobytes())
    named.update(np.nextafter(directions.step, np.inf).tobytes())
    older = as_version_0_1_0(first, directions=named.hexdigest())
    assert again(older, probed_run, engine).reproduction.identical
    other = as_version_0_1_0(first, directions="0" * 64)
    with pytest.raises(CircumplexError, match="made with directions 000000000000"):
        again(other, probed_run, engine)


def test_a_grid_names_its_pixels(probed_run: Path, engine: Engine) -> None:
    from studio.workflows.grid import GridRequest

    grid = workflows.grid.run(
        GridRequest(seed=1, n=2, plain=True, generator=str(probed_run)), engine
    )
    path = probed_run.parent / "grid.png"
    path.write_bytes(grid.data)
    assert grid.recipe["picture"] == picture_digest(read_pixels(path))
    assert json.dumps(grid.recipe["backend"])
