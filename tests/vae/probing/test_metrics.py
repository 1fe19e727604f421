"""Metrics against scikit-learn, scipy, published definitions and cases known on paper."""

import mmap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import mutual_info_score, r2_score, root_mean_squared_error

from vae.probing import metrics
from vae.probing.metrics import (
    bootstrap_interval,
    ccc,
    dci,
    mean_of,
    mutual_information,
    mutual_information_gap,
    pair_sums,
    pearson,
    r2,
    rmse,
    sap,
    top_units,
    unit_correlations,
)
from vae.probing.moments import gather_moments


def published_gap(codes: np.ndarray, factors: np.ndarray, bins: int) -> np.ndarray:
    """Chen et al. 2018, eq. 6, written straight down: histogram bins, right-open but the last."""

    def binned(column: np.ndarray) -> np.ndarray:
        return np.digitize(column, np.histogram(column, bins)[1][:-1])

    gaps = []
    for factor in factors.T:
        classes = binned(factor) if factor.dtype.kind == "f" else factor
        information = sorted(mutual_info_score(classes, binned(unit)) for unit in codes.T)
        gaps.append((information[-1] - information[-2]) / mutual_info_score(classes, classes))
    return np.array(gaps)


@given(
    seed=st.integers(0, 10**6),
    count=st.integers(30, 2000),
    units=st.integers(2, 6),
    bins=st.sampled_from([2, 5, 20, 33]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=40, deadline=None)
def test_gap_is_the_published_one(seed, count, units, bins, dtype):
    rng = np.random.default_rng(seed)
    codes = (rng.normal(size=(count, units)) * rng.uniform(0.01, 50, units)).astype(dtype)
    factors = (codes[:, :2] + rng.normal(size=(count, 2))).astype(dtype)
    wanted = published_gap(codes, factors, bins)
    np.testing.assert_allclose(mutual_information_gap(codes, factors, bins), wanted, atol=1e-9)


def test_gap_of_integer_classes_takes_them_as_they_are(rng):
    classes = rng.integers(0, 50, (1000, 1))
    codes = np.concatenate([classes + rng.normal(size=(1000, 1)), rng.normal(size=(1000, 2))], 1)
    wanted = published_gap(codes, classes, 20)
    np.testing.assert_allclose(mutual_information_gap(codes, classes), wanted, atol=1e-9)


def test_gap_is_one_for_a_unit_that_is_the_factor(rng):
    factor = np.repeat(np.arange(20.0), 50)
    codes = np.stack([factor, np.tile(np.arange(50.0), 20)], axis=1)
    np.testing.assert_allclose(mutual_information_gap(codes, factor), [1.0], atol=1e-12)


def test_gap_is_zero_for_two_identical_units(rng):
    code = rng.normal(size=500)
    codes = np.stack([code, code, rng.normal(size=500)], axis=1)
    assert mutual_information_gap(codes, code[:, None]) == 0


def test_gap_reads_over_chunks_as_in_one(rng, monkeypatch):
    codes, factors = rng.normal(size=(1000, 4)), rng.normal(size=(1000, 2))
    whole = mutual_information_gap(codes, factors)
    monkeypatch.setattr("vae.probing.moments.chunks.__defaults__", (37,))
    np.testing.assert_array_equal(mutual_information_gap(codes, factors), whole)


def test_constant_and_collapsed_units_tell_nothing(rng):
    factors = rng.normal(size=(300, 1))
    codes = np.stack(
        [
            np.full(300, 3.0, np.float32),
            np.nextafter(np.float32(1), rng.integers(0, 3, 300), dtype=np.float32),
            factors[:, 0].astype(np.float32),
        ],
        axis=1,
    )
    information = mutual_information(codes, factors)
    np.testing.assert_allclose(information[:2], 0, atol=1e-12)
    assert information[2] > 1


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (np.zeros((1, 3)), np.zeros((1, 1)), "too few"),
        (np.full((9, 2), np.nan), np.arange(9.0), "finite"),
        (np.full((9, 2), np.inf), np.arange(9.0), "finite"),
        (np.random.default_rng(0).normal(size=(9, 2)), np.full(9, np.nan), "finite"),
        (np.random.default_rng(0).normal(size=(9, 2)), np.ones(9), "constant"),
        (np.random.default_rng(0).normal(size=(9, 1)), np.arange(9.0), "two units"),
        (np.random.default_rng(0).normal(size=(9, 2)), np.arange(8.0), "are not"),
        (np.random.default_rng(0).normal(size=(9, 2)), np.array(["a"] * 9), "neither"),
    ],
)
def test_gap_refuses_what_it_cannot_measure(codes, factors, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_gap(codes, factors)


def test_gap_refuses_one_bin(rng):
    with pytest.raises(ValueError, match="bins"):
        mutual_information_gap(rng.normal(size=(9, 2)), rng.normal(size=9), bins=1)


def test_top_units_are_the_best_first():
    scores = np.array([[0.1, 0.9], [0.5, 0.9], [0.3, 0.0]])
    assert top_units(scores, 2).tolist() == [[1, 2], [0, 1]]


def test_unit_correlations_are_pearson(rng):
    codes, factors = rng.normal(size=(400, 3)) + 1000, rng.normal(size=(400, 2))
    codes[:, 2] = 7.0
    found = unit_correlations(codes, factors)
    assert found[2].tolist() == [0, 0]
    for unit in range(2):
        for factor in range(2):
            wanted = pearsonr(codes[:, unit], factors[:, factor]).statistic
            assert found[unit, factor] == pytest.approx(wanted, abs=1e-10)


def test_sap_is_the_gap_of_squared_correlations(rng):
    codes, factor = rng.normal(size=(500, 4)), rng.normal(size=(500, 1))
    codes[:, 1] += 2 * factor[:, 0]
    squares = sorted(np.corrcoef(unit, factor[:, 0])[0, 1] ** 2 for unit in codes.T)
    assert sap(codes, factor)[0] == pytest.approx(squares[-1] - squares[-2], abs=1e-12)


def test_dci_is_perfect_for_one_unit_a_factor(rng):
    factors = rng.normal(size=(4000, 2))
    codes = np.concatenate([3 * factors[:, ::-1], 1e-3 * rng.normal(size=(4000, 3))], axis=1)
    found = dci(codes[:3000], factors[:3000], codes[3000:], factors[3000:])
    assert found.disentanglement > 0.99
    assert found.completeness > 0.99
    assert found.informativeness > 0.99
    assert found.importance.shape == (5, 2)


def test_dci_sees_entangled_units_and_noise(rng):
    factors = rng.normal(size=(4000, 2))
    codes = factors @ np.array([[1, 1], [1, -1]])
    mixed = dci(codes[:3000], factors[:3000], codes[3000:], factors[3000:])
    assert mixed.disentanglement < 0.05
    assert mixed.completeness < 0.05
    assert mixed.informativeness > 0.99
    noise = rng.normal(size=(4000, 4))
    lost = dci(noise[:3000], factors[:3000], noise[3000:], factors[3000:])
    np.testing.assert_allclose(lost.error, 1, atol=0.05)


def test_dci_lasso_is_scikit_learns(rng):
    from sklearn.linear_model import Lasso

    from vae.probing.disentanglement import _lasso_path

    codes = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6))
    factor = codes[:, :1] - codes[:, 3:4] + rng.normal(size=(500, 1))
    _, (moments,) = gather_moments(codes, factor)
    scaled = (codes - codes.mean(0)) / codes.std(0)
    found = _lasso_path(moments.centred(), 0, np.array([0.5, 0.1, 0.01])) * codes.std(0)
    for penalty, weights in zip([0.5, 0.1, 0.01], found, strict=True):
        wanted = Lasso(alpha=penalty, tol=1e-10, max_iter=100_000).fit(scaled, factor[:, 0]).coef_
        np.testing.assert_allclose(weights, wanted, atol=1e-3)


def test_dci_refuses_a_constant_factor(rng):
    codes, factors = rng.normal(size=(100, 3)), np.ones((100, 1))
    with pytest.raises(ValueError, match="constant"):
        dci(codes, factors, codes, factors)


def test_scores_of_pairs_are_those_of_others(rng):
    truth = rng.normal(size=(200, 2)) + 5
    predicted = 0.7 * truth + rng.normal(size=(200, 2))
    for k in range(2):
        t, p = truth[:, k], predicted[:, k]
        assert r2(t, p) == pytest.approx(r2_score(t, p), abs=1e-12)
        assert rmse(t, p) == pytest.approx(root_mean_squared_error(t, p), abs=1e-12)
        assert pearson(t, p) == pytest.approx(pearsonr(t, p).statistic, abs=1e-12)
        lin = 2 * np.cov(t, p, bias=True)[0, 1]
        lin /= t.var() + p.var() + (t.mean() - p.mean()) ** 2
        assert ccc(t, p) == pytest.approx(lin, abs=1e-12)
        assert r2(truth, predicted)[k] == pytest.approx(r2_score(t, p), abs=1e-12)


def test_scores_of_a_constant_truth_are_not_defined():
    truth, predicted = np.full(5, 0.3), np.arange(5.0)
    assert np.isnan(r2(truth, predicted))
    assert np.isnan(pearson(truth, predicted))
    assert rmse(truth, truth) == 0


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([1.0, np.inf])])
def test_scores_refuse_nan(bad):
    with pytest.raises(ValueError, match="finite"):
        r2(np.array([0.0, 1.0]), bad)


def test_scores_refuse_other_shapes():
    with pytest.raises(ValueError, match="pair up"):
        r2(np.zeros(3), np.zeros(2))


def test_bootstrap_covers_the_mean_as_theory_says(rng):
    values = rng.normal(2, 1, 4000)
    low, high = bootstrap_interval(np.stack([np.ones(4000), values], 1), mean_of, draws=4000)
    error = values.std() / np.sqrt(4000)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_bootstrap_of_r2_is_the_one_by_hand(rng):
    truth = rng.normal(size=60)
    predicted = truth + rng.normal(size=60)
    found = metrics.intervals(truth, predicted, draws=3000, seed=1)["r2"]
    draws = np.random.default_rng(2).integers(0, 60, (3000, 60))
    by_hand = [r2_score(truth[rows], predicted[rows]) for rows in draws]
    np.testing.assert_allclose(found, np.quantile(by_hand, [0.025, 0.975]), atol=0.04)


def test_bootstrap_by_groups_is_wider_where_groups_agree(rng):
    groups = np.repeat(np.arange(40), 25)
    values = rng.normal(size=40)[groups] + 0.1 * rng.normal(size=1000)
    rows = np.stack([np.ones(1000), values], axis=1)
    alone = np.diff(bootstrap_interval(rows, mean_of))
    together = np.diff(bootstrap_interval(rows, mean_of, groups))
    assert together > 3 * alone


def test_bootstrap_is_the_same_for_a_seed_and_blocks_do_not_matter(rng, monkeypatch):
    truth, predicted = rng.normal(size=(2, 300, 2))
    first = metrics.intervals(truth, predicted, seed=3)
    again = metrics.intervals(truth, predicted, seed=3)
    for name, bounds in first.items():
        np.testing.assert_array_equal(bounds, again[name])
    assert first["r2"].shape == (2, 2)
    monkeypatch.setattr(metrics, "CELLS", 300 * 7)
    np.testing.assert_allclose(metrics.intervals(truth, predicted, seed=3)["r2"], first["r2"])


def test_bootstrap_of_one_group_is_not_defined(rng):
    sums = pair_sums(rng.normal(size=9), rng.normal(size=9))
    assert np.isnan(bootstrap_interval(sums, metrics.METRICS["r2"], np.zeros(9))).all()


def test_metrics_read_memory_maps(tmp_path, rng):
    codes, factors = rng.normal(size=(500, 4)), rng.normal(size=(500, 2))
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    wanted = mutual_information_gap(codes, factors)
    np.testing.assert_array_equal(mutual_information_gap(mapped, factors), wanted)
    np.testing.assert_allclose(sap(mapped, factors), sap(codes, factors), atol=1e-9)


def test_pages_of_a_map_that_holds_changes_are_kept(tmp_path, rng):
    codes = rng.normal(size=(300, mmap.PAGESIZE // 64))
    np.save(tmp_path / "codes.npy", codes)
    changed = np.load(tmp_path / "codes.npy", mmap_mode="c")
    changed[:] = 1.0
    gather_moments(changed, np.zeros((300, 1)))
    assert (changed == 1).all()
