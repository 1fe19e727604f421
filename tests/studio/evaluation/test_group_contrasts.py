"""Contrasts of groups: as scipy tells them, with the error rates that they promise."""

import numpy as np
import pytest
from scipy.stats import linregress, ttest_1samp, ttest_ind

from studio.evaluation.group_contrasts import (
    Comparison,
    compare,
    holm,
    mean_cell,
    slope_cell,
    spread_of_means,
)

BOUND, LEVEL = 0.1, 0.05


def difference(a: np.ndarray, b: np.ndarray, seed: int = 0, draws: int = 200) -> Comparison:
    rng = np.random.default_rng(seed)
    return compare([mean_cell(a, draws, rng), mean_cell(b, draws, rng)], (1, -1), BOUND, LEVEL)


def test_two_groups_are_welch_and_two_one_sided_tests() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.02, 0.2, 40), rng.normal(0, 0.1, 90)
    found, welch = difference(a, b, draws=4000), ttest_ind(a, b, equal_var=False)
    assert found.difference == pytest.approx(a.mean() - b.mean())
    assert found.p == pytest.approx(welch.pvalue) and found.freedom == pytest.approx(welch.df)
    above = ttest_ind(a + BOUND, b, equal_var=False, alternative="greater").pvalue
    below = ttest_ind(a - BOUND, b, equal_var=False, alternative="less").pvalue
    assert found.p_equivalence == pytest.approx(max(above, below))
    interval = welch.confidence_interval(0.95)
    assert found.interval == pytest.approx((interval.low, interval.high), abs=0.01)
    # the bound within which it would just be equivalent is the farther end of the 90 % interval
    ninety = welch.confidence_interval(0.90)
    assert found.within == pytest.approx(max(abs(ninety.low), abs(ninety.high)))


def test_the_effect_is_hedges_g() -> None:
    a, b = np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8, 10])
    pooled = np.sqrt((3 * a.var(ddof=1) + 4 * b.var(ddof=1)) / 7)
    expected = (a.mean() - b.mean()) / pooled * (1 - 3 / (4 * 7 - 1))
    assert difference(a, b).effect == pytest.approx(expected)


def test_a_slope_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, 400)
    y = 0.6 * x + rng.normal(0, 0.2, 400)
    sums = np.stack([np.ones_like(x), x, y, x * x, x * y], axis=1)
    cell, line = slope_cell(sums, 500, rng), linregress(x, y)
    assert cell.value == pytest.approx(line.slope)
    assert cell.error == pytest.approx(line.stderr, rel=0.1)
    assert np.std(cell.draws) == pytest.approx(line.stderr, rel=0.15)
    flat = slope_cell(sums * np.array([1, 0, 1, 0, 0]), 100, rng)
    assert not np.isfinite(flat.value)
    assert np.isnan(compare([cell, flat], (1, -1), BOUND, LEVEL).p)


def test_holm_on_a_worked_example() -> None:
    # sorted, times 4, 3, 2, 1, and never smaller than the one before
    found = holm([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, float("nan"), 0.7])[[0, 2]] == pytest.approx([1, 1])
    assert np.isnan(holm([0.6, float("nan")])[1]) and holm([]).size == 0


def test_constant_readings_are_not_tested() -> None:
    found = difference(np.full(9, 0.25), np.full(9, 0.25))
    assert found.difference == 0 and np.isnan([found.p, found.p_equivalence, found.effect]).all()


@pytest.mark.parametrize(("few", "many"), [(5, 40), (12, 30)])
@pytest.mark.parametrize("skewed", [False, True])
def test_intervals_cover(few: int, many: int, skewed: bool) -> None:
    """Nine in ten or more of 95 % intervals hold the truth, in small and skewed groups too."""
    rng, truth, runs = np.random.default_rng(3), 0.2, 500
    hits = 0
    for run in range(runs):
        draw = (lambda n: rng.gamma(4, 0.1, n) - 0.4) if skewed else (lambda n: rng.normal(0, 1, n))
        low, high = difference(draw(few) + truth, draw(many), run, draws=400).interval
        hits += low <= truth <= high
    assert 0.90 <= hits / runs <= 0.985


def test_equivalence_errs_as_rarely_as_it_says_and_finds_what_is_there() -> None:
    """At a true difference of exactly the bound, the worst case, 5 % are called equivalent."""
    rng, runs = np.random.default_rng(4), 800

    def share(shift: float, n: int) -> float:
        called = [
            difference(rng.normal(shift, 0.2, n), rng.normal(0, 0.3, n), draws=2).p_equivalence
            for _ in range(runs)
        ]
        return float(np.mean(np.array(called) < LEVEL))

    assert 0.03 <= share(BOUND, 150) <= 0.07 and 0.03 <= share(-BOUND, 150) <= 0.07
    assert share(0.0, 8) < 0.02  # too few to tell
    assert share(0.0, 400) > 0.95


def test_no_difference_is_found_as_rarely_as_it_says() -> None:
    rng, runs = np.random.default_rng(5), 800
    p = [difference(rng.normal(0, 0.1, 6), rng.normal(0, 0.4, 30), draws=2).p for _ in range(runs)]
    assert 0.03 <= np.mean(np.array(p) < LEVEL) <= 0.07


def test_the_spread_of_means_stands_beside_what_chance_leaves() -> None:
    rng = np.random.default_rng(6)
    alike = [rng.normal(0, 0.2, n) for n in (150, 150, 30)]
    apart = [alike[0] + 0.25, *alike[1:]]
    for values, expected in ((alike, False), (apart, True)):
        cells = [mean_cell(each, 500, rng) for each in values]
        found = spread_of_means(values, cells, 300, rng)
        assert found["value"] == pytest.approx(np.ptp([each.mean() for each in values]))
        assert (found["p"] < 0.01) == expected
        assert 0 < found["chance"] < 0.1
    assert found["low"] > found["chance"]


def test_a_mean_of_its_own_is_a_contrast_too() -> None:
    values = np.random.default_rng(7).normal(0.3, 0.2, 60)
    cells = [mean_cell(values, 2000, np.random.default_rng(0))]
    found = compare(cells, (1,), BOUND, LEVEL)
    assert found.p == pytest.approx(ttest_1samp(values, 0).pvalue)
    assert found.interval[0] < found.difference < found.interval[1]
