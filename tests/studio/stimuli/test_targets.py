"""Points as people name them."""

import math
from pathlib import Path

import pytest

from faces.circumplex import PLACES, WORDS, angle
from faces.ground.errors import CircumplexError
from studio.stimuli.points import word_points
from studio.stimuli.targets import parse_target, read_key_points


@pytest.mark.parametrize("name", PLACES)
def test_an_expression_stands_where_the_labels_put_it(name: str) -> None:
    assert parse_target(name.upper() + " ") == pytest.approx(PLACES[name], abs=1e-6)


@pytest.mark.parametrize("word", sorted(set(WORDS.values()) - set(PLACES)))
def test_a_word_stands_at_its_angle(word: str) -> None:
    at = parse_target(word)
    assert WORDS[round(angle(*at), 3)] == word and math.hypot(*at) == pytest.approx(0.8, abs=1e-5)
    half = parse_target(word, 0.5)
    assert math.hypot(*half) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("intensity", [0.2, 0.5, 1.0])
def test_an_intensity_is_the_distance_from_neutral(intensity: float) -> None:
    for name in {*PLACES, *WORDS.values()} - {"neutral"}:
        at = parse_target(name, intensity)
        assert math.hypot(*at) == pytest.approx(intensity, abs=1e-5)
        assert angle(*at) == pytest.approx(angle(*parse_target(name)), abs=1e-3)
    assert parse_target("neutral", intensity) == (0, 0)
    assert parse_target("calm", intensity) == word_points(["calm"], [intensity])[0]


def test_numbers_stand_for_themselves() -> None:
    assert parse_target("0.6,-0.3", 0.5) == (0.6, -0.3)
    for text, why in (("0.6", "names no point"), ("1.2,0", "outside"), ("", "names no point")):
        with pytest.raises(CircumplexError, match=why):
            parse_target(text)


def test_key_points_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "keys.csv"
    table.write_text("time_ms,valence,arousal\n0,0,0\n700,0.5,0.1\n")
    assert read_key_points(table) == ((0.0, 700.0), ((0.0, 0.0), (0.5, 0.1)))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("0,0,0", "two key points"),
        ("100,0,0\n200,0,0", "the first at time_ms 0"),
        ("0,0,0\n0,0.5,0", "line 3: time_ms is 0; times rise"),
        ("0,0,0\nsoon,0.5,0", "line 3: time_ms is no number"),
        ("0,0,0\n1e10,0.5,0", "line 3: time_ms is 1e\\+10, more than 3,600,000"),
        ("0,0,0\n1e300,0.5,0", "line 3: time_ms is 1e\\+300, more than"),
        ("0,0,0\n500,1.5,0", "line 3: 1.5, 0.0 lie outside"),
        ("0,0,0\n500,,0", "line 3: valence or arousal is no number"),
    ],
)
def test_a_bad_line_is_named(rows: str, why: str, tmp_path: Path) -> None:
    table = tmp_path / "keys.csv"
    table.write_text(f"time_ms,valence,arousal\n{rows}\n")
    with pytest.raises(CircumplexError, match=why):
        read_key_points(table)
