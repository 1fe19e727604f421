"""ICC and its intervals against published figures and against other programs' estimates."""

import warnings

import numpy as np
import pytest

from studio.ratings.careless import correlations_with_others
from studio.ratings.planning import plan
from studio.ratings.reliability import (
    intraclass,
    spearman_brown,
    spearman_brown_raters,
    variance_components,
)

#: Shrout & Fleiss (1979), table 2: six targets by four judges.
TARGETS_BY_JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def drawn(raters: int, stimuli: int, seed: int, sds: tuple[float, float, float]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = (
        rng.normal(size=stimuli),
        rng.normal(size=(raters, 1)),
        rng.normal(size=(raters, stimuli)),
    )
    return sum(sd * part for sd, part in zip(sds, parts, strict=True))  # type: ignore[return-value]


def test_the_published_example() -> None:
    found = intraclass(TARGETS_BY_JUDGES.T)
    assert found["single"] == pytest.approx(0.2898, abs=5e-5)  # Shrout & Fleiss' table 4: .29
    assert found["average"] == pytest.approx(0.6201, abs=5e-5)  # .62
    # by the formulas of McGraw & Wong (1996), as R's psych::ICC and irr::icc print them
    assert found["single_interval"] == pytest.approx([0.0188, 0.7611], abs=5e-4)
    assert found["average_interval"] == pytest.approx([0.0713, 0.9272], abs=5e-4)
    assert found["k"] == pytest.approx(4) and found["estimator"] == "mean squares"


def test_likelihood_and_mean_squares_are_one_where_no_cell_is_empty() -> None:
    from studio.ratings.reliability import _restricted_likelihood

    ratings = drawn(20, 15, 1, (1, 0.5, 1))
    exact, _ = variance_components(ratings)
    found, _ = _restricted_likelihood(ratings)
    for name in ("stimuli", "raters", "residual"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=1e-4)


def test_empty_cells_as_statsmodels_estimates_them() -> None:
    import pandas as pd
    from statsmodels.formula.api import mixedlm

    ratings = drawn(12, 10, 2, (1, 0.5, 0.7))
    ratings[np.random.default_rng(0).random(ratings.shape) < 0.4] = np.nan
    rater, stimulus = np.nonzero(np.isfinite(ratings))
    table = pd.DataFrame({"y": ratings[rater, stimulus], "r": rater, "s": stimulus, "one": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = {"r": "0 + C(r)", "s": "0 + C(s)"}
        other = mixedlm("y ~ 1", table, groups="one", vc_formula=parts).fit(reml=True)
    found, _ = variance_components(ratings)
    assert found.estimator == "REML"
    assert (found.raters, found.stimuli, found.residual) == pytest.approx(
        (*other.vcomp, other.scale), rel=2e-3
    )


def test_intervals_of_incomplete_designs_cover() -> None:
    truth, held = 1 / (1 + 0.25 + 1), []
    for seed in range(60):
        ratings = drawn(30, 40, seed, (1, 0.5, 1))
        order = np.random.default_rng(seed).random(ratings.shape).argsort(1).argsort(1)
        low, high = intraclass(np.where(order < 15, ratings, np.nan))["single_interval"]
        held.append(low <= truth <= high)
    assert 0.87 <= np.mean(held) <= 1


@pytest.mark.parametrize(
    "ratings",
    [
        np.empty((0, 0)),
        np.array([[0.1, 0.2, 0.3]]),
        np.array([[0.1], [0.4]]),
        np.full((3, 4), 0.5),
        np.full((3, 4), 0.1),
        np.where(np.eye(4) > 0, np.nan, 0.1),
        np.array([[0.1, np.nan], [np.nan, 0.4]]),
    ],
    ids=[
        "nothing",
        "one rater",
        "one stimulus",
        "one answer",
        "one that rounds",
        "one with gaps",
        "no two share a stimulus",
    ],
)
def test_what_is_not_defined_is_none(ratings: np.ndarray) -> None:
    found = intraclass(ratings)
    assert found["single"] is None and found["average_interval"] == [None, None]


def test_no_common_stimulus_effect_gives_zero() -> None:
    found = intraclass(drawn(40, 30, 3, (0, 0.3, 1)))
    assert found["single"] < 0.02 and found["single_interval"][0] == 0


def test_raters_who_agree_wholly() -> None:
    one = drawn(1, 8, 6, (1, 0, 0)) / 3
    found = intraclass(np.repeat(one, 3, axis=0))
    assert found["single"] == 1 and found["components"]["residual"] == 0


def test_no_stimulus_effect_and_empty_cells_has_a_whole_interval() -> None:
    """Studies whose stimuli are alike, and some where they differ a little."""
    held, zero = [], 0
    for seed in range(60):
        sds = (0.0, 0.5, 1.0) if seed % 3 else (0.3, 0.5, 1.0)
        truth = sds[0] ** 2 / sum(sd**2 for sd in sds)
        ratings = drawn(12, 10, seed, sds)
        ratings[np.random.default_rng(seed).random(ratings.shape) < 0.4] = np.nan
        found = intraclass(ratings)
        low, high = found["single_interval"]
        assert 0 <= low <= found["single"] + 1e-6 and found["single"] < high <= 1
        assert found["average_interval"][1] > high
        if found["components"]["stimuli"] < 1e-9:
            zero += 1
            held.append(low <= truth <= high)
            assert low == 0 and high < 0.5
    assert zero > 10 and np.mean(held) > 0.9


def test_the_profile_is_near_walds_interval_where_both_are_good() -> None:
    from studio.ratings.reliability import (
        _Likelihood,
        _logit_interval,
        _profile_interval,
        _restricted_likelihood,
    )

    ratings = drawn(40, 80, 8, (1, 0.5, 1))
    ratings[np.random.default_rng(1).random(ratings.shape) < 0.5] = np.nan
    likelihood, (components, _) = _Likelihood(ratings), _restricted_likelihood(ratings)
    wald, profile = (f(likelihood, components) for f in (_logit_interval, _profile_interval))
    assert profile == pytest.approx(wald, abs=0.02)


def test_the_plan_follows_spearman_and_brown() -> None:
    found = intraclass(drawn(60, 200, 4, (1, 0.5, 1)))
    planned = plan(found)
    assert planned is not None
    single = found["single"]
    for row in planned["for_reliability"]:
        k, wanted = row["raters"], row["reliability"]
        assert k * single / (1 + (k - 1) * single) >= wanted
        assert (k - 1) * single / (1 + (k - 2) * single) < wanted
    widths = [row["half_width"] for row in planned["simulated"]]
    assert widths == sorted(widths, reverse=True)
    at_40 = next(row for row in planned["simulated"] if row["raters"] == 40)
    assert at_40["reliability"] == pytest.approx(40 * single / (1 + 39 * single), abs=0.01)
    sd = np.sqrt(1.25)
    assert at_40["half_width"] == pytest.approx(2.023 * sd / np.sqrt(40), rel=0.1)
    needed = {row["half_width"]: row["raters"] for row in planned["for_half_width"]}
    assert needed[0.2] == pytest.approx((1.98 * sd / 0.2) ** 2, rel=0.15)


@pytest.mark.parametrize(("single", "k"), [(0.3, 7.0), (0.05, 120.0), (0.9, 1.0)])
def test_spearman_and_brown_both_ways(single: float, k: float) -> None:
    wanted = spearman_brown(single, k)
    assert wanted == pytest.approx(1 / (1 + (1 - single) / (k * single)))
    assert spearman_brown_raters(single, wanted) == pytest.approx(k)
    assert spearman_brown_raters(0.0, 0.8) == np.inf


def test_a_rater_is_set_against_the_others_alone() -> None:
    ratings = drawn(6, 12, 5, (1, 0, 0.5))
    ratings[0, :4] = np.nan
    ratings[5] = -ratings[5]
    found = correlations_with_others(ratings)
    for rater in range(6):
        others = np.nanmean(np.delete(ratings, rater, axis=0), axis=0)
        known = np.isfinite(ratings[rater])
        expected = np.corrcoef(ratings[rater, known], others[known])[0, 1]
        assert found[rater] == pytest.approx(expected)
    assert found[5] < 0 < found[1]
