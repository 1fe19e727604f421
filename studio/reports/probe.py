"""report.json for programs and report.html for people, from the same evidence."""

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from faces.files import write_bytes, write_json
from studio.reports import probe_figures as figures
from studio.reports.cards import cosine_card, score_card
from studio.reports.methods import interval, methods, number, shown, small
from studio.reports.page import card, figure, page, paragraph, section, table
from vae.evidence import TARGETS, measured

_NAMES = {"r2": "R²", "ccc": "CCC", "rmse": "RMSE", "pearson": "Pearson r"}


def write_report(
    folder: str | os.PathLike[str],
    evidence: Mapping[str, Any],
    traversals: Mapping[str, np.ndarray] | None = None,
    values: Sequence[float] = (),
) -> tuple[Path, Path]:
    """Write report.json and report.html, each whole or not at all.

    Args:
        folder: where to write; made if it is missing.
        evidence: of `vae.probing.probe_run`.
        traversals: "valence" and "arousal", each uint8 (rows, n, H, W, 3).
        values: the n predictions that the columns of the traversals were moved to.

    Returns:
        The two paths. The same evidence and pictures give the same bytes.

    Raises:
        CircumplexError: the folder cannot be written.
    """
    data, document = Path(folder) / "report.json", Path(folder) / "report.html"
    write_json(data, evidence)
    write_bytes(document, render(evidence, traversals, values).encode())
    return data, document


def render(
    evidence: Mapping[str, Any],
    traversals: Mapping[str, np.ndarray] | None = None,
    values: Sequence[float] = (),
) -> str:
    """The page as text; see `write_report`."""
    name, first = measured(evidence)[0]
    title = f"Valence and arousal in {evidence['run']['name']}"
    parts = [_header(title, evidence, first), _cards(evidence, first)]
    parts.append(_headline(first, _counterpart(evidence, name)))
    if traversals:
        parts.append(_traversals(evidence, traversals, values))
    for at, (which, evaluation) in enumerate(measured(evidence)):
        parts.append(_evaluation(evaluation, at, _counterpart(evidence, which)))
    parts.append(section("For the methods section", *map(paragraph, methods(evidence))))
    parts.append(_provenance(evidence))
    return page(title, "\n".join(parts))


def _header(title: str, evidence: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    line = (
        f"Linear probes fitted on {evidence['fit']['n']:,} faces of {evidence['fit']['set']}, "
        f"measured on {first['n']:,} faces of {_where(first)} that they never saw. Values are "
        "model-predicted and are not human ratings."
    )
    return f"<header><h1>{escape(title)}</h1>\n{paragraph(line, 'quiet')}</header>"


def _cards(evidence: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    cards = []
    for target in TARGETS:
        score = first[target]
        notes = (
            f"CCC {number(score['ccc'], 3)}",
            f"labels shuffled: {small(score['shuffled_r2'])}",
        )
        cards.append(score_card(target, score, *notes))
    cards.append(cosine_card(evidence["directions"]))
    if quadrants := first["quadrants"]:
        notes = [
            f"95 % CI {interval([100 * bound for bound in quadrants['interval']], 1)}",
            f"{quadrants['n']:,} faces, 5 folds",
            f"majority: {_share(quadrants['majority'])}",
        ]
        cards.append(card("quadrant accuracy", _share(quadrants["accuracy"]), notes))
    return f'<div class="cards">{"".join(cards)}</div>'


def _headline(first: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    beside = ", the compared run" if other else ""
    return figure(
        figures.headline_bars(first, other),
        f"Share of the labels' variance that the probes explain on unseen faces{beside} and the "
        "same procedure on shuffled labels. Lines: 95 % intervals.",
    )


def _traversals(
    evidence: Mapping[str, Any], traversals: Mapping[str, np.ndarray], values: Sequence[float]
) -> str:
    parts = []
    ticks = "".join(f"<span>{escape(number(value))}</span>" for value in values)
    for target in TARGETS:
        images = traversals[target]
        other = next(name for name in TARGETS if name != target)
        image = (
            f'<img src="{figures.strip_png(images)}" alt="Faces from low to high {target}" '
            f'width="{images.shape[1] * images.shape[3]}">'
        )
        caption = (
            f"{target.capitalize()} rises from left to right while the prediction of {other} "
            "stays as it is. Below: predicted values moved to. First row: the mean face."
        )
        parts.append(figure(f'{image}<div class="ticks">{ticks}</div>', caption, "strip"))
    return section("Along the two directions", *parts, paragraph(shown(evidence)))


def _evaluation(evaluation: Mapping[str, Any], at: int, other: Mapping[str, Any] | None) -> str:
    """All figures and numbers of one set of unseen faces, the `at`-th on the page."""
    seen = evaluation["already_seen"]
    left = f" {seen:,} faces that are also among those fitted on were left out." if seen else ""
    drawn = [
        paragraph(f"{evaluation['n']:,} labelled faces.{left}", "quiet"),
        figure(
            figures.predicted_against_labelled(evaluation, f"p{at}"),
            f"Predicted against labelled values of {len(evaluation['predictions']['label']):,} "
            "faces. Dashed: a perfect reading.",
        ),
        '<div class="pair">',
        figure(
            figures.label_map(evaluation, f"l{at}"),
            "How many faces carry which label, on the circumplex.",
        ),
    ]
    if expressions := figures.expression_map(evaluation, f"e{at}"):
        caption = "Each expression's mean label (ring) and mean prediction (dot)."
        drawn.append(figure(expressions, caption))
    drawn += [
        "</div>",
        figure(
            figures.unit_bars(evaluation, f"u{at}"),
            "The units with the most information on each label, and their correlation with it.",
        ),
        _scores(evaluation, other),
        _latent_table(evaluation, other),
    ]
    return section(f"On {_where(evaluation)}", *drawn)


def _scores(evaluation: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    head = ["", *TARGETS] + ([f"{target}, compared run" for target in TARGETS] if other else [])
    sides = [evaluation] + ([other] if other else [])

    def row(name: str, key: str) -> list[str | tuple[str, str]]:
        cells: list[str | tuple[str, str]] = [name]
        for side in sides:
            for target in TARGETS:
                bounds = side[target].get(f"{key}_interval")
                value = side[target][key]
                shown = small(value) if key == "shuffled_r2" else number(value, 3)
                cells.append((shown, interval(bounds, 3) if bounds else ""))
        return cells

    rows = [row(name, key) for key, name in _NAMES.items()]
    rows.append(row("R², labels shuffled", "shuffled_r2"))
    rows.append(row("R² of the raw vector alone", "r2_alone_before"))
    rows.append(row("R² of the direction alone", "r2_alone"))
    note = "Brackets: 95 % bootstrap intervals; for shuffled labels, the middle 95 % of refits."
    return table(head, rows, note)


def _latent_table(evaluation: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    sides = [evaluation] + ([other] if other else [])
    head = ["", "this run"] + (["compared run"] if other else [])
    rows: list[list[str | tuple[str, str]]] = []
    for target in TARGETS:
        for key, name in (("mig", "MIG"), ("sap", "SAP")):
            rows.append([f"{name}, {target}", *((number(s[key][target], 4), "") for s in sides)])
    for key in ("disentanglement", "completeness", "informativeness"):
        values = [(s["dci"] or {}).get(key) for s in sides]
        rows.append([f"DCI {key}", *((number(value, 3), "") for value in values)])
    for key, name in (("accuracy", "Quadrant accuracy"), ("majority", "Most frequent quadrant")):
        bounds = "interval" if key == "accuracy" else "majority_interval"
        found = [s["quadrants"] for s in sides]
        rows.append(
            [name, *((number(q[key], 3), interval(q[bounds], 3)) if q else "—" for q in found)]
        )
    bins = evaluation["mig"]["bins"]
    note = f"MIG with {bins} bins for each unit and each label; DCI by lasso; higher is better."
    return "<h3>Latent units</h3>\n" + table(head, rows, note)


def _provenance(evidence: Mapping[str, Any]) -> str:
    run, faceset = evidence["run"], evidence["faceset"]
    rows: list[list[str | tuple[str, str]]] = [
        ["Run", f"{run['name']} ({run['digest']})"],
        ["Face set", f"{faceset['name']} ({faceset['digest']}), {faceset['faces']:,} faces"],
    ]
    if test := evidence.get("test"):
        rows.append(["Test set", f"{test['set']} ({test['digest']})"])
    if other := evidence.get("compare"):
        rows.append(["Compared run", f"{other['run']['name']} ({other['run']['digest']})"])
    rows.append(["Network", _settings(run["config"])])
    rows.append(["Training", _settings(run["training"])])
    rows.append(
        ["Reconstruction", f"{number(run['psnr'], 2)} dB PSNR, {run['psnr_faces']:,} faces"]
    )
    rows.append(["Seed", str(evidence["seed"])])
    rows.append(["Software", _settings(evidence["software"])])
    return section("Where this comes from", table(["", ""], rows))


def _counterpart(evidence: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The compared run's evaluation on the same faces."""
    return (evidence.get("compare") or {}).get(name)


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _share(value: float | None) -> str:
    return "not defined" if value is None else f"{100 * value:.1f} %"


def _where(evaluation: Mapping[str, Any]) -> str:
    whole = evaluation["split"] == "all"
    return evaluation["set"] if whole else f"the {evaluation['split']} split of {evaluation['set']}"
