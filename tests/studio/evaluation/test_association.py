"""χ², Cramér's V and the cells that depart from independence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from studio.evaluation.association import associate, chi_square, cramers_v, cross
from studio.reports.pose_emotion import sentences

TABLES = arrays(np.int64, (3, 4), elements=st.integers(1, 200))
NAMES = (("forward", "left", "up"), ("neutral", "happiness", "<anger>", "fear"))


def codes(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of codes whose counts are the table."""
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


@settings(max_examples=30)
@given(TABLES)
def test_it_is_scipys_chi_square_and_v(table: np.ndarray) -> None:
    expected = chi2_contingency(table, correction=False)
    assert float(chi_square(table)) == pytest.approx(expected.statistic)
    plain = cramers_v(table, corrected=False)
    assert float(plain) == pytest.approx(association(table, method="cramer"))
    assert 0 <= cramers_v(table) <= plain + 1e-9
    found = associate(*codes(table), NAMES, draws=100)
    assert found["p"] == pytest.approx(expected.pvalue)
    assert found["dof"] == expected.dof and found["counts"] == table.tolist()


@given(TABLES, st.integers(2, 9))
def test_names_and_empty_rows_do_not_matter(table: np.ndarray, times: int) -> None:
    more = np.insert(table, 1, 0, axis=0)
    assert float(cramers_v(more)) == pytest.approx(float(cramers_v(table)))
    assert float(cramers_v(table[::-1, ::-1])) == pytest.approx(float(cramers_v(table)))
    many = float(cramers_v(times * table, corrected=False))
    assert many == pytest.approx(float(cramers_v(table, corrected=False)))


def test_independence_shows_nothing_and_dependence_shows_where() -> None:
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 3, 6000), rng.integers(0, 4, 6000)
    none = associate(rows, columns, NAMES)
    assert none["v"] < 0.03 and none["v_interval"][0] < 0.03 and not none["departures"]
    assert "No cell departs" in " ".join(sentences(none))
    # heads that face up lose half of their happiness to fear
    lost = (rows == 2) & (columns == 1) & (rng.uniform(size=6000) < 0.5)
    columns[lost] = 3
    found = associate(rows, columns, NAMES)
    low, high = found["v_interval"]
    assert none["v_interval"][1] < low < found["v"] < high
    strongest = {(each["row"], each["column"]) for each in found["departures"][:2]}
    assert strongest == {("up", "happiness"), ("up", "fear")}
    sentence = next(line for line in sentences(found) if line.startswith("Heads facing up"))
    assert "rarer happiness" in sentence and "more frequent fear" in sentence


def test_whole_videos_are_resampled() -> None:
    rng = np.random.default_rng(1)
    rows, columns = np.repeat(rng.integers(0, 3, 60), 30), np.repeat(rng.integers(0, 4, 60), 30)
    alone = associate(rows, columns, NAMES)["v_interval"]
    grouped = associate(rows, columns, NAMES, np.repeat(np.arange(60), 30))["v_interval"]
    assert grouped[1] - grouped[0] > 2 * (alone[1] - alone[0])


def test_what_is_not_defined_is_none() -> None:
    found = associate(np.zeros(20, int), np.arange(20) % 4, NAMES)
    assert found["v"] is None and found["p"] is None and found["of_row"][1] == [None] * 4
    assert found["v_interval"] == [None, None] and not found["departures"]


def test_counts_are_counts() -> None:
    table = np.array([[3, 0], [1, 5]])
    assert cross(*codes(table), (2, 2)).tolist() == table.tolist()
