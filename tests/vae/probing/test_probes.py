"""Ridge probes against scikit-learn, and what is asked of folds and baselines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from faces.ground.errors import CircumplexError
from vae.probing.folds import assign_folds
from vae.probing.probes import PENALTIES, alone_r2, fit_probes, labelled_folds, shuffled_r2


def samples(rng, count=600, units=12, noise=1.0):
    """Codes of very unequal spread far from zero, and two labels that lie in them."""
    codes = rng.normal(size=(count, units)) * np.logspace(-2, 1, units) + 30
    labels = codes @ rng.normal(size=(units, 2)) * 0.1 + noise * rng.normal(size=(count, 2))
    return codes.astype(np.float32), labels


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e4])
def test_fit_is_scikit_learns_ridge(rng, penalty):
    codes, labels = samples(rng)
    probes = fit_probes(codes, labels, penalties=[penalty])
    wanted = Ridge(alpha=penalty, solver="svd").fit(codes.astype(np.float64), labels)
    np.testing.assert_allclose(probes.weights, wanted.coef_, rtol=1e-6, atol=1e-8)
    predicted = wanted.predict(codes.astype(np.float64))
    np.testing.assert_allclose(probes.predict(codes), predicted, atol=1e-6)
    np.testing.assert_allclose(probes.intercept, labels.mean(0), atol=1e-9)


@pytest.mark.parametrize("grouped", [False, True])
def test_penalty_is_the_one_that_explicit_cross_validation_chooses(rng, grouped):
    codes, labels = samples(rng, count=120, noise=3.0)
    groups = rng.integers(0, 25, 120) if grouped else None
    probes = fit_probes(codes, labels, groups, folds=4, seed=3)
    fold_of = assign_folds(120, 4, groups, seed=3)
    for k in range(2):
        errors = []
        for penalty in PENALTIES:
            error = 0.0
            for fold in range(4):
                held = fold_of == fold
                model = Ridge(alpha=penalty, solver="svd")
                model.fit(codes[~held].astype(np.float64), labels[~held, k])
                error += np.square(model.predict(codes[held]) - labels[held, k]).sum()
            errors.append(error)
        assert probes.penalty[k] == PENALTIES[int(np.argmin(errors))]


def test_rows_without_labels_take_no_part(rng):
    codes, labels = samples(rng)
    holes = labels.copy()
    holes[::3, 0] = np.nan
    holes[1::3, 1] = np.nan
    codes[::3] = np.nan  # not even their codes are looked at
    kept = np.arange(600) % 3 == 2
    found = fit_probes(codes, holes, penalties=[1.0])
    wanted = fit_probes(codes[kept], labels[kept], penalties=[1.0])
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=1e-8, atol=1e-10)
    assert found.count == 200


def test_memory_maps_and_chunks_change_nothing(tmp_path, rng, monkeypatch):
    codes, labels = samples(rng)
    whole = fit_probes(codes, labels)
    np.save(tmp_path / "codes.npy", codes)
    monkeypatch.setattr("vae.probing.moments.chunks.__defaults__", (41,))
    mapped = fit_probes(np.load(tmp_path / "codes.npy", mmap_mode="r"), labels)
    np.testing.assert_allclose(mapped.weights, whole.weights, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(mapped.penalty, whole.penalty)


def test_same_seed_same_bytes(rng):
    codes, labels = samples(rng)
    first, again = (fit_probes(codes, labels, seed=5) for _ in range(2))
    assert first.weights.tobytes() == again.weights.tobytes()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full((50, 2), np.nan), "none of 50 faces"),
        (np.where(np.arange(50)[:, None] < 4, 0.5, np.nan) * np.ones(2), "only 4 of 50"),
        (np.full((50, 2), 0.4), "same label"),
        (np.zeros((50, 2)), "same label"),
    ],
)
def test_labels_of_no_use_are_refused_in_one_line(rng, labels, message):
    with pytest.raises(CircumplexError, match=message) as error:
        fit_probes(rng.normal(size=(50, 3)), labels)
    assert "\n" not in str(error.value)


def test_one_identity_cannot_be_cross_validated(rng):
    with pytest.raises(CircumplexError, match="identities"):
        fit_probes(rng.normal(size=(50, 3)), rng.normal(size=(50, 2)), groups=np.zeros(50))


def test_codes_that_are_not_finite_are_refused(rng):
    codes = rng.normal(size=(50, 3))
    codes[7, 1] = np.inf
    with pytest.raises(ValueError, match="finite"):
        fit_probes(codes, rng.normal(size=(50, 2)))


@pytest.mark.parametrize("penalties", [[], [0.0], [-1.0]])
def test_penalties_must_be_above_zero(rng, penalties):
    with pytest.raises(ValueError, match="penalties"):
        fit_probes(rng.normal(size=(50, 3)), rng.normal(size=(50, 2)), penalties=penalties)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=40),
    folds=st.integers(2, 7),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_folds_never_split_a_group_and_all_have_rows(sizes, folds, seed):
    groups = np.repeat([f"person {i}" for i in range(len(sizes))], sizes)
    fold_of = assign_folds(len(groups), folds, groups, seed)
    assert all(len(set(fold_of[groups == group])) == 1 for group in set(groups))
    used = min(folds, len(sizes))
    counts = np.bincount(fold_of, minlength=used)
    assert len(counts) == used
    assert counts.min() > 0
    assert counts.max() - counts.min() <= max(sizes)
    np.testing.assert_array_equal(fold_of, assign_folds(len(groups), folds, groups, seed))


def test_labelled_folds_mark_rows_left_out():
    labels = np.array([[0.1 * k, 0.2 * k] for k in range(12)] + [[np.nan, 0.2]])
    fold_of = labelled_folds(labels, 3)
    assert fold_of[-1] == -1
    assert np.bincount(fold_of[:-1]).tolist() == [4, 4, 4]


def test_shuffled_labels_leave_nothing_to_find(rng):
    codes, labels = samples(rng, count=2000)
    labels[5] = np.nan
    baseline = shuffled_r2(codes[:1000], labels[:1000], codes[1000:], labels[1000:], shuffles=4)
    assert baseline.shape == (4, 2)
    assert np.abs(baseline).max() < 0.05
    again = shuffled_r2(codes[:1000], labels[:1000], codes[1000:], labels[1000:], shuffles=4)
    np.testing.assert_allclose(baseline, again, atol=1e-9)


def test_one_direction_alone_is_a_regression_on_one_number(rng):
    codes, labels = samples(rng)
    vectors = rng.normal(size=(2, codes.shape[1]))
    found = alone_r2(codes[:400], labels[:400], codes[400:], labels[400:], vectors)
    for k, vector in enumerate(vectors):
        line = np.polyfit(codes[:400] @ vector, labels[:400, k], 1)
        wanted = r2_score(labels[400:, k], np.polyval(line, codes[400:] @ vector))
        assert found[k] == pytest.approx(wanted, abs=1e-6)
