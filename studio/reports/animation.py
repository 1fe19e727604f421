"""The plot of an animation: requested, aimed at and measured against time."""

import io
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from studio.stimuli.animation import Animation
    from studio.stimuli.frame_readings import FrameReadings

#: Of readers, in the order of their columns; told apart by those who see few colours too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
_INKS = 64  #: colours of the file: a few lines and their edges
_REQUESTED, _AIMED, _BEYOND = "#1f2430", "#6b7280", "#f1e5d3"
_NOTE = "Model-predicted by readers, never human ratings; shaded: no face shows the request"
_RATED = "\nrequested: what people are to see; aimed at: what readers are to find for that"
_RC: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.xmargin": 0,
}


def readings_png(animation: "Animation", readings: "FrameReadings") -> bytes:
    """Valence, arousal and identity distance against time, as PNG; frames that ask for what no
    face shows are shaded."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    seconds, aimed = animation.times / 1000, animation.aimed_readings
    with matplotlib.rc_context(_RC):
        figure = Figure(figsize=(7.6, 5.6), layout="constrained", facecolor="white", dpi=100)
        canvas = FigureCanvasAgg(figure)
        panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1.6))
        for axis, name in enumerate(("valence", "arousal")):
            axes = panels[axis]
            axes.plot(seconds, animation.targets[:, axis], color=_REQUESTED, lw=1.6, zorder=3)
            axes.plot(seconds, aimed[:, axis], color=_AIMED, ls=(0, (4, 2)), lw=1.4)
            for affect, colour in zip(readings.affect.values(), cycle(_COLOURS)):
                axes.plot(seconds, affect[:, axis], color=colour, lw=1)
            axes.set_ylabel(name)
            axes.axhline(0, color=_AIMED, lw=0.4)
        panels[2].plot(seconds, readings.identity_distance, color=_REQUESTED, lw=1)
        panels[2].set_ylabel("identity distance\nto the first frame", fontsize=8)
        panels[2].set_ylim(bottom=0)
        panels[2].set_xlabel("seconds")
        _shade(panels, animation)
        _name_lines(panels[0], list(readings.affect))
        figure.suptitle(
            _NOTE + _RATED if animation.explorer.is_rated else _NOTE,
            fontsize=8,
            color=_AIMED,
        )
        canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    stream = io.BytesIO()
    picture.quantize(_INKS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _name_lines(axes: "Axes", readers: Sequence[str]) -> None:
    names = ["requested", "aimed at", *(name.replace("_", " ") for name in readers)]
    lines = axes.get_lines()[: len(names)]
    axes.legend(
        lines, names, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(names),
        frameon=False, fontsize=8, handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip


def _shade(panels: Sequence["Axes"], animation: "Animation") -> None:
    from studio.stimuli.frame_rows import spans

    for first, last in spans(animation, ~animation.reached):
        for axes in panels:
            axes.axvspan(first / 1000, last / 1000, color=_BEYOND, lw=0, zorder=0)
    for axes in panels:
        axes.set_xlim(0, float(np.max(animation.times)) / 1000)
