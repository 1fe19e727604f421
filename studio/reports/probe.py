"""report.json for programs and report.html for people, from the same evidence."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.files import write_json
from studio.reports import probe_figures as figures
from studio.reports.drawing import face_strips, headline_bars, strip_png, strip_width
from studio.reports.factors import CAPTION, HEAD, factor_rows
from studio.reports.formatting import interval, listed, number
from studio.reports.methods import methods, read_back
from studio.reports.page import Row, render_template, write_page
from studio.reports.scores import score_rows
from vae.probing.evidence import TARGETS, measured

_DCI = ("disentanglement", "completeness", "informativeness")


def write_report(
    folder: str | os.PathLike[str],
    evidence: Mapping[str, Any],
    traversals: Mapping[str, np.ndarray] | None = None,
    values: Sequence[float] = (),
    pairs: np.ndarray | None = None,
) -> tuple[Path, Path]:
    """Write report.json and report.html, each whole or not at all.

    Args:
        folder: where to write; made if it is missing.
        evidence: of `vae.probing.run.probe_run`.
        traversals: "valence" and "arousal", each uint8 (rows, n, H, W, 3).
        values: the n predictions that the columns of the traversals were moved to.
        pairs: faces above their reconstructions, uint8 (2, n, H, W, 3).

    Returns:
        The two paths. The same evidence and pictures give the same bytes.

    Raises:
        CircumplexError: the folder cannot be written.
    """
    data = Path(folder) / "report.json"
    write_json(data, evidence)
    return data, write_page(
        Path(folder) / "report.html", render(evidence, traversals, values, pairs)
    )


def render(
    evidence: Mapping[str, Any],
    traversals: Mapping[str, np.ndarray] | None = None,
    values: Sequence[float] = (),
    pairs: np.ndarray | None = None,
) -> str:
    """The page as text; see `write_report`."""
    name, first = measured(evidence)[0]
    compared = _counterpart(evidence, name)
    return render_template(
        "probe.html.j2",
        title=f"Valence and arousal in {evidence['run']['name']}",
        evidence=evidence,
        first=first,
        first_name=_where(first),
        compared=compared,
        headline=headline_bars(first, compared),
        verdict=evidence.get("verdict"),
        reconstructions=None if pairs is None else (strip_png(pairs), strip_width(pairs)),
        strips=face_strips(traversals) if traversals else [],
        ticks=[number(value) for value in values],
        read_back=read_back(evidence),
        evaluations=[
            _evaluation(evaluation, at, _counterpart(evidence, which))
            for at, (which, evaluation) in enumerate(measured(evidence))
        ],
        factors=factor_rows(evidence),
        factors_from=evidence.get("factors_from"),
        factors_head=HEAD,
        factors_caption=CAPTION,
        methods=methods(evidence),
        sources=_sources(evidence),
    )


def _evaluation(
    evaluation: Mapping[str, Any], at: int, other: Mapping[str, Any] | None
) -> dict[str, Any]:
    """All figures and numbers of one set of unseen faces, the `at`-th on the page."""
    sides = [evaluation] if other is None else [evaluation, other]
    compared = [] if other is None else [f"{target}, compared run" for target in TARGETS]
    return {
        "name": _where(evaluation),
        "n": evaluation["n"],
        "already_seen": evaluation["already_seen"],
        "drawn": len(evaluation["predictions"]["label"]),
        "scatter": figures.predicted_against_labelled(evaluation, f"p{at}"),
        "labels": figures.label_map(evaluation, f"l{at}"),
        "expressions": figures.expression_map(evaluation, f"e{at}"),
        "units": figures.unit_bars(evaluation, f"u{at}"),
        "scores_head": ["", *TARGETS, *compared],
        "scores": score_rows(sides, "labels"),
        "latents_head": ["", "this run", *(["compared run"] if other else [])],
        "latents": _latent_rows(sides),
        "quadrants_head": ["", "faces", "recall", *(["compared run"] if other else [])],
        "quadrants": _quadrant_rows(sides),
        "chance": (evaluation["quadrants"] or {}).get("chance"),
        "bins": evaluation["mig"]["bins"],
    }


def _latent_rows(sides: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for target in TARGETS:
        for key, name in (("mig", "MIG"), ("sap", "SAP")):
            rows.append([f"{name}, {target}", *((number(s[key][target], 4), "") for s in sides)])
    for key in _DCI:
        values = [(side["dci"] or {}).get(key) for side in sides]
        rows.append([f"DCI {key}", *((number(value, 3), "") for value in values)])
    for key, bounds, name in (
        ("accuracy", "interval", "Quadrant accuracy"),
        ("majority", "majority_interval", "Most frequent quadrant"),
    ):
        found = [side["quadrants"] for side in sides]
        rows.append(
            [name, *((number(q[key], 3), interval(q[bounds], 3)) if q else "—" for q in found)]
        )
    return rows


def _quadrant_rows(sides: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Faces of each quadrant and the recall of each side; none of older reports."""
    found = [side["quadrants"] or {} for side in sides]
    if "by_quadrant" not in found[0]:
        return []
    rows: list[Row] = []
    for name, own in found[0]["by_quadrant"].items():
        recalls = [each.get("by_quadrant", {}).get(name) for each in found]
        rows.append([name, f"{own['n']:,}", *map(_recall_cell, recalls)])
    balanced = [
        (number(each["balanced"], 3), interval(each["balanced_interval"], 3))
        if "balanced" in each
        else "—"
        for each in found
    ]
    rows.append(["balanced accuracy", f"{found[0]['n']:,}", *balanced])
    return rows


def _recall_cell(own: Mapping[str, Any] | None) -> tuple[str, str] | str:
    return "—" if own is None else (number(own["recall"], 3), interval(own["interval"], 3))


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    run, faceset = evidence["run"], evidence["faceset"]
    rows: list[Row] = [
        ["Run", f"{run['name']} ({run['digest']})"],
        ["Face set", f"{faceset['name']} ({faceset['digest']}), {faceset['faces']:,} faces"],
    ]
    if test := evidence.get("test"):
        rows.append(["Test set", f"{test['set']} ({test['digest']})"])
    if other := evidence.get("compare"):
        rows.append(["Compared run", f"{other['run']['name']} ({other['run']['digest']})"])
    psnr = f"{number(run['psnr'], 2)} dB PSNR, {run['psnr_faces']:,} faces"
    return [
        *rows,
        ["Network", listed(run["config"])],
        ["Training", listed(run["training"])],
        ["Reconstruction", psnr],
        ["Seed", str(evidence["seed"])],
        ["Software", listed(evidence["software"])],
    ]


def _counterpart(evidence: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The compared run's evaluation on the same faces."""
    return (evidence.get("compare") or {}).get(name)


def _where(evaluation: Mapping[str, Any]) -> str:
    whole = evaluation["split"] == "all"
    return evaluation["set"] if whole else f"the {evaluation['split']} split of {evaluation['set']}"
