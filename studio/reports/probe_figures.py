"""The drawings of a probe's report; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, INK, draw_circumplex, shortened, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def predicted_against_labelled(
    evaluation: Mapping[str, Any], prefix: str = "predicted"
) -> "Markup":
    """Scatter of predicted over labelled valence and arousal, with the line of a perfect probe."""

    def draw(figure: "Figure") -> None:
        pairs = evaluation["predictions"]
        label, predicted = np.array(pairs["label"]), np.array(pairs["predicted"])
        reach = max(1.0, 1.03 * float(np.abs(predicted).max()), float(np.abs(label).max()))
        for k, (axes, name) in enumerate(zip(figure.subplots(1, 2), COLOURS, strict=True)):
            axes.plot([-reach, reach], [-reach, reach], color=INK, lw=0.7, ls=(0, (4, 3)))
            axes.scatter(
                label[:, k],
                predicted[:, k],
                s=9,
                alpha=0.35,
                lw=0,
                color=COLOURS[name],
                rasterized=True,
            )
            _square(axes, reach)
            axes.set_xlabel(f"labelled {name}")
            axes.set_ylabel(f"predicted {name}")

    return svg(prefix, draw, (7.6, 3.7))


def unit_bars(evaluation: Mapping[str, Any], prefix: str = "units") -> "Markup":
    """Correlation of the most informative units with valence and with arousal."""

    def draw(figure: "Figure") -> None:
        most = 0.05
        panels = figure.subplots(1, 2, sharex=True)
        for axes, (name, colour) in zip(panels, COLOURS.items(), strict=True):
            units = evaluation[name]["top_units"]
            values = [unit["correlation"] for unit in units]
            most = max(most, *(abs(value) for value in values))
            places = np.arange(len(units))
            axes.barh(places, values, color=colour, height=0.62)
            axes.axvline(0, color=INK, lw=0.6)
            axes.set_yticks(places, [f"z{unit['unit']}" for unit in units])
            axes.invert_yaxis()
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(f"correlation with {name}")
        panels[0].set_xlim(-1.12 * most, 1.12 * most)
        panels[0].locator_params(axis="x", nbins=5)

    return svg(prefix, draw, (7.6, 2.5))


def label_map(evaluation: Mapping[str, Any], prefix: str = "labels") -> "Markup":
    """How many faces carry which valence and arousal, on the circumplex with its words."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        histogram = evaluation["label_histogram"]
        edges, counts = np.array(histogram["edges"]), np.array(histogram["counts"], float)
        labelled = np.ma.masked_less(counts, 1)
        # few labels hold most faces: a square root keeps the rare ones in sight
        mesh = axes.pcolormesh(
            edges, edges, labelled, cmap="viridis", norm=_square_root(counts.max()), rasterized=True
        )
        bar = figure.colorbar(
            mesh, ax=axes, location="bottom", shrink=0.5, aspect=28, pad=0.06, label="faces"
        )
        bar.outline.set_visible(False)
        draw_circumplex(axes)

    return svg(prefix, draw, (4.6, 4.6))


def expression_map(evaluation: Mapping[str, Any], prefix: str = "expressions") -> "Markup | None":
    """Mean label (ring) and mean prediction (dot) of each expression; None without expressions."""
    expressions = evaluation["expressions"]
    if not expressions:
        return None

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        draw_circumplex(axes)
        for name, means in expressions.items():
            label, predicted = means["label"], means["predicted"]
            axes.annotate(
                "", predicted, label, arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.6}
            )
            axes.plot(*label, "o", mfc="none", mec=COLOURS["valence"], mew=1.4, ms=7)
            axes.plot(*predicted, "o", color=COLOURS["arousal"], ms=5)
            axes.annotate(
                shortened(name),
                label,
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )

    return svg(prefix, draw, (4.6, 4.6))


def _square_root(most: float) -> Any:
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, vmin=0, vmax=max(most, 1.0))


def _square(axes: "Axes", reach: float) -> None:
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
