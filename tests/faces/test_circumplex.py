import math

import pytest

from faces.circumplex import EXPRESSIONS, QUADRANTS, WORDS, angle, quadrant, word


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
