"""The drawings of a bridge's page; see `studio.reports.drawing` for how they are made."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.reports.drawing import COLOURS, GREY, INK, floats, svg

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def predicted_against_scored(held_out: Mapping[str, Any], prefix: str = "scored") -> "Markup":
    """Scatter of what w predicts over what the probes scored in the picture."""

    def draw(figure: "Figure") -> None:
        pairs = held_out["predictions"]
        scored, predicted = np.array(pairs["scored"]), np.array(pairs["predicted"])
        for k, (axes, name) in enumerate(zip(figure.subplots(1, 2), COLOURS, strict=True)):
            low = min(scored[:, k].min(), predicted[:, k].min())
            high = max(scored[:, k].max(), predicted[:, k].max())
            room = 0.05 * (high - low)
            ends = [low - room, high + room]
            axes.plot(ends, ends, color=INK, lw=0.7, ls=(0, (4, 3)))
            dots = {"s": 9, "alpha": 0.35, "lw": 0, "color": COLOURS[name], "rasterized": True}
            axes.scatter(scored[:, k], predicted[:, k], **dots)
            axes.set_xlim(*ends)
            axes.set_ylim(*ends)
            axes.set_aspect("equal")
            axes.locator_params(nbins=5)
            axes.set_xlabel(f"{name} scored in the picture")
            axes.set_ylabel(f"{name} predicted from w")

    return svg(prefix, draw, (7.6, 3.7))


def layer_curves(profile: Mapping[str, Any], prefix: str = "layers") -> "Markup":
    """What each layer alone does: expression, identity and, where it was measured, pose."""

    def draw(figure: "Figure") -> None:
        rows = figure.subplots(3 if profile["pose"] else 2, 1, sharex=True)
        places = [each["layers"][0] for each in profile["single"]]
        for name, colour in COLOURS.items():
            style: dict[str, Any] = {"color": colour, "marker": "o", "ms": 4, "lw": 1.2}
            gained, errors = (
                _column(profile, key, name) for key in ("expression", "expression_error")
            )
            rows[0].errorbar(places, gained, errors, label=name, **style)
            rows[1].plot(places, _column(profile, "identity", name), label=name, **style)
        rows[0].axhline(0, color=INK, lw=0.5)
        rows[0].set_ylabel("expression gained")
        rows[0].legend(frameon=False, ncols=2)
        rows[1].set_ylabel("identity lost")
        if profile["pose"]:
            for name, line in zip(("yaw", "pitch", "roll"), ("-", "--", ":"), strict=True):
                values = [each["pose"][name] for each in profile["single"]]
                rows[2].plot(places, floats(values), color=GREY, ls=line, lw=1.4, label=name)
            rows[2].set_ylabel("degrees turned")
            rows[2].legend(frameon=False, ncols=3)
        chosen = profile["layers"]
        for axes in rows:
            axes.axvspan(chosen[0] - 0.5, chosen[-1] + 0.5, color=GREY, alpha=0.15, lw=0)
        rows[-1].set_xticks(places)
        rows[-1].set_xlabel("layer moved alone (shaded: the default layers)")

    return svg(prefix, draw, (7.6, 5.6 if profile["pose"] else 4.2))


def trade_curve(profile: Mapping[str, Any], prefix: str = "trade") -> "Markup":
    """Gain over cost of the ranges that grow from the best layer; the default is marked."""

    def draw(figure: "Figure") -> None:
        axes: Axes = figure.subplots()
        ranges = profile["ranges"]
        cost, gain = ([each[name] for each in ranges] for name in ("cost", "gain"))
        axes.plot(cost, gain, color=COLOURS["valence"], marker="o", ms=4, lw=1.2)
        for each in ranges:
            layers, point = each["layers"], (each["cost"], each["gain"])
            name = str(layers[0]) if len(layers) == 1 else f"{layers[0]}–{layers[-1]}"
            if layers == profile["layers"]:
                axes.plot(*point, "o", color=COLOURS["arousal"], ms=9)
            axes.annotate(name, point, xytext=(5, -9), textcoords="offset points", fontsize=8)
        axes.set_xlabel("identity lost, in distances of two faces")
        axes.set_ylabel("expression gained a unit requested")

    return svg(prefix, draw, (7.6, 3.6))


def _column(profile: Mapping[str, Any], key: str, name: str) -> np.ndarray:
    return floats([each[key][name] for each in profile["single"]])
