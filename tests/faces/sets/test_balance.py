"""Splits, order and weights depend on hashes and counts alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.circumplex import EXPRESSIONS
from faces.sets.balance import class_weights, share, shuffled, split_for


def test_weights_follow_their_formula():
    weights = class_weights({"neutral": 60, "happiness": 30, "fear": 10})
    expected = np.zeros(8, np.float32)
    expected[[0, 1, 4]] = 100 / (3 * np.array([60, 30, 10]))
    assert weights.dtype == np.float32
    assert np.allclose(weights, expected)
    assert not class_weights({}).any()


@given(st.dictionaries(st.sampled_from(EXPRESSIONS), st.integers(1, 10**6), min_size=1))
def test_weighted_counts_are_even_and_sum_to_the_total(counts):
    weighted = class_weights(counts) * [counts.get(name, 0) for name in EXPRESSIONS]
    assert np.isclose(weighted.sum(), sum(counts.values()), rtol=1e-5)
    assert np.allclose(weighted[weighted > 0], sum(counts.values()) / len(counts), rtol=1e-5)


def test_a_split_is_the_identitys_or_the_contents():
    same_person = {split_for(None, "anna", f"{i:064x}", 0.5, 0) for i in range(50)}
    assert len(same_person) == 1
    assert {split_for(None, None, f"{i:064x}", 0.5, 0) for i in range(50)} == {"train", "val"}
    assert split_for("val", "anna", "", 0.0, 0) == "val"
    assert split_for("test", "anna", "", 0.9, 0) == "test"
    assert split_for("train", "anna", "", 0.0, 0) == "train"


def test_shares_are_even():
    shares = np.array([share(3, str(i)) for i in range(4000)])
    assert shares.min() >= 0
    assert shares.max() < 1
    assert shares.mean() == pytest.approx(0.5, abs=0.02)


def test_the_order_of_the_rows_does_not_matter():
    faces = pd.DataFrame({"path": [f"{i}.png" for i in range(30)]})
    one, other = shuffled(faces, 1), shuffled(faces.iloc[::-1], 1)
    assert one["path"].tolist() == other["path"].tolist()
    assert one["path"].tolist() != shuffled(faces, 2)["path"].tolist()
    assert one["path"].tolist() != faces["path"].tolist()
