"""Numbers as reports set them."""

import pytest

from studio.reports.formatting import interval, listed, number, percent, percent_interval, small


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1234, "0.12"), (-0.5, "−0.50"), (-0.001, "0.00"), (None, "not defined")],
)
def test_numbers_are_set_with_care(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(3e-17, "3.0e−17"), (-0.02, "−0.020"), (0, "0.000")]
)
def test_small_numbers_keep_their_size(value, expected):
    assert small(value) == expected


def test_what_is_missing_is_named():
    assert number(None, missing="–") == "–"
    assert interval([None, 0.5]) == "[not defined, 0.50]"
    assert percent(None) == "not defined"


def test_shares_and_settings():
    assert percent(0.1234) == "12.3 %"
    assert percent_interval([0.1, None]) == "[10.0, not defined]"
    assert listed({"epochs": 3, "seed": 0}) == "epochs 3, seed 0"
