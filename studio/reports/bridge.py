"""bridge.html: what was measured about directions in w, for people."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.reports import bridge_figures as figures
from studio.reports.drawing import face_strips, headline_bars
from studio.reports.factors import SCORES_CAPTION, SCORES_HEAD, factor_rows
from studio.reports.formatting import interval, listed, number, small
from studio.reports.page import Row, render_template, write_page
from studio.reports.scores import score_rows
from vae.probing.evidence import TARGETS

FILE = "bridge.html"


def write_bridge_report(
    folder: str | os.PathLike[str],
    evidence: Mapping[str, Any],
    strips: Mapping[str, np.ndarray],
    ticks: Sequence[float],
) -> Path:
    """Write the page, whole or not at all; the same evidence and pictures give the same bytes.

    Args:
        evidence: of a `gan_bridge.bridging.artefact.Bridge`.
        strips: "valence" and "arousal", each uint8 (rows, n, H, W, 3).
        ticks: the n moves of their columns, in standard deviations of the samples' predictions.
    """
    return write_page(Path(folder) / FILE, render(evidence, strips, ticks))


def render(
    evidence: Mapping[str, Any], strips: Mapping[str, np.ndarray], ticks: Sequence[float]
) -> str:
    """The page as text; see `write_bridge_report`."""
    held_out, profile = evidence["held_out"], evidence["profile"]
    return render_template(
        "bridge.html.j2",
        title=f"Valence and arousal in {evidence['generator']['name']}",
        evidence=evidence,
        held_out=held_out,
        headline=headline_bars(held_out, None),
        strips=face_strips(strips),
        ticks=[number(tick, 0) for tick in ticks],
        scatter=figures.predicted_against_scored(held_out),
        scores=score_rows([held_out], "scores"),
        factors=factor_rows(evidence, carried=True),
        factors_head=SCORES_HEAD,
        factors_caption=SCORES_CAPTION,
        profile=profile,
        best=next(each for each in profile["ranges"] if each["layers"] == profile["layers"]),
        step=" and ".join(f"{small(profile['step'][t])} of {t}" for t in TARGETS),
        curves=figures.layer_curves(profile),
        trade=figures.trade_curve(profile),
        nuisances=_nuisance_rows(evidence),
        lost=_lost(evidence) if evidence["nuisances"] else "",
        sources=_sources(evidence),
    )


def _nuisance_rows(evidence: Mapping[str, Any]) -> list[Row]:
    return [
        [
            found["name"],
            (number(found["r2"], 3), interval(found["r2_interval"], 3)),
            *((number(found["cosine"][t], 3), "") for t in TARGETS),
            f"{found['n']:,}",
        ]
        for found in evidence["nuisances"]
    ]


def _lost(evidence: Mapping[str, Any]) -> str:
    cost = evidence["cost"]
    return "; ".join(
        f"{t}: R² off its raw vector alone {number(cost[t]['r2_before'], 3)}, then "
        f"{number(cost[t]['r2_after'], 3)} (cosine of the two {number(cost[t]['cosine_kept'], 3)})"
        for t in TARGETS
    )


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    generator, run = evidence["generator"], evidence["run"]
    label = "" if generator["label"] is None else f", class {generator['label']}"
    settings = {
        name: ("/".join(value) or "nothing") if isinstance(value, list) else value
        for name, value in evidence["config"].items()
    }
    return [
        ["Generator", f"{generator['name']} ({generator['digest']}){label}"],
        ["β-VAE", f"{run['digest']}, directions {run['directions']}"],
        ["Samples", f"{evidence['sampling']['digest']}: {listed(settings)}"],
        ["Software", listed(evidence["software"])],
    ]
