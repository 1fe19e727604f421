"""The forest plot of a study of invariance; see `studio.reports.drawing` for how it is made."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.evaluation.invariance import DIFFERENT, EQUIVALENT, WITHIN
from studio.reports.drawing import COLOURS, GREY, INK, shortened
from studio.reports.invariance_words import measures, select, spoken, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT, _WIDTH = 0.21, 2.35  #: inches of a row and of a panel


def forest(
    evidence: Mapping[str, Any],
) -> tuple[Callable[["Figure"], None], tuple[float, float]]:
    """What draws each difference with its interval, a panel a reader and measure; and its size."""
    rows, shown = evidence["comparisons"], measures(evidence)
    compared = {row["reader"] for row in rows if row["measure"] in shown}
    readers = [name for name in evidence["readers"] if name in compared]
    labels = list(
        dict.fromkeys(
            (r["attribute"], r["group"], r["against"]) for r in rows if r["measure"] in shown
        )
    )
    reach = _reach([row for row in rows if row["measure"] in shown], evidence["config"]["bound"])

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(len(shown), len(readers), squeeze=False, sharex=True, sharey=True)
        for at, measure in enumerate(shown):
            for column, reader in enumerate(readers):
                axes = panels[at, column]
                drawn = select(rows, reader=reader, measure=measure)
                _draw_panel(axes, drawn, labels, evidence["config"]["bound"])
                if at == 0:  # the line below is for the measure's name
                    axes.set_title(f"{shortened(reader)}\n", fontsize=10)
                if column == 0:  # above: beside them, few rows leave no room for a name
                    name = title_of(measure, evidence["config"]["expression"])
                    axes.set_title(name, fontsize=10, fontweight="bold", loc="left")
        panels[0, 0].set_xlim(-reach, reach)
        for axes in panels[-1]:
            axes.set_xlabel("difference of readings", fontsize=9)
        _add_legend(figure, rows)

    count = len(labels) + len({label[0] for label in labels})
    return draw, (max(6.5, 2.0 + _WIDTH * len(readers)), 1.1 + len(shown) * (0.5 + _HEIGHT * count))


def _reach(rows: Sequence[Mapping[str, Any]], bound: float) -> float:
    ends = [abs(row[key]) for row in rows for key in ("low", "high") if row[key] is not None]
    # a group of few faces may have an interval as wide as the scale, which hides all others
    widest = float(np.quantile(ends, 0.97)) if ends else 0.0
    return 1.1 * max(2 * bound, widest)


def _places(labels: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Where each row stands, with a gap before each attribute."""
    places, at, before = {}, 0, None
    for label in labels:
        at += 1 + (before is not None and label[0] != before)
        places[label], before = at, label[0]
    return places


def _draw_panel(
    axes: "Axes",
    rows: Sequence[Mapping[str, Any]],
    labels: Sequence[tuple[str, str, str]],
    bound: float,
) -> None:
    places = _places(labels)
    targets = list(dict.fromkeys(row["target"] for row in rows))
    axes.axvspan(-bound, bound, color=GREY, alpha=0.18, lw=0)
    axes.axvline(0, color=INK, lw=0.5)
    for row in rows:
        place = places[row["attribute"], row["group"], row["against"]]
        offset = 0.34 * (targets.index(row["target"]) - (len(targets) - 1) / 2)
        offset /= max(1, (len(targets) - 1) / 1.5)
        colour = COLOURS.get(row["target"], GREY)
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [place + offset] * 2, color=colour, lw=1.1)
        marker, face = _marker(row["verdict"], colour)
        axes.plot(row["difference"], place + offset, marker, color=colour, mfc=face, ms=4, mew=1.0)
    names = [_label(label) for label in labels]
    axes.set_yticks([places[label] for label in labels], names, fontsize=8)
    axes.set_ylim(max(places.values(), default=1) + 0.7, 0.3)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines["left"].set_visible(False)


def _label(label: tuple[str, str, str]) -> str:
    _, group, against = label
    name = spoken(group) if against == "the others" else f"{spoken(group)} − {spoken(against)}"
    return shortened(name)


def _marker(verdict: str, colour: str) -> tuple[str, str]:
    if verdict in (DIFFERENT, WITHIN):
        return "D", colour
    return "o", (colour if verdict == EQUIVALENT else "white")


def _add_legend(figure: "Figure", rows: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.lines import Line2D

    targets = [name for name in COLOURS if any(row["target"] == name for row in rows)]
    handles = [Line2D([], [], color=COLOURS[name], lw=2, label=name) for name in targets]
    marks = (("o", INK, "equivalent"), ("D", INK, "different"), ("o", "white", "undecided"))
    handles += [
        Line2D([], [], ls="", marker=mark, color=INK, mfc=face, ms=5, label=name)
        for mark, face, name in marks
    ]
    figure.legend(
        handles=handles, frameon=False, ncols=len(handles), loc="outside upper center", fontsize=9
    )
