"""Mean ratings against requests and readers: concordance and limits of agreement.

CCC after Lin (1989); limits of agreement after Bland & Altman (1986, 1999).
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.json_values import plain
from studio.ratings.scales import TARGETS
from studio.ratings.stimuli import person_groups

if TYPE_CHECKING:
    import pandas as pd

_FEWEST = 3
#: Of fewer people than this a bootstrap over people draws too narrow intervals.
FEWEST_PEOPLE = 30
#: Names of what is no reader among the columns of a table of stimuli: ratings, and further factors.
_NO_READER = re.compile(r"rated|expected|(rated|set|aimed)_.*")


def references(stimuli: "pd.DataFrame") -> dict[str, tuple[str, str]]:
    """What ratings are set against: "request", "aimed at", and each reader, by its two columns."""
    import pandas as pd

    pairs: dict[str, tuple[str, str]] = {}
    for column in map(str, stimuli.columns):
        stem = column.removesuffix("_valence")
        other = f"{stem}_arousal"
        if column == "valence" and "arousal" in stimuli:
            pairs["request"] = ("valence", "arousal")
        elif stem != column and other in stimuli and not _NO_READER.fullmatch(stem):
            pairs[{"requested": "request", "aimed": "aimed at"}.get(stem, stem)] = (column, other)
    return {
        name: pair
        for name, pair in pairs.items()
        if all(pd.api.types.is_numeric_dtype(stimuli[column]) for column in pair)
    }


def agreement(
    norms: "pd.DataFrame", stimuli: "pd.DataFrame", seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Each reference against the mean ratings, by target.

    Args:
        norms: as `norm_table`; stimuli: a row each in the same order, `person` where known.

    Returns:
        By reference and target what `compared` gives, n alone where fewer than three pairs; and
        people_known: whether any of the people is, else each stimulus counts as one.
    """
    groups = person_groups(stimuli["person"])
    known = bool(stimuli["person"].notna().any())
    found: dict[str, dict[str, Any]] = {}
    for name, columns in references(stimuli).items():
        found[name] = {}
        for target, column in zip(TARGETS, columns, strict=True):
            other = stimuli[column].to_numpy(np.float64)
            rated = norms[f"{target}_mean"].to_numpy(np.float64)
            both = np.isfinite(other) & np.isfinite(rated)
            each = compared(rated[both], other[both], groups[both], seed)
            found[name][target] = each | {"people_known": known}
    return found


def compared(
    rated: np.ndarray, other: np.ndarray, groups: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """Two measurements (N,) of the same stimuli, as plain JSON values.

    Returns:
        n; people: how many groups; ccc and pearson with intervals (bootstrap over groups, which are
        people); bias: mean of other − rated; limits: bias ± 1.96 SD of the differences, with
        `bias_interval` and `limits_interval` after Bland & Altman (1999, section 2.1); slope: of
        the difference on the mean of both, which is 0 where the difference does not grow with the
        value.
    """
    from scipy.stats import t

    from vae.probing.metrics import METRICS, intervals, pair_sums

    n = len(rated)
    if n < _FEWEST:
        return {"n": n}
    bounds = intervals(rated, other, groups, seed=seed)
    sums = pair_sums(rated, other).sum(0)
    difference, mean = other - rated, (other + rated) / 2
    bias, sd = difference.mean(), difference.std(ddof=1)
    critical = t.ppf(0.975, n - 1)
    of_bias = critical * sd / np.sqrt(n)
    of_limit = critical * sd * np.sqrt(1 / n + 1.96**2 / (2 * (n - 1)))
    limits = np.array([bias - 1.96 * sd, bias + 1.96 * sd])
    spread = ((mean - mean.mean()) ** 2).sum()
    slope = ((mean - mean.mean()) * difference).sum() / spread if spread > 0 else np.nan
    return {
        "n": n,
        "people": len(np.unique(groups)),
        **{m: plain(METRICS[m](sums)) for m in ("ccc", "pearson")},
        **{f"{m}_interval": plain(bounds[m]) for m in ("ccc", "pearson")},
        "bias": plain(bias),
        "bias_interval": plain([bias - of_bias, bias + of_bias]),
        "limits": plain(limits),
        "limits_interval": plain([[limit - of_limit, limit + of_limit] for limit in limits]),
        "slope": plain(slope),
    }


def people_words(found: Sequence[Mapping[str, Any]]) -> str:
    """How many people agreement is over, as `agreement` gives it for each target, with a caution
    where they are few."""
    people = min(each["people"] for each in found)
    if not found[0]["people_known"]:
        return f"{people} stimuli of unknown people, each taken for another person"
    caution = f" (fewer than {FEWEST_PEOPLE}: the intervals may be too narrow)"
    return f"{people} people" + (caution if people < FEWEST_PEOPLE else "")


def best_of(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """References in the order of their concordance with the ratings, the mean of both targets."""

    def mean(name: str) -> float:
        values = [found[name][target].get("ccc") for target in TARGETS]
        return float(np.mean([value for value in values if value is not None] or [-2.0]))

    return sorted(found, key=mean, reverse=True)
