"""Typed lists: what is meant is read, and what is not meant is said to be unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_names, parse_number, parse_numbers, parse_span


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_as_they_were_written(numbers: list[float]) -> None:
    assert parse_numbers(", ".join(map(str, numbers))) == tuple(numbers)


@pytest.mark.parametrize("text", ["", "0.4;0.8", "0.4,", "nan", "1,inf", "much"])
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(CircumplexError, match="no list of numbers"):
        parse_numbers(text)


def test_spans() -> None:
    assert parse_span(" 7 ") == range(7, 8)
    assert parse_span("0-9") == parse_span("0 - 9") == range(10)
    assert parse_span("9-0") == range(9, 1) and not parse_span("9-0")


@pytest.mark.parametrize("text", ["", "-1", "1-", "1-2-3", "a", "٣", "9" * 5000])
def test_what_is_no_span(text: str) -> None:
    assert parse_span(text) is None


def test_names_lose_their_blanks_and_holes() -> None:
    assert parse_names(" yaw, ,pitch,") == ("yaw", "pitch")
    assert parse_names("") == ()
    assert parse_number("1e400") is None
