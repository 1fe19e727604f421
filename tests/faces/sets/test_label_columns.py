"""A manifest's further columns as labels: numbers, bands, two words, and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet, load_faceset
from faces.sets.label_columns import LabelColumn, read_label_column


class Columned(FaceSet):
    """A face set whose manifest has one column alone."""

    def __init__(self, cells: Any) -> None:
        self.folder, self.cells = Path("faces"), cells

    def manifest(self, columns: Any = None) -> pd.DataFrame:
        return pd.DataFrame(dict.fromkeys(columns, self.cells))


def read(cells: Any, classes: tuple[str, str] | None = None) -> LabelColumn:
    return read_label_column(Columned(cells), "age", classes)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("20-29", 24.5), ("0 - 2", 1.0), ("3–9", 6.0), ("70+", 70.0), ("more than 70", 70.0),
        (" 41 ", 41.0), ("-0.25", -0.25), ("1e-3", 0.001), ("-1--0.5", -0.75), (">=80", 80.0),
    ],
)  # fmt: skip
def test_bands_become_numbers(cell: str, value: float) -> None:
    assert read([cell, "1"]).values.tolist() == [pytest.approx(value), 1.0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_stay_as_they_are_in_either_form(values: list[float]) -> None:
    assert read(values).values.tolist() == values
    assert read([repr(value) for value in values]).values.tolist() == values


def test_what_is_missing_is_no_label() -> None:
    found = read([None, np.nan, "", "  ", pd.NA, "30-39"]).values
    assert np.isnan(found[:5]).all() and found[5] == 34.5
    assert np.isnan(read([np.inf, 1.0]).values).tolist() == [True, False]


def test_two_words_are_the_ends_of_a_scale_in_other_sets_too() -> None:
    found = read(["male", "female", None, "male"])
    assert found.classes == ("female", "male")
    np.testing.assert_array_equal(found.values, [1, -1, np.nan, 1])
    other = read(["male", "diverse"], found.classes)
    np.testing.assert_array_equal(other.values, [1, np.nan])
    assert read([True, False]).classes == ("False", "True")


def test_more_words_than_two_are_refused() -> None:
    with pytest.raises(CircumplexError, match=r"age has 3 different words, such as a, b, c"):
        read(["a", "b", "c"])


@pytest.mark.parametrize("name", ["valence", "arousal", "path", "identity"])
def test_columns_that_are_no_further_labels_are_refused(tiny_faceset: Path, name: str) -> None:
    with pytest.raises(CircumplexError, match=f"{name} cannot be a further factor"):
        read_label_column(load_faceset(tiny_faceset), name)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tiny_faceset: Path) -> None:
    with pytest.raises(CircumplexError, match=r"no column dominance; it has path, .*yaw"):
        read_label_column(load_faceset(tiny_faceset), "dominance")
