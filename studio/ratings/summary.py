"""Everything that a report of ratings says, as plain JSON values, and its tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from studio.ratings.agreement import agreement
from studio.ratings.careless import CarelessConfig, judge_raters, rating_matrices
from studio.ratings.designs import RATING
from studio.ratings.norms import described_columns, group_columns, joined_norms, norm_table
from studio.ratings.planning import plan
from studio.ratings.reliability import reliabilities
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class RatingSummary:
    """Figures and tables of a rating study.

    Attributes:
        figures: plain JSON values: `raters`, `reliability`, `change`, `precision`, `groups`,
            `agreement`, `plan`; `norms`: what each of their columns is; `replaced`: columns of
            earlier ratings in the stimuli's table.
        norms: as `norm_table`; joined: the stimuli's table with `rated_…`, or None without one.
        raters: as `judge_raters`, with `excluded`.
    """

    figures: dict[str, Any]
    norms: "pd.DataFrame"
    joined: "pd.DataFrame | None"
    raters: "pd.DataFrame"


def summarise(
    table: "pd.DataFrame",
    stimuli: "pd.DataFrame | None",
    config: CarelessConfig,
    by: Sequence[str] = (),
    seed: int = 0,
) -> RatingSummary:
    """Judge raters, and report with and without those who are flagged.

    Args:
        table: as `read_ratings` gives it.
        stimuli: the stimuli's table, as `read_stimuli` gives it; None for those that were rated.

    Raises:
        CircumplexError: every rater is flagged and left out.
    """
    names = _stimuli(table) if stimuli is None else stimuli["file"].tolist()
    raters = sorted(table["rater"].unique())
    every = rating_matrices(table, raters, names)
    judged = judge_raters(table, raters, every, config)
    flagged = judged["flags"] != ""
    judged["excluded"] = flagged & (not config.keep)
    kept = ~judged["excluded"].to_numpy()
    _require_raters(judged, kept)
    counted = table[table["rater"].isin(judged["rater"][kept])]
    norms = norm_table(counted, names, by)
    reliability = {
        "all": reliabilities(every),
        "kept": reliabilities({target: every[target][kept] for target in TARGETS}),
    }
    figures: dict[str, Any] = {
        "raters": _rater_figures(judged),
        "reliability": reliability,
        "change": {target: _change(every[target], kept) for target in TARGETS},
        "precision": {target: _precision(norms, target) for target in TARGETS},
        "groups": {column: _groups(counted, column) for column in by},
        "agreement": {} if stimuli is None else agreement(norms, stimuli, seed),
        "plan": {target: plan(reliability["kept"][target], seed) for target in TARGETS},
    }
    joined, earlier = (None, []) if stimuli is None else joined_norms(stimuli, norms)
    figures["norms"] = _norm_figures(counted, norms, by)
    figures["replaced"] = earlier
    return RatingSummary(figures, norms, joined, judged)


def _norm_figures(
    counted: "pd.DataFrame", norms: "pd.DataFrame", by: Sequence[str]
) -> list[dict[str, str]]:
    """What each column of norms.csv is."""
    ratings = counted[counted["kind"] == RATING]
    names = {
        name: f"{column} is {group}" for (column, group), name in group_columns(ratings, by).items()
    }
    return [
        {"column": column, "what": what, "unit": unit}
        for column, what, unit in described_columns(norms, names)
    ]


def _stimuli(table: "pd.DataFrame") -> list[str]:
    return sorted(table["stimulus"].dropna().unique())


def _require_raters(judged: "pd.DataFrame", kept: np.ndarray) -> None:
    """Refuse to report nobody's ratings."""
    if not kept.any():
        reasons = Counter(flag for words in judged["flags"] for flag in words.split("; "))
        said = ", ".join(f"{flag}: {count}" for flag, count in reasons.items())
        raise CircumplexError(
            f"all {len(judged)} raters are flagged and would be left out ({said}); check the data, "
            "or keep them with --keep-flagged"
        )


def _rater_figures(judged: "pd.DataFrame") -> dict[str, Any]:
    flags = [flag for words in judged["flags"] for flag in words.split("; ") if flag]
    flagged = judged[judged["flags"] != ""]
    return {
        "all": len(judged),
        "flagged": len(flagged),
        "excluded": int(judged["excluded"].sum()),
        "by_flag": {flag: flags.count(flag) for flag in dict.fromkeys(flags)},
        "single_rating": judged["rater"][judged["ratings"] < 2].tolist(),
        "instructed": int(judged["instructed"].sum()),
        "failed": int(judged["failed"].sum()),
        "retest": plain(np.nanmean(judged["retest"])) if judged["retest"].notna().any() else None,
        "named": [
            {name: row[name] if name in ("rater", "flags") else plain(row[name])
             for name in ("rater", "flags", "ratings", "instructed", "failed", "same_answer",
                          "valence_r", "arousal_r")}
            for row in flagged.to_dict("records")
        ],
    }  # fmt: skip


def _change(ratings: np.ndarray, kept: np.ndarray) -> dict[str, Any]:
    """What leaving raters out does to the stimuli's means: mean and largest absolute change."""
    if kept.all() or not kept.any():
        return {"mean": 0.0 if kept.all() else None, "largest": 0.0 if kept.all() else None}
    known = np.isfinite(ratings)
    values = np.where(known, ratings, 0.0)
    both = known.any(0) & known[kept].any(0)
    before = values.sum(0)[both] / known.sum(0)[both]
    after = values[kept].sum(0)[both] / known[kept].sum(0)[both]
    change = np.abs(after - before)
    return {"mean": plain(change.mean()), "largest": plain(change.max())} if both.any() else {
        "mean": None, "largest": None}  # fmt: skip


def _precision(norms: "pd.DataFrame", target: str) -> dict[str, Any]:
    half = ((norms[f"{target}_high"] - norms[f"{target}_low"]) / 2).to_numpy()
    n = norms[f"{target}_n"].to_numpy()
    known = np.isfinite(half)
    return {
        "half_width": plain(half[known].mean()) if known.any() else None,
        "half_width_largest": plain(half[known].max()) if known.any() else None,
        "n": [int(n.min()), int(n.max())],
        "without": int((n == 0).sum()),
        "alone": int((n == 1).sum()),
    }


def _groups(table: "pd.DataFrame", column: str) -> dict[str, int]:
    """Raters of each group, and of none."""
    groups = table.groupby("rater")[column].first()
    counts = {str(group): int(n) for group, n in groups.value_counts().sort_index().items()}
    return counts | ({"none": int(groups.isna().sum())} if groups.isna().any() else {})
