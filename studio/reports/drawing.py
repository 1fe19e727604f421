"""How reports draw: SVG that takes its ink from the page around it, and what several reports share.

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

from faces.circumplex import drawn_words

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"valence": "#1f8a8a", "arousal": "#d2602a"}
INK = "#010203"  #: stands for currentColor until the SVG is written
GREY = "#8a8a8a"  #: readable on white and on black
_LONGEST = 24  #: letters of a name in a drawing
#: Settings of matplotlib, by keys that its stubs know one by one.
_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "circumplex",
    "font.size": 10,
    "text.parse_math": False,  # names are other people's: a dollar sign is a dollar sign
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


def svg(prefix: str, draw: Callable[["Figure"], None], size: tuple[float, float]) -> "Markup":
    """A drawing of `size` inches as an SVG element; `prefix` sets its ids apart on a page.

    Markup that pages do not escape is made here and nowhere else: matplotlib has escaped whatever
    words the drawing holds.
    """
    from markupsafe import Markup

    stream = io.BytesIO()
    _save(stream, draw, size, format="svg", metadata={"Date": None}, transparent=True)
    text = stream.getvalue().decode()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # alike pictures, such as two bars of one colour map, get one id, which nothing refers to
    text = re.sub(r'\s+id="image\w+"(?=[^<>]*>)', "", text)
    # several drawings share a page: what they name must not meet
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    return Markup(re.sub(r"<svg ", '<svg role="img" ', text, count=1))


def png(draw: Callable[["Figure"], None], size: tuple[float, float]) -> bytes:
    """A drawing of `size` inches on white as PNG, for where no SVG is shown."""
    from PIL import Image

    stream, small = io.BytesIO(), io.BytesIO()
    _save(stream, draw, size, format="png")
    with Image.open(stream) as picture:
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        # lines and letters need few colours, and a third of the bytes
        white.quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()


def _save(
    stream: io.BytesIO,
    draw: Callable[["Figure"], None],
    size: tuple[float, float],
    **settings: Any,
) -> None:
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
        figure.savefig(stream, **settings)


def shortened(name: str) -> str:
    """A name as a drawing has room for it; the tables beside hold it whole."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def floats(values: Sequence[Any]) -> np.ndarray:
    """Numbers, nested or not, with NaN for None, which leaves a gap in a line."""
    return np.array(values, float)


def strip_png(images: np.ndarray) -> str:
    """Rows of pictures, (rows, n, H, W, 3) uint8, as one PNG in a data address."""
    from PIL import Image

    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in images], axis=0)
    stream = io.BytesIO()
    Image.fromarray(sheet).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def face_strips(images: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """What the template's `strip` needs of "valence" and "arousal", each (rows, n, H, W, 3)."""
    names = list(COLOURS)
    return [
        {
            "target": name,
            "other": other,
            "picture": strip_png(images[name]),
            "width": strip_width(images[name]),
        }
        for name, other in zip(names, reversed(names), strict=True)
    ]


def strip_width(images: np.ndarray) -> int:
    """Pixels from the left edge to the right one of (rows, n, H, W, 3)."""
    return images.shape[1] * images.shape[3]


def draw_circumplex(axes: "Axes") -> None:
    """Russell's circle with its words around it; valence to the right, arousal up."""
    around = np.linspace(0, 2 * math.pi, 181)
    axes.plot(np.cos(around), np.sin(around), color=INK, lw=0.7)
    axes.plot([-1, 1], [0, 0], color=INK, lw=0.4)
    axes.plot([0, 0], [-1, 1], color=INK, lw=0.4)
    for word in drawn_words():
        x, y = math.cos(math.radians(word.angle)), math.sin(math.radians(word.angle))
        side = "center" if abs(x) < 0.2 else ("left" if x > 0 else "right")
        axes.text(1.06 * x, 1.08 * y, word.name, ha=side, va="center", fontsize=8.5)
    axes.set_xlim(-1.5, 1.5)
    axes.set_ylim(-1.2, 1.2)
    axes.set_aspect("equal")
    axes.set_axis_off()


def headline_bars(evaluation: Mapping[str, Any], other: Mapping[str, Any] | None) -> "Markup":
    """R² of both targets with its interval, the other run's and the shuffled baseline below."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        rows = _headline_rows(evaluation, other)
        for place, (_, value, interval, colour) in enumerate(rows):
            if value is None:
                continue
            axes.plot([0, value], [place, place], color=colour, lw=7, solid_capstyle="butt")
            if None not in interval:
                ends = floats(interval)
                axes.plot(ends, [place, place], color=INK, lw=1.2)
                axes.plot(ends, [place, place], "|", color=INK, ms=8, mew=1.2)
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
        rows.append((f"{name}, labels shuffled", *shuffled, GREY))
    return rows
