"""The drawings of an evaluation's page; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping, Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, INK, draw_circumplex, floats, shortened, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Cells = Sequence[Sequence[float | None]]


def landing_map(points: np.ndarray, cells: Mapping[str, Cells], prefix: str) -> "Markup":
    """From each requested point (P, 2) a line to where a reader finds the faces on average.

    Args:
        cells: of one reader; see `studio.evaluation.scores.score`.
    """

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        draw_circumplex(axes)
        read = np.stack([floats(cells[name]).ravel() for name in COLOURS], axis=1)
        for start, end in zip(points, read, strict=True):
            axes.plot(*np.stack([start, end]).T, color=INK, lw=0.4, alpha=0.5)
        axes.plot(*points.T, "o", mfc="none", mec=COLOURS["valence"], mew=0.8, ms=3.2)
        axes.plot(*read.T, "o", color=COLOURS["arousal"], ms=3)

    return svg(prefix, draw, (4.6, 4.6))


def side_effect_maps(
    maps: Sequence[tuple[str, Cells]], intensities: Sequence[float], prefix: str
) -> "Markup":
    """Mean of something at each direction and intensity, as rings; one map for each (title,
    cells), each with its own scale."""

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(1, len(maps), subplot_kw={"projection": "polar"}, squeeze=False)
        for axes, (title, cells) in zip(panels[0], maps, strict=True):
            _rings(figure, axes, floats(cells), intensities)
            axes.set_title(title, fontsize=10, pad=10)

    return svg(prefix, draw, (2.6 * len(maps), 3.1))


def _rings(
    figure: "Figure", axes: "Axes", values: np.ndarray, intensities: Sequence[float]
) -> None:
    """Each value fills its wedge; each ring reaches half-way to its neighbours."""
    count = values.shape[1]
    angles = (np.arange(count + 1) - 0.5) * 2 * np.pi / count
    middles = [0.0, *intensities]
    radii = [(a + b) / 2 for a, b in pairwise(middles)]
    radii.append(intensities[-1] + (intensities[-1] - radii[-1]))
    mesh = axes.pcolormesh(
        angles, radii, np.ma.masked_invalid(values), cmap="viridis", rasterized=True
    )
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["pleasant", "aroused", "unpleasant", "calm"])
    axes.tick_params(labelsize=7.5, pad=-2)
    axes.set_yticks([])
    axes.grid(False)
    axes.spines["polar"].set_visible(False)
    bar = figure.colorbar(mesh, ax=axes, location="bottom", shrink=0.7, aspect=22, pad=0.08)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)


def intensity_curves(
    readers: Mapping[str, Mapping[str, Any]], intensities: Sequence[float], prefix: str
) -> "Markup":
    """How far each reader sees the faces move along the requested direction, ring by ring."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        reach = [0.0, intensities[-1]]
        axes.plot(reach, reach, color=INK, lw=0.7, ls=(0, (4, 3)))
        for (name, reader), style in zip(readers.items(), cycle(_STYLES)):
            along = _along(reader["cells"])
            axes.plot(intensities, along, style, color=INK, lw=1.2, ms=4, label=shortened(name))
        axes.set_xlabel("requested intensity")
        axes.set_ylabel("measured along the request")
        axes.legend(frameon=False)

    return svg(prefix, draw, (4.6, 3.4))


#: Taken in turn, and again from the first where there are more readers.
_STYLES = ("o-", "s--", "^:", "D-.", "v-", "x--")


def _along(cells: Mapping[str, Cells]) -> np.ndarray:
    """Mean of the reading's part along each direction, (intensities,)."""
    valence, arousal = (floats(cells[name]) for name in COLOURS)
    angles = np.arange(valence.shape[1]) * 2 * np.pi / valence.shape[1]
    along = valence * np.cos(angles) + arousal * np.sin(angles)
    known = np.isfinite(along)
    count = known.sum(1)
    return np.divide(
        np.where(known, along, 0).sum(1), count, out=np.full(len(along), np.nan), where=count > 0
    )
