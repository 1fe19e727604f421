"""χ², Cramér's V and the cells that depart from independence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency, ncx2
from scipy.stats.contingency import association

from studio.evaluation.association import associate, cross
from studio.evaluation.cramers_v import FEWEST, chi_square, cramers_v, departure_sampling
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
    found = associate(*codes(table), NAMES)
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


def test_of_independent_faces_it_is_the_noncentral_chi_square() -> None:
    """Steiger and Fouladi's interval, inverted here by SciPy's own distribution."""
    table = np.outer([300, 400, 300], [1, 1, 1, 1])
    table[0] += [80, -80, 0, 0]
    low, high = departure_sampling(table).interval()
    statistic, count = float(chi_square(table)), table.sum()
    for bound, share in ((low, 0.975), (high, 0.025)):
        noncentrality = count * 2 * bound**2
        assert ncx2.cdf(statistic, 6, noncentrality) == pytest.approx(share, abs=0.006)


def test_faces_that_each_stand_for_themselves_are_a_sample_of_faces() -> None:
    rng = np.random.default_rng(3)
    rows, columns = rng.integers(0, 3, 400), rng.integers(0, 4, 400)
    columns[(rows == 0) & (columns == 0)] = 1
    alone = associate(rows, columns, NAMES)
    each = associate(rows, columns, NAMES, np.arange(400))
    assert each["v_interval"] == pytest.approx(alone["v_interval"])
    assert max(each["p"], alone["p"]) < 1e-6
    assert each["design_effect"] == pytest.approx(1, abs=0.05) and each["groups"] == 400
    names = [{(cell["row"], cell["column"]) for cell in f["departures"]} for f in (alone, each)]
    assert names[0] == names[1]


def test_faces_of_one_video_are_no_news() -> None:
    """60 videos of 30 like faces tell as much as 60 faces, in every figure."""
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(0, 3, 60), rng.integers(0, 4, 60)
    few = associate(rows, columns, NAMES)
    videos = np.repeat(np.arange(60), 30)
    many = associate(np.repeat(rows, 30), np.repeat(columns, 30), NAMES, videos)
    taken_apart = associate(np.repeat(rows, 30), np.repeat(columns, 30), NAMES)
    assert many["design_effect"] == pytest.approx(30, rel=0.05)
    assert many["v_interval"] == pytest.approx(few["v_interval"])
    assert many["v"] == pytest.approx(few["v"], abs=0.02)
    assert not many["departures"] and taken_apart["departures"]
    assert taken_apart["p"] < 1e-6 < 0.01 < many["p"]


@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (5, 8)])
@pytest.mark.parametrize("each", [1, 3, 5, 25, 250])
def test_a_balanced_table_is_no_proof_of_independence(shape: tuple[int, int], each: int) -> None:
    """Less than chance leaves would exclude every V; a sample cannot, and the smaller the less."""
    table = np.full(shape, each)
    low, high = departure_sampling(table).interval()
    if table.sum() < FEWEST:
        assert np.isnan([low, high]).all()
    else:
        # of one degree of freedom about that of a correlation of 0
        assert low == 0 < 1 / np.sqrt(table.sum()) / min(shape) < high <= 1
        assert high > departure_sampling(4 * table).interval()[1]
        nearly = table.copy()
        nearly[0, 0] += 1
        assert 0.9 * high < departure_sampling(nearly).interval()[1] < 1.5 * high


def test_fewer_than_twenty_say_nothing_of_v_and_that_is_said() -> None:
    rows, columns = np.arange(18) % 3, np.arange(18) // 3 % 3
    few = associate(rows, columns, NAMES)
    assert few["v_interval"] == [None, None]
    assert "V has no interval: 18 faces are too few, it takes 20." in sentences(few)
    people = associate(np.tile(rows, 9), np.tile(columns, 9), NAMES, np.repeat(np.arange(9), 18))
    assert people["v_interval"] == [None, None]
    assert "V has no interval: 9 videos or people are too few, it takes 20." in sentences(people)
    enough = associate(np.tile(rows, 2), np.tile(columns, 2), NAMES)
    assert None not in enough["v_interval"] and not any("V has" in s for s in sentences(enough))


def test_what_is_not_defined_is_none() -> None:
    found = associate(np.zeros(20, int), np.arange(20) % 4, NAMES)
    assert found["v"] is None and found["p"] is None and found["of_row"][1] == [None] * 4
    assert found["v_interval"] == [None, None] and not found["departures"]
    one = associate(np.arange(20) % 3, np.arange(20) % 4, NAMES, np.zeros(20, int))
    assert one["groups"] == 1 and one["v_interval"] == [None, None]
    assert one["v"] is None and one["p"] is None and one["design_effect"] is None


def test_everything_in_one_column_a_row_is_all_that_can_be() -> None:
    found = associate(np.repeat(np.arange(3), 50), np.repeat(np.arange(3), 50), NAMES)
    low, high = found["v_interval"]
    assert found["v_plain"] == pytest.approx(1) and 0.9 < low <= high <= 1


def test_counts_are_counts() -> None:
    table = np.array([[3, 0], [1, 5]])
    assert cross(*codes(table), (2, 2)).tolist() == table.tolist()
