"""Figures and sheets: the same bytes for the same faces, and what they say."""

import io
import json
import math
from hashlib import sha256

import numpy as np
import pytest
from other_process import said_elsewhere
from PIL import Image

from faces.circumplex import WORD_TABLES, drawn_words
from studio.stimuli.grid import figure_bytes, grid_figure, tile_sheet

FORMATS = ("png", "pdf", "svg")
RECIPE = {"schema": "circumplex/grid", "seed": 7}


def _images(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, n, 16, 16, 3), dtype=np.uint8)


def grid_bytes(file_format: str, n: int = 3) -> bytes:
    figure = grid_figure(_images(n), 0.8, "Seed 7 around the circumplex", "a note")
    return figure_bytes(figure, file_format, RECIPE)


def test_tiles_stand_where_they_belong() -> None:
    images = _images(3)
    sheet = tile_sheet(images, gap=2)
    assert sheet.shape == (3 * 16 + 4, 3 * 16 + 4, 3)
    assert np.array_equal(sheet[18:34, 36:52], images[1, 2])
    assert (sheet[16:18] == 255).all()
    assert np.array_equal(tile_sheet(images)[32:, :16], images[2, 0])


def test_the_same_figure_has_the_same_bytes_in_another_process() -> None:
    here = [sha256(grid_bytes(file_format)).hexdigest() for file_format in FORMATS]
    code = "print([sha256(grid_bytes(file_format)).hexdigest() for file_format in FORMATS])"
    assert said_elsewhere(__file__, code).strip() == str(here)


def test_the_picture_carries_its_recipe() -> None:
    with Image.open(io.BytesIO(grid_bytes("png"))) as picture:
        assert json.loads(picture.text["circumplex"]) == RECIPE
        assert min(picture.size) > 600


def test_vector_files_carry_no_date() -> None:
    assert b"<dc:date>" not in grid_bytes("svg")
    assert b"CreationDate" not in grid_bytes("pdf")


def test_the_figure_says_what_its_values_are() -> None:
    figure = grid_figure(_images(7), 0.6, "Seed 7", "a note")
    axes = figure.axes[0]
    drawn = {text.get_text() for text in (*figure.texts, *axes.texts)}
    assert {word.name for word in drawn_words()} <= drawn
    assert {"−0.60", "0", "+0.60", "valence →", "arousal →", "Seed 7", "a note"} <= drawn
    assert any("as asked for: a model's terms" in text for text in drawn)
    place = {text.get_text(): text.get_position() for text in axes.texts}
    assert place["happy"][0] > 0.7 and place["surprised"][1] > 0.7 and place["sad"][0] < -0.7
    assert len(axes.patches) == 1  # the neutral face is framed


def test_the_words_around_it_are_those_of_the_table_that_is_named() -> None:
    for table in WORD_TABLES:
        axes = grid_figure(_images(7), 0.6, "Seed 7", "a note", words=table).axes[0]
        place = {text.get_text(): text.get_position() for text in axes.texts}
        for word in drawn_words(table):
            x, y = place[word.name]
            assert math.degrees(math.atan2(y, x)) % 360 == pytest.approx(word.angle, abs=0.01)


def test_an_even_grid_has_no_neutral_face() -> None:
    assert not grid_figure(_images(4), 0.6, "Seed 7", "a note").axes[0].patches
