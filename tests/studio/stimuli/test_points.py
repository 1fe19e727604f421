"""Points and seeds, from rings, tables and typed lists."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.circumplex import EXPRESSIONS, PLACES, word
from faces.ground.errors import CircumplexError
from studio.stimuli.points import (
    choose_points,
    parse_seeds,
    prototype_points,
    read_points,
    ring_points,
    word_points,
)


def test_a_ring_starts_at_positive_valence_and_runs_to_arousal() -> None:
    assert ring_points(4, [0.5]) == ((0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5))


@given(st.integers(1, 40), st.lists(st.floats(0.1, 1), min_size=1, max_size=3))
def test_a_ring_keeps_its_radii(count: int, radii: list[float]) -> None:
    points = ring_points(count, radii)
    assert len(points) == count * len(radii)
    for index, point in enumerate(points):
        assert math.hypot(*point) == pytest.approx(radii[index // count], abs=2e-6)


def test_a_table_gives_its_points(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("name,arousal,valence\na,0.5,-1\nb,-0.25,0.1\n", encoding="utf-8-sig")
    assert read_points(table) == ((-1.0, 0.5), (0.1, -0.25))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs a header"),
        ("valence,arousal\n", "a line below"),
        ("v,a\n0,0\n", "needs a header"),
        ("valence,arousal\n0,0\n0,much\n", "line 3: valence or arousal is no number"),
        ("valence,arousal\n0\n", "line 2: valence or arousal is no number"),
        ("valence,arousal\n0,nan\n", "line 2: valence or arousal is no number"),
        ("valence,arousal\n-2,0\n", "line 2.*outside"),
    ],
)
def test_a_bad_table_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "points.csv"
    table.write_text(text)
    with pytest.raises(CircumplexError, match=message):
        read_points(table)


def test_a_table_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CircumplexError, match="is missing"):
        read_points(tmp_path / "none.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00valence")
    with pytest.raises(CircumplexError, match="UTF-8"):
        read_points(binary)


def test_seeds_are_read() -> None:
    assert parse_seeds("0-3, 42") == (0, 1, 2, 3, 42)


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1,,2", "1-2-3", "0-99999999", "9" * 5000])
def test_bad_seeds_are_refused(text: str) -> None:
    with pytest.raises(CircumplexError):
        parse_seeds(text)


def test_one_choice_of_points() -> None:
    assert choose_points(None, None, None, None, None) is None
    assert choose_points(5, None, None, None, None) is None  # laid out within what faces show
    assert choose_points(None, 0.8, None, None, None) == choose_points(3, 0.8, None, None, None)
    grid = choose_points(3, 0.8, None, None, None)
    assert grid is not None and len(grid) == 9
    assert choose_points(None, None, 2, (1.0,), None) == ((1.0, 0.0), (-1.0, 0.0))
    with pytest.raises(CircumplexError, match="one of grid, ring, points, words and"):
        choose_points(3, None, 4, (1.0,), None)
    with pytest.raises(CircumplexError, match="ring is 0"):
        choose_points(None, None, 0, (1.0,), None)
    with pytest.raises(CircumplexError, match="grid must be"):
        choose_points(1, 0.8, None, None, None)


def test_a_radius_of_zero_is_one_point() -> None:
    assert ring_points(2, [0, 0.5]) == ((0, 0), (0.5, 0), (-0.5, 0))


def test_words_stand_at_their_angles() -> None:
    points = word_points(["neutral", "calm", "happy"], [0.3, 0.6])
    assert points[0] == (0, 0) and len(points) == 5
    assert [word(*point) for point in points[1:]] == ["calm", "calm", "happy", "happy"]
    np.testing.assert_allclose(np.hypot(*np.transpose(points[1:])), [0.3, 0.6] * 2, atol=1e-6)
    with pytest.raises(CircumplexError, match="'cheerful' is no word of the circle; there are"):
        word_points(["cheerful"], [0.5])
    assert choose_points(None, None, None, (0.5,), None, ["calm"]) == word_points(["calm"], [0.5])


def test_prototypes_are_the_places_of_expressions() -> None:
    np.testing.assert_allclose(prototype_points(["fear"]), [PLACES["fear"]], atol=1e-6)
    assert len(prototype_points(["all"])) == len(EXPRESSIONS)
    assert choose_points(None, None, None, None, None, None, ["all"]) == prototype_points(["all"])
    with pytest.raises(CircumplexError, match="'joy' is no prototype; there are all, neutral"):
        prototype_points(["joy"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((None, None, None, (0.5,), None, None, ["all"]), "prototypes has none; leave it out"),
        ((3, 0.8, None, (0.5,), None), "grid has none; leave it out"),
        ((None, None, None, (0.5,), "points.csv"), "points has none; leave it out"),
        ((None, 0.5, 8, None, None), "reach is of a grid, and ring has none"),
        ((None, 0.5, None, None, None, ["calm"]), "reach is of a grid, and words has none"),
    ],
)
def test_what_would_be_left_unused_is_refused(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(CircumplexError, match=message):
        choose_points(*given)
    assert choose_points(None, None, 8, None, None) == ring_points(8, [0.8])
