"""Norms of stimuli in the form that the field publishes: a row a stimulus, mean, SD and n.

As in OASIS (Kurdi, Lozano & Banaji 2017) and the KDEF's norms (Goeleven et al. 2008), with the
95 % interval of each mean (Student's t over raters) beside.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.ratings.designs import RATING
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd

#: Figures of a stimulus by the end of their column: what each is, and its unit.
FIGURES: Mapping[str, tuple[str, str]] = {
    "mean": ("mean rating of {}, M", "[-1, 1]"),
    "sd": ("standard deviation of the ratings of {} over raters, SD (n - 1)", "[-1, 1]"),
    "n": ("raters who rated {}", "count"),
    "low": (
        "lower end of the 95 % confidence interval of M of {}, Student's t over raters",
        "[-1, 1]",
    ),
    "high": (
        "upper end of the 95 % confidence interval of M of {}, Student's t over raters",
        "[-1, 1]",
    ),
}


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
        and n of each group as `valence_mean_GROUP`, GROUP as `group_columns` names it. SD and
        interval are NaN of one rating alone, and all but n where there is none.
    """
    import pandas as pd

    ratings = table[table["kind"] == RATING]
    found = pd.DataFrame({"stimulus": list(stimuli)})
    for target in TARGETS:
        found = found.join(_described(ratings, target, stimuli))
    for (column, group), name in group_columns(ratings, by).items():
        own = ratings[ratings[column].astype(str) == group]
        for target in TARGETS:
            figures = _described(own, target, stimuli).iloc[:, :3]
            found = found.join(figures.add_suffix(f"_{name}"))
    return found


def group_columns(ratings: "pd.DataFrame", by: Sequence[str]) -> dict[tuple[str, str], str]:
    """How the columns of each group end, by the group's column and its own name: COLUMN_GROUP in
    plain letters, such as `age_18_30`, which every program takes for a name; numbered where two
    would be the same."""
    found: dict[tuple[str, str], str] = {}
    for column in by:
        for group in sorted(ratings[column].dropna().astype(str).unique()):
            name = f"{_plain_name(column)}_{_plain_name(group)}"
            at = 2
            while name in found.values():
                name = f"{_plain_name(column)}_{_plain_name(group)}_{at}"
                at += 1
            found[column, group] = name
    return found


def _plain_name(text: str) -> str:
    """Letters of English, digits and single underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_") or "other"


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


def joined_norms(
    stimuli: "pd.DataFrame", norms: "pd.DataFrame"
) -> tuple["pd.DataFrame", list[str]]:
    """The table of the stimuli with `rated_valence`, `rated_valence_sd`, `rated_valence_n`,
    `rated_valence_low`, `rated_valence_high`, and the same of arousal, by file; and those of these
    columns that it had from earlier ratings, which are replaced."""
    columns = {
        f"{target}_{figure}": f"rated_{target}" + ("" if figure == "mean" else f"_{figure}")
        for target in TARGETS
        for figure in FIGURES
    }
    earlier = [name for name in columns.values() if name in stimuli]
    rated = norms.rename(columns={"stimulus": "file", **columns})[["file", *columns.values()]]
    joined = stimuli.drop(columns=earlier).merge(
        rated, on="file", how="left", validate="one_to_one"
    )
    return joined, earlier


def described_columns(
    norms: "pd.DataFrame", names: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Each column of the norms: its name, what it is, and its unit.

    Args:
        names: what the groups' columns end with, by what the group is called in words.
    """
    found = [("stimulus", "file of the picture, as the table of stimuli names it", "")]
    for name in map(str, norms.columns[1:]):
        target, figure, *group = name.split("_", 2)
        of = f", of raters whose {names[group[0]]}" if group else ""
        text, unit = FIGURES[figure]
        found.append((name, f"{text.format(target)}{of}", unit))
    return found
