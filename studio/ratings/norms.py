"""Norms of stimuli in the form that the field publishes: a row a stimulus, mean, SD and n.

As in OASIS (Kurdi, Lozano & Banaji 2017) and the KDEF's norms (Goeleven et al. 2008), with the
95 % interval of each mean (Student's t over raters) beside.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.ratings.designs import RATING
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd


def norm_table(
    table: "pd.DataFrame", stimuli: Sequence[str], by: Sequence[str] = ()
) -> "pd.DataFrame":
    """M, SD, n and interval of every stimulus.

    Args:
        table: ratings of the raters who count, in [-1, 1].
        stimuli: in the order of the rows.
        by: columns of raters' groups.

    Returns:
        stimulus, and for valence and arousal `_mean`, `_sd`, `_n`, `_low`, `_high`; then mean, SD
        and n of each group as `valence_mean_GROUP`. SD and interval are NaN of one rating alone,
        and all but n where there is none.
    """
    import pandas as pd

    ratings = table[table["kind"] == RATING]
    found = pd.DataFrame({"stimulus": list(stimuli)})
    for target in TARGETS:
        found = found.join(_described(ratings, target, stimuli))
    for column in by:
        for group in sorted(ratings[column].dropna().astype(str).unique()):
            own = ratings[ratings[column].astype(str) == group]
            for target in TARGETS:
                figures = _described(own, target, stimuli).iloc[:, :3]
                found = found.join(figures.add_suffix(f"_{group}"))
    return found


def _described(ratings: "pd.DataFrame", target: str, stimuli: Sequence[str]) -> "pd.DataFrame":
    """Mean, SD, n, low and high, a row a stimulus."""
    import pandas as pd
    from scipy.stats import t

    grouped = ratings.groupby("stimulus")[target]
    mean, sd, n = (
        each.reindex(list(stimuli)).to_numpy(np.float64)
        for each in (grouped.mean(), grouped.std(), grouped.count())
    )
    n = np.nan_to_num(n)
    enough = n > 1
    degrees = np.where(enough, n - 1, 1)
    half = np.where(enough, t.ppf(0.975, degrees) * sd / np.sqrt(np.maximum(n, 1)), np.nan)
    return pd.DataFrame(
        {
            f"{target}_mean": mean,
            f"{target}_sd": sd,
            f"{target}_n": n.astype(int),
            f"{target}_low": mean - half,
            f"{target}_high": mean + half,
        }
    )


def joined_norms(stimuli: "pd.DataFrame", norms: "pd.DataFrame") -> "pd.DataFrame":
    """The table of the stimuli with `rated_valence`, `rated_valence_sd`, `rated_valence_n`,
    `rated_valence_low`, `rated_valence_high`, and the same of arousal, by file."""
    columns = {
        f"{target}_{figure}": f"rated_{target}" + ("" if figure == "mean" else f"_{figure}")
        for target in TARGETS
        for figure in ("mean", "sd", "n", "low", "high")
    }
    rated = norms.rename(columns={"stimulus": "file", **columns})[["file", *columns.values()]]
    return stimuli.merge(rated, on="file", how="left", validate="one_to_one")
