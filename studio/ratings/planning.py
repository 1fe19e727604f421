"""How many raters the next study needs, from the variances of this one."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.ratings.reliability import Components, spearman_brown_raters

HALF_WIDTHS = (0.05, 0.1, 0.15, 0.2)
RELIABILITIES = (0.8, 0.9, 0.95)
COUNTS = (5, 10, 20, 40, 80, 160)
_MOST = 100_000
_DRAWS = 4000


def plan(found: Mapping[str, Any], seed: int = 0) -> dict[str, Any] | None:
    """What numbers of raters give, as plain JSON values; None where ICC is not defined.

    Args:
        found: of one target, as `intraclass` gives it.

    Returns:
        for_half_width: raters of each stimulus by the wanted mean half width of the 95 % interval
        of its mean; for_reliability: raters by the wanted ICC(2,k), by the formula of Spearman
        and Brown; simulated: by number of raters, the half width (mean, and the 95th percentile)
        and ICC(2,k) of simulated studies. None for what no number below 100,000 reaches.
    """
    if found["components"] is None:
        return None
    components = Components(**found["components"], estimator=str(found["estimator"]))
    sd = math.sqrt(components.raters + components.residual)
    rng = np.random.default_rng(seed)
    return {
        "for_half_width": [
            {"half_width": width, "raters": _raters_for(width, sd)} for width in HALF_WIDTHS
        ],
        "for_reliability": [
            {"reliability": wanted, "raters": _raters_of(components.icc(1), wanted)}
            for wanted in RELIABILITIES
        ],
        "simulated": [_simulate(components, count, rng) for count in COUNTS],
    }


def _half_width(sd: float, raters: int) -> float:
    """Mean half width of the 95 % interval of a mean over raters."""
    from scipy.stats import t

    return float(t.ppf(0.975, raters - 1) * sd / math.sqrt(raters))


def _raters_for(width: float, sd: float) -> int | None:
    low, high = 2, _MOST
    if _half_width(sd, high) > width:
        return None
    while low < high:
        middle = (low + high) // 2
        if _half_width(sd, middle) <= width:
            high = middle
        else:
            low = middle + 1
    return low


def _raters_of(single: float, wanted: float) -> int | None:
    raters = spearman_brown_raters(single, wanted)
    return max(1, math.ceil(raters - 1e-9)) if raters <= _MOST else None


def _simulate(
    components: Components, raters: int, rng: np.random.Generator
) -> dict[str, float | int | None]:
    """Stimuli of simulated studies, each rated by its own raters."""
    from scipy.stats import t

    sd = math.sqrt(components.raters + components.residual)
    truth = rng.normal(scale=math.sqrt(components.stimuli), size=_DRAWS)
    means = truth + rng.normal(scale=sd / math.sqrt(raters), size=_DRAWS)
    spread = sd * np.sqrt(rng.chisquare(raters - 1, _DRAWS) / (raters - 1))
    half = t.ppf(0.975, raters - 1) * spread / math.sqrt(raters)
    shared = np.corrcoef(truth, means)[0, 1] ** 2 if components.stimuli > 0 else 0.0
    return {
        "raters": raters,
        "half_width": plain(half.mean()),
        "half_width_95": plain(np.quantile(half, 0.95)),
        "reliability": plain(shared),
    }
