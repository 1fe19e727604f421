"""The drawings of an evaluation's page; see `studio.reports.drawing` for how they are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, INK, draw_circumplex, floats, shortened, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Cells = Sequence[Sequence[float | None]]
#: Corners of the region that faces show, or None where it is not known.
Border = Sequence[Sequence[float]] | None
_COLUMNS = 4  # maps beside each other
_REGION: dict[str, Any] = {"color": INK, "lw": 1.1, "ls": (0, (4, 2))}


def landing_map(
    points: np.ndarray, cells: Mapping[str, Cells], border: Border, prefix: str
) -> "Markup":
    """From each requested point (P, 2) a line to where a reader finds the faces on average.

    Args:
        cells: of one reader; see `studio.evaluation.scores.score`.
    """

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        draw_circumplex(axes)
        if border is not None:
            axes.plot(*floats([*border, border[0]]).T, **_REGION)
        read = np.stack([floats(cells[name]).ravel() for name in COLOURS], axis=1)
        for start, end in zip(points, read, strict=True):
            axes.plot(*np.stack([start, end]).T, color=INK, lw=0.4, alpha=0.5)
        axes.plot(*points.T, "o", mfc="none", mec=COLOURS["valence"], mew=0.8, ms=3.2)
        axes.plot(*read.T, "o", color=COLOURS["arousal"], ms=3)

    return svg(prefix, draw, (4.6, 4.6))


@dataclass(frozen=True, eq=False)
class CircleMap:
    """Mean of something at each intensity (row) and direction (column), and the reachable region.

    Attributes:
        signed: whether its scale is about 0; most: the scale's ends, which maps that are to be
            compared share; None for its own.
    """

    title: str
    cells: Cells
    border: Border
    signed: bool = False
    most: tuple[float, float] | None = None

    @property
    def range(self) -> tuple[float, float]:
        """Least and largest value; about 0 where it is signed."""
        values = floats(self.cells)
        known = values[np.isfinite(values)]
        if not len(known):
            return (-1.0, 1.0)
        low, high = float(known.min()), float(known.max())
        if self.signed:
            high = max(-low, high) or 1.0
            low = -high
        return low, high


def on_one_scale(*maps: CircleMap) -> list[CircleMap]:
    """The same, so that a colour says the same in each."""
    ranges = np.array([each.range for each in maps])
    most = float(ranges[:, 0].min()), float(ranges[:, 1].max())
    return [replace(each, most=most) for each in maps]


def circle_maps(maps: Sequence[CircleMap], intensities: Sequence[float], prefix: str) -> "Markup":
    """Maps of the circle beside each other, as rings."""
    rows, columns = -(-len(maps) // _COLUMNS), min(_COLUMNS, len(maps))

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(
            rows, columns, subplot_kw={"projection": "polar"}, squeeze=False
        ).ravel()
        for axes in panels[len(maps) :]:
            axes.set_axis_off()
        for axes, each in zip(panels[: len(maps)], maps, strict=True):
            _rings(figure, axes, each, intensities)
            if each.border is not None:
                _outline(axes, floats(each.border))
            axes.set_title(shortened(each.title), fontsize=10, pad=10)

    return svg(prefix, draw, (2.75 * columns, 3.1 * rows))


def _rings(figure: "Figure", axes: "Axes", shown: CircleMap, intensities: Sequence[float]) -> None:
    """Each value fills its wedge; each ring reaches half-way to its neighbours."""
    values = floats(shown.cells)
    count = values.shape[1]
    angles = (np.arange(count + 1) - 0.5) * 2 * np.pi / count
    middles = [0.0, *intensities]
    radii = [(a + b) / 2 for a, b in pairwise(middles)]
    radii.append(intensities[-1] + (intensities[-1] - radii[-1]))
    low, high = shown.most or shown.range
    if low == high:  # one colour, in the middle of a scale that can be read
        low, high = low - 0.5, high + 0.5
    mesh = axes.pcolormesh(
        angles,
        radii,
        np.ma.masked_invalid(values),
        cmap="RdBu_r" if shown.signed else "viridis",
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    axes.set_ylim(0, radii[-1])
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["pleasant", "aroused", "unpleasant", "calm"])
    axes.tick_params(labelsize=6.5, pad=-2)
    axes.set_yticks([])
    axes.grid(False)
    axes.spines["polar"].set_visible(False)
    bar = figure.colorbar(mesh, ax=axes, location="bottom", shrink=0.7, aspect=22, pad=0.08)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)


def _outline(axes: "Axes", border: np.ndarray) -> None:
    """The region's border (M, 2) on axes of angle and radius; what lies beyond these is cut."""
    closed = np.concatenate([border, border[:1]])
    ways = np.linspace(0, 1, 9)[:-1, None]  # edges are straight on the circumplex, not in angles
    edges = [start + ways * (end - start) for start, end in pairwise(closed)]
    line = np.concatenate([*edges, closed[-1:]])
    angles = np.unwrap(np.arctan2(line[:, 1], line[:, 0]))
    axes.plot(angles, np.hypot(*line.T), **_REGION)


def intensity_curves(
    readers: Mapping[str, Mapping[str, Any]], intensities: Sequence[float], prefix: str
) -> "Markup":
    """How far each reader sees the faces move along the requested direction, ring by ring."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        reach = [0.0, intensities[-1]]
        axes.plot(reach, reach, color=INK, lw=0.7, ls=(0, (4, 3)))
        _lines(axes, readers, intensities, lambda reader: _along(reader["cells"]))
        axes.set_xlabel("requested intensity")
        axes.set_ylabel("measured along the request")
        axes.legend(frameon=False)

    return svg(prefix, draw, (4.6, 3.4))


def angle_curves(readers: Mapping[str, Mapping[str, Any]], prefix: str) -> "Markup":
    """Each reader's concordance along each direction, over the intensities."""
    count = len(next(iter(readers.values()))["along_ccc"])
    degrees = np.arange(count) * 360 / count

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.axhline(0, color=INK, lw=0.6)
        _lines(axes, readers, degrees, lambda reader: floats(reader["along_ccc"]))
        axes.set_xticks([0, 90, 180, 270], ["pleasant", "aroused", "unpleasant", "calm"])
        axes.set_ylabel("CCC along the direction")
        axes.legend(frameon=False)

    return svg(prefix, draw, (4.6, 3.4))


#: Taken in turn, and again from the first where there are more readers.
_STYLES = ("o-", "s--", "^:", "D-.", "v-", "x--")


def _lines(
    axes: "Axes",
    readers: Mapping[str, Mapping[str, Any]],
    x: Sequence[float] | np.ndarray,
    values: Callable[[Mapping[str, Any]], np.ndarray],
) -> None:
    for (name, reader), style in zip(readers.items(), cycle(_STYLES)):
        axes.plot(x, values(reader), style, color=INK, lw=1.2, ms=4, label=shortened(name))


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
