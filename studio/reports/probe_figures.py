"""The drawings of a report, as SVG text that takes its ink from the page around it.

Nothing here knows pyplot: every drawing is a Figure of its own. Lines and words are drawn in
`currentColor`, so one drawing reads well on white paper and on a dark screen.
"""

import base64
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"valence": "#1f8a8a", "arousal": "#d2602a"}
INK = "#010203"  #: stands for currentColor until the SVG is written
_RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "circumplex",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "savefig.dpi": 144,
}


def predicted_against_labelled(evaluation: Mapping[str, Any], prefix: str = "predicted") -> str:
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


def unit_bars(evaluation: Mapping[str, Any], prefix: str = "units") -> str:
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


def label_map(evaluation: Mapping[str, Any], prefix: str = "labels") -> str:
    """How many faces carry which valence and arousal, on the circumplex with its words."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        histogram = evaluation["label_histogram"]
        edges, counts = np.array(histogram["edges"]), np.array(histogram["counts"], float)
        shown = np.ma.masked_less(counts, 1)
        # few labels hold most faces: a square root keeps the rare ones in sight
        mesh = axes.pcolormesh(
            edges, edges, shown, cmap="viridis", norm=_square_root(counts.max()), rasterized=True
        )
        bar = figure.colorbar(
            mesh, ax=axes, location="bottom", shrink=0.5, aspect=28, pad=0.06, label="faces"
        )
        bar.outline.set_visible(False)
        draw_circumplex(axes)

    return svg(prefix, draw, (4.6, 4.6))


def expression_map(evaluation: Mapping[str, Any], prefix: str = "expressions") -> str | None:
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
                name, label, xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9
            )

    return svg(prefix, draw, (4.6, 4.6))


def headline_bars(evaluation: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    """R² of both targets with its interval, the other run's and the shuffled baseline below."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        rows = _headline_rows(evaluation, other)
        for place, (_, value, interval, colour) in enumerate(rows):
            if value is None:
                continue
            axes.plot([0, value], [place, place], color=colour, lw=7, solid_capstyle="butt")
            if None not in interval:
                axes.plot(interval, [place, place], color=INK, lw=1.2)
                axes.plot(interval, [place, place], "|", color=INK, ms=8, mew=1.2)
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        lowest = min([0.0, *(row[2][0] for row in rows if row[2][0] is not None)])
        axes.set_xlim(max(lowest - 0.02, -0.5), 1)
        axes.axvline(0, color=INK, lw=0.6)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("R² on faces that were not fitted on")

    rows = 4 if other is None else 6
    return svg("headline", draw, (7.6, 0.75 + 0.34 * rows))


def strip_png(images: np.ndarray) -> str:
    """Rows of pictures, (rows, n, H, W, 3) uint8, as one PNG in a data address."""
    from PIL import Image

    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in images], axis=0)
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def _headline_rows(
    evaluation: Mapping[str, Any], other: Mapping[str, Any] | None
) -> list[tuple[str, float | None, Sequence[float | None], str]]:
    rows = []
    for name, colour in COLOURS.items():
        score = evaluation[name]
        rows.append((name, score["r2"], score["r2_interval"], colour))
        if other is not None:
            score = other[name]
            rows.append((f"{name}, compared run", score["r2"], score["r2_interval"], colour + "99"))
        score = evaluation[name]
        shuffled = score["shuffled_r2"], score["shuffled_r2_interval"]
        rows.append((f"{name}, labels shuffled", *shuffled, "#8a8a8a"))
    return rows


def _square_root(most: float) -> Any:
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, vmin=0, vmax=max(most, 1.0))


def _square(axes: "Axes", reach: float) -> None:
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])


def draw_circumplex(axes: "Axes") -> None:
    """Russell's circle with its words around it; valence to the right, arousal up."""
    around = np.linspace(0, 2 * math.pi, 181)
    axes.plot(np.cos(around), np.sin(around), color=INK, lw=0.7)
    axes.plot([-1, 1], [0, 0], color=INK, lw=0.4)
    axes.plot([0, 0], [-1, 1], color=INK, lw=0.4)
    for degrees, word in WORDS.items():
        x, y = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        side = "center" if abs(x) < 0.2 else ("left" if x > 0 else "right")
        axes.text(1.06 * x, 1.08 * y, word, ha=side, va="center", fontsize=8.5)
    axes.set_xlim(-1.5, 1.5)
    axes.set_ylim(-1.2, 1.2)
    axes.set_aspect("equal")
    axes.set_axis_off()


def svg(prefix: str, draw: Callable[["Figure"], None], size: tuple[float, float]) -> str:
    """A drawing of `size` inches as an SVG element; `prefix` sets its ids apart on a page."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_RC):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        figure.patch.set_alpha(0)
        draw(figure)
        for axes in figure.axes:
            axes.patch.set_alpha(0)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # several drawings share a page: what they name must not meet
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    return re.sub(r"<svg ", '<svg role="img" ', text, count=1)
