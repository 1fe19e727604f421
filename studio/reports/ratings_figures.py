"""The drawings of a report of ratings; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.ratings.scales import TARGETS
from studio.reports.drawing import COLOURS, GREY, INK, draw_circumplex, shortened, svg

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def norms_map(norms: "pd.DataFrame", prefix: str = "norms") -> "Markup":
    """Each stimulus at its mean ratings, with the 95 % interval of both."""
    points = [norms[f"{target}_mean"].to_numpy(float) for target in TARGETS]
    halves = [
        ((norms[f"{target}_high"] - norms[f"{target}_low"]) / 2).fillna(0).to_numpy(float)
        for target in TARGETS
    ]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        draw_circumplex(axes)
        valence, arousal = points
        axes.errorbar(
            valence, arousal, halves[1], halves[0], "o", ms=3, lw=0.5, color=COLOURS["valence"],
            ecolor=GREY,
        )  # fmt: skip

    return svg(prefix, draw, (6.4, 5.2))


def raters_strip(raters: "pd.DataFrame", prefix: str = "raters") -> "Markup":
    """Each rater's correlation with the others, flagged ones apart by colour."""
    flagged = (raters["flags"] != "").to_numpy()

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for row, target in enumerate(TARGETS):
            values = raters[f"{target}_r"].to_numpy(float)
            place = row + np.linspace(-0.3, 0.3, len(values)) if len(values) > 1 else [row]
            for chosen, colour, label in ((~flagged, GREY, "not flagged"),
                                          (flagged, COLOURS["arousal"], "flagged")):  # fmt: skip
                axes.plot(values[chosen], np.asarray(place)[chosen], "o", ms=3, color=colour,
                          label=label if row == 0 else None)  # fmt: skip
        axes.axvline(0, color=INK, lw=0.6)
        axes.set_yticks(range(len(TARGETS)), TARGETS)
        axes.set_xlim(-1, 1)
        axes.set_xlabel("correlation with the mean of the other raters")
        axes.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return svg(prefix, draw, (7.6, 2.2))


def bland_altman(
    norms: "pd.DataFrame",
    other: Sequence["pd.Series"],
    found: Mapping[str, Any],
    name: str,
    prefix: str,
) -> "Markup":
    """Differences against means of both, with bias and limits of agreement, for both targets."""

    def draw(figure: "Figure") -> None:
        for axes, target, values in zip(figure.subplots(1, 2), TARGETS, other, strict=True):
            rated = norms[f"{target}_mean"].to_numpy(float)
            _panel(axes, rated, values.to_numpy(float), found[target], target)
            axes.set_ylabel(f"{shortened(name)} − rated")

    return svg(prefix, draw, (7.6, 3.2))


def _panel(
    axes: "Axes", rated: np.ndarray, other: np.ndarray, found: Mapping[str, Any], target: str
) -> None:
    axes.plot((rated + other) / 2, other - rated, "o", ms=2.5, color=COLOURS[target], alpha=0.7)
    axes.set_xlabel(f"mean of both, {target}")
    axes.axhline(0, color=INK, lw=0.4)
    if "bias" not in found:
        return
    axes.axhline(found["bias"], color=INK, lw=1.2)
    for limit, (low, high) in zip(found["limits"], found["limits_interval"], strict=True):
        axes.axhline(limit, color=INK, lw=0.9, ls="--")
        axes.axhspan(low, high, color=GREY, alpha=0.18, lw=0)


def planning_curves(plans: Mapping[str, Any], prefix: str = "plan") -> "Markup":
    """Half width of a stimulus' interval, and ICC(2,k), by raters of each stimulus."""

    def draw(figure: "Figure") -> None:
        left, right = figure.subplots(1, 2)
        for target in TARGETS:
            if plans[target] is None:
                continue
            rows = plans[target]["simulated"]
            counts = [row["raters"] for row in rows]
            for axes, key in ((left, "half_width"), (right, "reliability")):
                axes.plot(counts, [row[key] for row in rows], "o-", ms=4, color=COLOURS[target],
                          label=target)  # fmt: skip
            left.plot(counts, [row["half_width_95"] for row in rows], ":", color=COLOURS[target])
        for axes, label in ((left, "half width of the 95 % interval"), (right, "ICC(2,k)")):
            axes.set_xscale("log")
            ticks = [5, 10, 20, 40, 80, 160]
            axes.set_xticks(ticks, map(str, ticks))
            axes.minorticks_off()
            axes.set_xlabel("raters of each stimulus")
            axes.set_ylabel(label)
            axes.set_ylim(bottom=0)
        right.set_ylim(0, 1)
        left.legend(frameon=False)

    return svg(prefix, draw, (7.6, 3.0))
