"""Raters who do not rate: who fail instructed trials, give one answer, or go against all others,
on both scales or on one.

Meade & Craig (2012) review the signs. Each has a stated rule; a rater with any of them is flagged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.records import Record, setting
from studio.ratings.designs import INSTRUCTED, RATING, REPEAT
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd

#: Fewer ratings than this say nothing about a rater.
FEWEST = 5
#: One-sided p of a negative correlation with the others from which a scale runs the other way.
REVERSED_P = 0.01


@dataclass(frozen=True)
class CarelessConfig(Record):
    """From where on a rater is flagged, and whether the flagged are left out."""

    failed: float = setting(
        0.5, "Share of failed instructed trials from which a rater is flagged.", above=0, at_most=1
    )
    same: float = setting(
        0.95,
        "Share of one and the same answer from which a rater is flagged.",
        above=0,
        at_most=1,
    )
    correlation: float = setting(
        0.0,
        "Mean correlation with the others up to which a rater is flagged.",
        at_least=-1,
        at_most=1,
    )
    keep: bool = setting(False, "Keep flagged raters in all figures.", flag="--keep-flagged")


def rating_matrices(
    table: "pd.DataFrame", raters: list[str], stimuli: list[str]
) -> dict[str, np.ndarray]:
    """Ratings of each target, (raters, stimuli), NaN where there is none."""
    ratings = table[table["kind"] == RATING]
    row = {rater: at for at, rater in enumerate(raters)}
    column = {stimulus: at for at, stimulus in enumerate(stimuli)}
    at = ratings["rater"].map(row).to_numpy(), ratings["stimulus"].map(column).to_numpy()
    found = {}
    for target in TARGETS:
        matrix = np.full((len(raters), len(stimuli)), np.nan)
        matrix[at] = ratings[target].to_numpy(np.float64)
        found[target] = matrix
    return found


def judge_raters(
    table: "pd.DataFrame",
    raters: list[str],
    matrices: Mapping[str, np.ndarray],
    config: CarelessConfig,
) -> "pd.DataFrame":
    """A row a rater.

    Returns:
        rater; ratings: how many; instructed, failed: trials; same_answer: the largest share of one
        answer, over the targets; valence_r, arousal_r: correlation with the mean of the others;
        retest: mean absolute change of repeated ratings, in [-1, 1] units; flags: words, joined by
        "; ", empty where there is none. NaN where there is nothing to say it from.
    """
    import pandas as pd

    checks = table[table["kind"] == INSTRUCTED]
    instructed = checks["passed"].notna().groupby(checks["rater"]).sum()
    failed = (checks["passed"] == False).groupby(checks["rater"]).sum()  # noqa: E712 - None is neither
    counts = np.isfinite(matrices["valence"] + matrices["arousal"]).sum(1)
    shared = {target: _shared(matrices[target]).sum(1) for target in TARGETS}
    correlations = {target: correlations_with_others(matrices[target]) for target in TARGETS}
    found = pd.DataFrame(
        {
            "rater": raters,
            "ratings": counts,
            "instructed": [int(instructed.get(rater, 0)) for rater in raters],
            "failed": [int(failed.get(rater, 0)) for rater in raters],
            "same_answer": np.max([_modal_share(matrices[t]) for t in TARGETS], axis=0),
            **{f"{target}_r": correlations[target] for target in TARGETS},
            "retest": _retest(table, raters),
        }
    )
    return found.assign(flags=_flags(found, shared, config))


def _flags(
    found: "pd.DataFrame", shared: Mapping[str, np.ndarray], config: CarelessConfig
) -> list[str]:
    mean = found[[f"{target}_r" for target in TARGETS]].mean(axis=1)
    enough = found["ratings"] >= FEWEST
    share = found["failed"] / found["instructed"].clip(lower=1)
    signs = {
        "failed instructed trials": (share >= config.failed) & (found["failed"] > 0),
        "one answer": (found["same_answer"] >= config.same) & enough,
        "no correlation with the others": (mean <= config.correlation) & enough,
        **{
            f"{target} runs the other way": _below_zero(found[f"{target}_r"], shared[target])
            & enough
            for target in TARGETS
        },
    }
    rows = zip(*(sign.tolist() for sign in signs.values()), strict=True)
    return ["; ".join(name for name, is_on in zip(signs, row, strict=True) if is_on)
            for row in rows]  # fmt: skip


def _below_zero(correlations: "pd.Series", counts: np.ndarray) -> "pd.Series":
    """Whether correlations of `counts` pairs are negative by more than chance (Fisher's z)."""
    from scipy.stats import norm

    z = np.arctanh(correlations.clip(-1 + 1e-9, 1 - 1e-9)) * np.sqrt(np.maximum(counts - 3, 0))
    return z < norm.ppf(REVERSED_P)


def correlations_with_others(ratings: np.ndarray) -> np.ndarray:
    """Pearson's r of each rater's ratings with the mean of the other raters' of the same stimuli.

    Args:
        ratings: (raters, stimuli), NaN where missing.

    Returns:
        (raters,), NaN where fewer than three stimuli or nothing that varies.
    """
    known = np.isfinite(ratings)
    values = np.where(known, ratings, 0.0)
    others = known.sum(0) - known
    mean = np.divide(values.sum(0) - values, others, out=np.zeros_like(values), where=others > 0)
    used = _shared(ratings)
    n = used.sum(1)
    own, other = np.where(used, values, 0.0), np.where(used, mean, 0.0)
    safe = np.maximum(n, 1)
    own = np.where(used, own - (own.sum(1) / safe)[:, None], 0.0)
    other = np.where(used, other - (other.sum(1) / safe)[:, None], 0.0)
    spread = np.sqrt((own**2).sum(1) * (other**2).sum(1))
    together = (own * other).sum(1)
    result = np.full(len(ratings), np.nan)
    np.divide(together, spread, out=result, where=(n >= 3) & (spread > 1e-12))
    return result


def _shared(ratings: np.ndarray) -> np.ndarray:
    """Ratings (raters, stimuli) of stimuli that somebody else rated too, bool."""
    known = np.isfinite(ratings)
    return known & (known.sum(0) > 1)


def _modal_share(ratings: np.ndarray) -> np.ndarray:
    """The share of the most frequent answer of each rater, NaN without any."""
    shares = np.full(len(ratings), np.nan)
    for at, row in enumerate(ratings):
        answers = row[np.isfinite(row)]
        if len(answers):
            shares[at] = np.unique(np.round(answers, 6), return_counts=True)[1].max() / len(answers)
    return shares


def _retest(table: "pd.DataFrame", raters: list[str]) -> list[float]:
    """Mean absolute change of a picture's rating at its second showing."""
    import pandas as pd

    keys = ["rater", "stimulus"]
    first = table[table["kind"] == RATING].set_index(keys)[list(TARGETS)]
    second = table[table["kind"] == REPEAT].groupby(keys)[list(TARGETS)].first()
    if not len(second):
        return [np.nan] * len(raters)
    change = (second - first.reindex(second.index)).abs().mean(axis=1)
    by_rater: pd.Series = change.groupby(level="rater").mean()
    return [float(value) for value in by_rater.reindex(raters)]
