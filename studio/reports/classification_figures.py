"""The drawings of a classifier's report; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, GREY, INK, shortened, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure


def confusion_map(
    scores: Mapping[str, Any], classes: Sequence[str], prefix: str = "confusion"
) -> "Markup":
    """Share of each label's faces that got each answer, with the counts."""
    counts = np.array(scores["confusion"])
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.imshow(np.ma.masked_equal(shares, 0), cmap="viridis", vmin=0, vmax=1)
        for (row, column), number in np.ndenumerate(counts):
            if number:
                light = shares[row, column] < 0.6
                axes.text(
                    column,
                    row,
                    f"{100 * shares[row, column]:.0f}\n{number}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    linespacing=1.1,
                    color="#ffffff" if light else "#000000",
                )
        places = np.arange(len(classes))
        names = [shortened(name) for name in classes]
        axes.set_xticks(places, names, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(places, names)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_xlabel("answer")
        axes.set_ylabel("label")

    side = 1.8 + 0.58 * len(classes)
    return svg(prefix, draw, (side + 0.4, side))


def reliability(scores: Mapping[str, Any], prefix: str = "reliability") -> "Markup":
    """How often answers of each confidence are right, and how many there are."""
    calibration = scores["calibration"]
    bins = [each for each in calibration["bins"] if each["n"]]

    def draw(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        above.plot([0, 1], [0, 1], color=INK, lw=0.7, ls=(0, (4, 3)))
        x, y = ([each[name] for each in bins] for name in ("confidence", "accuracy"))
        above.plot(x, y, "o-", color=COLOURS["valence"], ms=5, lw=1.2)
        above.set_ylim(0, 1)
        above.set_ylabel("share right")
        middles = [(each["low"] + each["high"]) / 2 for each in bins]
        below.bar(middles, [each["n"] for each in bins], width=0.09, color=GREY)
        below.set_xlim(0, 1)
        below.set_ylabel("faces")
        below.set_xlabel("confidence")

    return svg(prefix, draw, (4.2, 4.4))


def class_bars(
    scores: Mapping[str, Any], classes: Sequence[str], prefix: str = "classes"
) -> "Markup":
    """F1 of each class, with precision and recall."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for row, name in enumerate(classes):
            found = scores["per_class"][name]
            if found["f1"] is not None:
                axes.plot([0, found["f1"]], [row, row], color=COLOURS["valence"], lw=7,
                          solid_capstyle="butt")  # fmt: skip
            for key, mark in (("precision", "o"), ("recall", "D")):
                if found[key] is not None:
                    label = key if row == 0 else None
                    axes.plot(found[key], row, mark, color=COLOURS["arousal"], ms=5,
                              mfc="none" if key == "recall" else None, label=label)  # fmt: skip
        axes.set_yticks(range(len(classes)), [shortened(name) for name in classes])
        axes.set_ylim(len(classes) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("F1 (bar), precision (dot), recall (diamond)")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)

    return svg(prefix, draw, (7.2, 0.8 + 0.3 * len(classes)))
