import math
from pathlib import Path

import pytest

from faces.circumplex import (
    ANCHORS,
    EXPRESSION_WORDS,
    EXPRESSIONS,
    PLACE_SOURCES,
    PLACES,
    QUADRANTS,
    WORD_CREDITS,
    WORD_TABLES,
    WORDS,
    angle,
    drawn_words,
    quadrant,
    word,
    words_of,
)
from faces.ground.errors import CircumplexError


def test_angles_go_counter_clockwise_from_positive_valence() -> None:
    assert angle(1, 0) == 0
    assert angle(0, 1) == pytest.approx(90)
    assert angle(-1, 0) == pytest.approx(180)
    assert angle(0, -1) == pytest.approx(270)


def test_each_word_names_its_own_angle() -> None:
    for degrees, name in WORDS.items():
        radians = math.radians(degrees)
        assert word(math.cos(radians), math.sin(radians)) == name
    assert word(math.cos(math.radians(359)), math.sin(math.radians(359))) == "happy"
    assert word(0.1, -0.1) == "neutral"
    assert list(WORDS) == sorted(WORDS) and len(WORDS) == len(set(WORDS.values()))


def test_an_expressions_own_place_bears_its_own_word() -> None:
    assert set(PLACES) == set(PLACE_SOURCES) == set(EXPRESSION_WORDS) == set(EXPRESSIONS)
    for name, point in PLACES.items():
        assert word(*point) == EXPRESSION_WORDS[name]
    for name, at in ANCHORS.items():
        assert WORDS[at] == EXPRESSION_WORDS[name] and angle(*PLACES[name]) == pytest.approx(at)


def test_places_are_those_that_labelled_what_was_trained() -> None:
    """They may not move: FER+'s labels, and all that learned from them, were made with these."""
    made = {
        "neutral": (0, 0),
        "happiness": (0.7926, 0.1086),
        "sadness": (-0.7096, -0.3694),
        "surprise": (0.2762, 0.7508),
        "fear": (-0.3482, 0.7203),
        "disgust": (-0.6, 0.35),
        "anger": (-0.5142, 0.6128),
        "contempt": (-0.55, 0.2),
    }
    for name, point in made.items():
        assert PLACES[name] == pytest.approx(point, abs=1e-4)


def test_tables_of_words_are_chosen_by_name_and_say_their_sources() -> None:
    assert set(WORD_TABLES) == set(WORD_CREDITS)
    for name, words in WORD_TABLES.items():
        assert words_of(name) == words
        assert all(len(each.source) > 10 and 0 <= each.angle < 360 for each in words)
        assert {"happy", "sad", "angry", "afraid", "calm"} <= {
            each.name for each in drawn_words(name)
        }
    anger = PLACES["anger"]
    assert word(*anger) == "angry" != word(*anger, table="scherer")
    with pytest.raises(CircumplexError, match="'plutchik'; choose of russell, scherer"):
        words_of("plutchik")


def test_the_data_card_tells_every_word_as_it_is() -> None:
    card = (Path(__file__).parents[2] / "docs" / "data_card.md").read_text("utf-8")
    for each in words_of("russell"):
        told = "" if each.drawn else " (told, not drawn)"
        assert f"| {each.name}{told} | {each.angle:g}° | {each.source} |" in card
    flat = " ".join(card.split())
    assert all(f"{each.name} {each.angle:g}°" in flat for each in words_of("scherer"))


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((0.5, 0.5), "+V +A"),
        ((-0.5, 0.5), "-V +A"),
        ((-0.5, -0.5), "-V -A"),
        ((0.5, -0.5), "+V -A"),
    ],
)
def test_quadrants(point: tuple[float, float], name: str) -> None:
    assert QUADRANTS[quadrant(*point)] == name


def test_expressions_stand_in_affectnets_order() -> None:
    assert EXPRESSIONS[0] == "neutral"
    assert EXPRESSIONS[6:] == ("anger", "contempt")
