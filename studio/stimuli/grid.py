"""The circumplex of one face as a figure (PNG, PDF, SVG) or as a bare sheet of tiles.

Figures are matplotlib objects without pyplot and without dates: one request, one file, byte for
byte.
"""

import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import DEFAULT_WORDS, drawn_words, quadrant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours of the quadrants in the order of faces.circumplex.QUADRANTS, legible on white.
QUADRANT_COLOURS = ("#b45309", "#be123c", "#4338ca", "#0f766e")
_INK, _QUIET, _ACCENT = "#1f2430", "#6b7280", "#b45309"
_TILE_INCHES = 0.92
_MARGIN_INCHES = 1.2  # words, ticks and titles stand here
_FEWEST_TILES = 5  # a smaller grid is drawn with larger tiles, or its titles would not fit
_DPI = 160


def tile_sheet(images: np.ndarray, gap: int = 0) -> np.ndarray:
    """Pictures uint8 (n, m, H, W, 3) side by side, `gap` white pixels between them: (H', W', 3)."""
    n, m, height, width, _ = images.shape
    sheet = np.full((n * (height + gap) - gap, m * (width + gap) - gap, 3), 255, np.uint8)
    for row in range(n):
        for column in range(m):
            top, left = row * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = images[row, column]
    return sheet


#: What dashed tiles lie beyond, without and with a calibration.
TRAINING_LABELS = "the labels seen in training"
REACHABLE = "what most faces can be brought to show"


def grid_figure(
    images: np.ndarray,
    reach: float,
    title: str,
    note: str,
    covered: np.ndarray | None = None,
    beyond: str = TRAINING_LABELS,
    points: np.ndarray | None = None,
    words: str = DEFAULT_WORDS,
) -> "Figure":
    """The figure of a grid.

    Args:
        images: uint8 (n, n, H, W, 3): arousal falls with the row, valence rises with the column.
        reach: valence and arousal of the outermost faces.
        title: whose face it is.
        note: one line below: generator, directions, truncation.
        covered: bool (n, n), False where a request cannot be expected to be met; those are dashed.
        beyond: what they lie beyond, TRAINING_LABELS or REACHABLE.
        points: (n, n, 2), valence and arousal of each tile where they stand on no even grid; each
            tile then says its own, in the place of ticks.
        words: name of the table of words around it.
    """
    from matplotlib.figure import Figure

    n = len(images)
    inner = _TILE_INCHES * max(n, _FEWEST_TILES)
    side = inner + 2 * _MARGIN_INCHES
    figure = Figure(figsize=(side, side), facecolor="white")
    axes = figure.add_axes((_MARGIN_INCHES / side,) * 2 + (inner / side,) * 2)
    edge = reach * n / (n - 1)  # half the side of the sheet in units of valence and arousal
    per_inch = 2 * edge / inner
    sheet = tile_sheet(images, gap=max(2, images.shape[2] // 40))
    axes.imshow(sheet, extent=(-edge, edge, -edge, edge), interpolation="lanczos")
    axes.set_axis_off()
    if points is None:
        _draw_ticks(axes, np.linspace(-reach, reach, n), edge, 0.13 * per_inch)
    else:
        _draw_values(axes, points, reach, edge / n)
    _draw_words(axes, edge, per_inch, words)
    if n % 2:
        _frame(axes, (0.0, 0.0), edge / n, _ACCENT, "solid")
    subtitle = "valence and arousal as asked for: a model's terms, never human ratings"
    if points is not None:
        subtitle += "; at each angle as far out as faces can show it"
    if covered is not None and not covered.all():
        _mark_extrapolated(axes, covered, reach, edge / n)
        subtitle += f"; dashed: beyond {beyond}"
    _draw_titles(figure, side, title, subtitle, note)
    return figure


def figure_bytes(figure: "Figure", file_format: str, recipe: dict[str, Any]) -> bytes:
    """The figure as "png", "pdf" or "svg" with the recipe inside, without dates or random names."""
    import matplotlib

    text = json.dumps(recipe, ensure_ascii=False, sort_keys=True)
    metadata: dict[str, Any] = {
        "png": {"Software": None, "circumplex": text},
        "pdf": {"CreationDate": None, "Subject": text},
        "svg": {"Date": None, "Description": text},
    }[file_format]
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "circumplex", "pdf.fonttype": 42}):
        figure.savefig(stream, format=file_format, dpi=_DPI, metadata=metadata)
    return stream.getvalue()


def _draw_ticks(axes: "Axes", ticks: np.ndarray, edge: float, gap: float) -> None:
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": _QUIET, "fontsize": 8}
    for tick in ticks:
        label = f"{tick:+.2f}".replace("-", "−") if abs(tick) > 1e-9 else "0"
        axes.text(tick, -edge - gap, label, clip_on=False, **style)
        axes.text(-edge - gap, tick, label, clip_on=False, rotation=90, **style)


def _draw_values(axes: "Axes", points: np.ndarray, reach: float, half: float) -> None:
    """Valence and arousal of each tile, at its lower edge."""
    ticks = np.linspace(-reach, reach, len(points))
    box: dict[str, Any] = {"boxstyle": "square,pad=0.15", "facecolor": "white", "alpha": 0.75}
    for row, column in np.ndindex(points.shape[:2]):
        valence, arousal = points[row, column]
        axes.text(
            float(ticks[column]),
            float(ticks[::-1][row]) - 0.93 * half,
            f"{valence:+.2f}  {arousal:+.2f}".replace("-", "−"),
            ha="center",
            va="bottom",
            fontsize=4.5,
            color=_INK,
            bbox=box | {"linewidth": 0},
        )


def _draw_words(axes: "Axes", edge: float, per_inch: float, words: str) -> None:
    """Each word where the ray of its angle leaves the sheet, beyond the ticks if there are any."""
    for word in drawn_words(words):
        x, y = math.cos(math.radians(word.angle)), math.sin(math.radians(word.angle))
        upright = abs(y) >= abs(x)
        inches = 0.22 if (y if upright else x) > 0 else 0.4
        scale = (edge + inches * per_inch) / max(abs(x), abs(y))
        axes.text(
            x * scale,
            y * scale,
            word.name,
            ha="center",
            va="center",
            rotation=0 if upright else (-90 if x > 0 else 90),
            color=QUADRANT_COLOURS[quadrant(x, y)],
            fontsize=11,
            fontstyle="italic",
            clip_on=False,
        )


def _frame(axes: "Axes", centre: tuple[float, float], half: float, colour: str, line: Any) -> None:
    from matplotlib.patches import Rectangle

    corner = (centre[0] - half, centre[1] - half)
    frame = Rectangle(
        corner, 2 * half, 2 * half, fill=False, edgecolor=colour, linewidth=1.6, linestyle=line
    )
    axes.add_patch(frame)


def _mark_extrapolated(axes: "Axes", covered: np.ndarray, reach: float, half: float) -> None:
    ticks = np.linspace(-reach, reach, len(covered))
    for row, column in np.argwhere(~covered):
        centre = (float(ticks[column]), float(ticks[::-1][row]))
        _frame(axes, centre, 0.94 * half, _QUIET, (0, (4, 3)))


def _draw_titles(figure: "Figure", side: float, title: str, subtitle: str, note: str) -> None:
    centre: dict[str, Any] = {"ha": "center", "va": "center"}
    top, step = 1 - 0.34 / side, 0.26 / side
    figure.text(0.5, top, title, fontsize=15, color=_INK, weight="bold", **centre)
    figure.text(0.5, top - step, subtitle, fontsize=9, color=_QUIET, **centre)
    low = 0.52 / side
    figure.text(0.5, low, "valence →", fontsize=11, color=_INK, **centre)
    figure.text(low, 0.5, "arousal →", fontsize=11, color=_INK, rotation=90, **centre)
    figure.text(0.5, 0.22 / side, note, fontsize=7.5, color=_QUIET, **centre)
