"""bridge.html: what was measured about directions in w, for people."""

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from faces.files import write_bytes
from studio.reports import bridge_figures
from studio.reports import probe_figures as figures
from studio.reports.cards import cosine_card, score_card
from studio.reports.methods import interval, number, small
from studio.reports.page import card, figure, page, paragraph, section, table
from vae.evidence import TARGETS

FILE = "bridge.html"
Row = list[str | tuple[str, str]]


def write_bridge_report(
    folder: str | os.PathLike[str],
    evidence: Mapping[str, Any],
    strips: Mapping[str, np.ndarray],
    ticks: Sequence[float],
) -> Path:
    """Write the page, whole or not at all; the same evidence and pictures give the same bytes.

    Args:
        evidence: of a `gan_bridge.bridged.Bridge`.
        strips: "valence" and "arousal", each uint8 (rows, n, H, W, 3).
        ticks: the n moves of their columns, in standard deviations of the samples' predictions.
    """
    path = Path(folder) / FILE
    write_bytes(path, render(evidence, strips, ticks).encode())
    return path


def render(
    evidence: Mapping[str, Any], strips: Mapping[str, np.ndarray], ticks: Sequence[float]
) -> str:
    """The page as text; see `write_bridge_report`."""
    title = f"Valence and arousal in {evidence['generator']['name']}"
    parts = [
        _header(title, evidence),
        _cards(evidence),
        figure(
            figures.headline_bars(evidence["held_out"], None),
            "Share of the scores' variance that w explains on held-out samples, and the same "
            "procedure on shuffled scores. Lines: 95 % intervals.",
        ),
        _strips(strips, ticks),
        _held_out(evidence["held_out"]),
        _profile(evidence),
    ]
    if evidence["nuisances"]:
        parts.append(_nuisances(evidence))
    parts.append(_provenance(evidence))
    return page(title, "\n".join(parts))


def _header(title: str, evidence: Mapping[str, Any]) -> str:
    held, config = evidence["held_out"], evidence["config"]
    line = (
        f"{config['samples']:,} faces were drawn (truncation {config['truncation']:g}) and scored "
        f"by a β-VAE's probes; ridge regressions of the scores on w were fitted to "
        f"{evidence['fit']['n']:,} of them and measured on {held['n']:,} others. Scores are "
        "model-predicted and are not human ratings: these directions inherit whatever the β-VAE "
        "mistakes for expression."
    )
    return f"<header><h1>{escape(title)}</h1>\n{paragraph(line, 'quiet')}</header>"


def _cards(evidence: Mapping[str, Any]) -> str:
    cards = []
    for target in TARGETS:
        score = evidence["held_out"][target]
        notes = (
            f"off its direction alone: {number(score['r2_alone'], 3)}",
            f"scores shuffled: {small(score['shuffled_r2'])}",
        )
        cards.append(score_card(target, score, *notes))
    cards.append(cosine_card(evidence["directions"]))
    layers, count = evidence["profile"]["layers"], evidence["generator"]["num_layers"]
    best = next(each for each in evidence["profile"]["ranges"] if each["layers"] == layers)
    notes = [
        f"of 0 to {count - 1}",
        f"expression gained: {number(best['gain'])}",
        f"identity lost: {number(best['cost'])}",
    ]
    cards.append(card("default layers", f"{layers[0]}–{layers[-1]}", notes))
    return f'<div class="cards">{"".join(cards)}</div>'


def _strips(strips: Mapping[str, np.ndarray], ticks: Sequence[float]) -> str:
    below = "".join(f"<span>{escape(number(tick, 0))}</span>" for tick in ticks)
    parts = []
    for target in TARGETS:
        images = strips[target]
        other = next(name for name in TARGETS if name != target)
        image = (
            f'<img src="{figures.strip_png(images)}" alt="Faces from low to high {target}" '
            f'width="{images.shape[1] * images.shape[3]}">'
        )
        caption = (
            f"{target.capitalize()} rises from left to right, the prediction of {other} held; the "
            "default layers are moved. Below: standard deviations of the samples' predictions."
        )
        parts.append(figure(f'{image}<div class="ticks">{below}</div>', caption, "strip"))
    return section("Along the two directions", *parts)


def _held_out(held: Mapping[str, Any]) -> str:
    rows: list[Row] = []
    for key, name in (("r2", "R²"), ("ccc", "CCC"), ("rmse", "RMSE"), ("pearson", "Pearson r")):
        cells = [
            (number(held[t][key], 3), interval(held[t][f"{key}_interval"], 3)) for t in TARGETS
        ]
        rows.append([name, *cells])
    shuffled = [
        (small(held[t]["shuffled_r2"]), interval(held[t]["shuffled_r2_interval"], 3))
        for t in TARGETS
    ]
    rows.append(["R², scores shuffled", *shuffled])
    for key, name in (
        ("r2_alone_before", "R² of the raw vector alone"),
        ("r2_alone", "R² of the direction alone"),
    ):
        rows.append([name, *((number(held[t][key], 3), "") for t in TARGETS)])
    unread = f" In {held['unread']:,} more no face was found." if held["unread"] else ""
    return section(
        "On samples that the fit has not seen",
        paragraph(f"{held['n']:,} samples.{unread}", "quiet"),
        figure(
            bridge_figures.predicted_against_scored(held),
            "What w predicts against what the probes score in the picture. Dashed: a perfect "
            "reading.",
        ),
        table(
            ["", *TARGETS],
            rows,
            "Brackets: 95 % bootstrap intervals; for shuffled scores, the middle 95 % of refits.",
        ),
    )


def _profile(evidence: Mapping[str, Any]) -> str:
    profile = evidence["profile"]
    pose = "the head's turn in degrees" if profile["pose"] else "pose was not measured"
    step = " and ".join(f"{small(profile['step'][t])} of {t}" for t in TARGETS)
    return section(
        "Layer by layer",
        paragraph(
            f"{profile['faces']} faces that took no part in the fit were moved up and down by "
            f"{step}. Identity: {profile['identity_by']}; {pose}."
        ),
        figure(
            bridge_figures.layer_curves(profile),
            "One layer moved at a time. Expression gained: rise of the reading of the picture a "
            "unit requested, with its standard error over the faces; identity lost: distance from "
            "the start in mean distances of two faces.",
        ),
        figure(
            bridge_figures.trade_curve(profile),
            "Ranges of layers that grow from the best one; orange: the default.",
        ),
        paragraph(profile["rule"], "quiet"),
    )


def _nuisances(evidence: Mapping[str, Any]) -> str:
    rows: list[Row] = [
        [
            found["name"],
            (number(found["r2"], 3), interval(found["r2_interval"], 3)),
            *((number(found["cosine"][t], 3), "") for t in TARGETS),
            f"{found['n']:,}",
        ]
        for found in evidence["nuisances"]
    ]
    cost = evidence["cost"]
    lost = "; ".join(
        f"{t}: R² off its raw vector alone {number(cost[t]['r2_before'], 3)}, then "
        f"{number(cost[t]['r2_after'], 3)} (cosine of the two {number(cost[t]['cosine_kept'], 3)})"
        for t in TARGETS
    )
    return section(
        "Taken out of the directions",
        table(
            ["", "held-out R²", *(f"cosine with {t}" for t in TARGETS), "pictures"],
            rows,
            "Ridge regressions of each reading on w. One that explains little was taken out all "
            "the same: it was asked for.",
        ),
        paragraph(f"What it costs: {lost}. Between what is left: {number(cost['cosine'], 3)}."),
    )


def _provenance(evidence: Mapping[str, Any]) -> str:
    generator, run = evidence["generator"], evidence["run"]
    label = "" if generator["label"] is None else f", class {generator['label']}"
    settings = ", ".join(
        f"{name} {'/'.join(value) or 'nothing' if isinstance(value, list) else value}"
        for name, value in evidence["config"].items()
    )
    software = ", ".join(f"{name} {value}" for name, value in evidence["software"].items())
    rows: list[Row] = [
        ["Generator", f"{generator['name']} ({generator['digest']}){label}"],
        ["β-VAE", f"{run['digest']}, directions {run['directions']}"],
        ["Samples", f"{evidence['sampling']['digest']}: {settings}"],
        ["Software", software],
    ]
    return section("Where this comes from", table(["", ""], rows))
