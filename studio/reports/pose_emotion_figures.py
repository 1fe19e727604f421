"""The drawings of a study; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, INK, floats, shortened, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def departures_map(found: Mapping[str, Any], prefix: str = "departures") -> "Markup":
    """How many times as often each emotion is seen in a direction as over all; framed: beyond
    chance."""
    counts, shares = np.array(found["counts"]), floats(found["of_row"])
    overall = np.array(found["of_all"], float)
    residuals = floats(found["residuals"])
    ratio = np.divide(shares, overall, out=np.full(shares.shape, np.nan), where=overall > 0)

    def draw(figure: "Figure") -> None:
        from matplotlib.colors import LinearSegmentedColormap

        axes = figure.subplots()
        colours = [COLOURS["arousal"], "#f4f1ea", COLOURS["valence"]]
        scale = LinearSegmentedColormap.from_list("apart", colours)
        shade = np.clip(np.log2(np.maximum(ratio, 1e-6)), -1.5, 1.5)
        axes.imshow(np.ma.masked_invalid(shade), cmap=scale, vmin=-1.5, vmax=1.5, aspect="auto")
        for (row, column), value in np.ndenumerate(ratio):
            if np.isfinite(value):
                count = f"{100 * shares[row, column]:.1f} %, {counts[row, column]:,}"
                beyond_chance = abs(np.nan_to_num(residuals[row, column])) > found["critical"]
                _draw_cell(axes, row, column, f"×{value:.2f}\n{count}", beyond_chance)
        axes.set_xticks(range(len(found["columns"])), map(shortened, found["columns"]))
        names = [f"{name} ({total:,})" for name, total in
                 zip(found["rows"], counts.sum(1), strict=True)]  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)

    return svg(prefix, draw, (1.7 + 0.95 * len(found["columns"]), 0.5 + 0.55 * len(found["rows"])))


def _draw_cell(axes: "Axes", row: int, column: int, text: str, framed: bool) -> None:
    from matplotlib.patches import Rectangle

    axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color="#101415")
    if framed:
        box = Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, fill=False, ec=INK, lw=1.4)
        axes.add_patch(box)


def shares_bars(found: Mapping[str, Any], prefix: str = "shares") -> "Markup":
    """What each direction's faces show, as stacked bars."""
    shares = np.nan_to_num(floats(found["of_row"]))

    def draw(figure: "Figure") -> None:
        import matplotlib

        axes = figure.subplots()
        colours = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.95, shares.shape[1]))
        left = np.zeros(len(shares))
        for k, name in enumerate(found["columns"]):
            axes.barh(
                found["rows"], shares[:, k], left=left, color=colours[k], label=shortened(name)
            )
            left += shares[:, k]
        axes.set_xlim(0, 1)
        axes.invert_yaxis()
        axes.set_xlabel("share of the direction's faces")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return svg(prefix, draw, (7.6, 1.2 + 0.4 * len(found["rows"])))
