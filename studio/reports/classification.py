"""classification.html: how well a classifier tells expressions apart, for people."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faces.ground.files import write_bytes, write_json
from studio.reports import classification_figures as figures
from studio.reports.formatting import listed, number, percent
from studio.reports.page import Row, render_template, write_page

EVIDENCE, REPORT, CONFUSION = "classification.json", "classification.html", "confusion.svg"
_LOOKS_AT = {
    "pixels": "the pixels of a face",
    "landmarks": "478 landmarks of a face, freed of place, size and roll",
    "features": "the 53 geometric features of a face",
    "pose": "yaw, pitch and roll of a head",
}
_SPLITS = {
    "given": "the split that the data came with",
    "grouped": "whole videos or people held out",
    "ungrouped": "single faces held out",
    "all": "all faces of the data",
}
_UNKNOWN = (
    "the classifier's file or these data do not know which pictures their faces are of, so some "
    "that it was trained on may be among them, and then the score flatters; train and report on "
    "face sets, or on tables that `circumplex measure` writes with this version, to exclude that"
)


def write_report(folder: str | os.PathLike[str], evidence: Mapping[str, Any]) -> Path:
    """Write classification.json, confusion.svg and classification.html, each whole or not at all.

    The same evidence gives the same bytes.

    Args:
        evidence: of `studio.workflows.classify`.

    Returns:
        The path of the page.
    """
    folder = Path(folder)
    write_json(folder / EVIDENCE, evidence)
    drawing = figures.confusion_map(evidence["scores"], evidence["classes"])
    write_bytes(folder / CONFUSION, f"{drawing}\n".encode())
    return write_page(folder / REPORT, render(evidence))


def render(evidence: Mapping[str, Any]) -> str:
    """The page as text; see `write_report`."""
    scores, classes = evidence["scores"], evidence["classes"]
    return render_template(
        "classification.html.j2",
        title=f"{evidence['config']['model']} on {Path(evidence['data']['name']).name}",
        scores=scores,
        classes=classes,
        looks_at=_LOOKS_AT[evidence["kind"]],
        worth=" that it was not trained on" if _is_unseen(evidence) else f"; {_UNKNOWN}",
        ungrouped=evidence.get("ungrouped"),
        split_notes=split_notes(evidence),
        bars=figures.class_bars(scores, classes),
        by_class=_class_rows(evidence),
        confusion=figures.confusion_map(scores, classes),
        reliability=figures.reliability(scores),
        sources=_sources(evidence),
    )


def split_notes(evidence: Mapping[str, Any]) -> list[str]:
    """Sentences on who was trained on and who was scored, and what that means for the score."""
    split, scores = evidence["split"], evidence["scores"]
    notes = [
        f"{split['train']:,} faces were trained on and {scores['n']:,} scored: "
        f"{_SPLITS[split['kind']]}."
    ]
    if not _is_unseen(evidence):
        notes.append(f"{_UNKNOWN[0].upper()}{_UNKNOWN[1:]}.")
    if split["groups"] is None:
        notes.append(
            "The data name neither videos nor people, so faces of one may stand on both sides; "
            "if they do, the score flatters."
        )
    elif split["shared"]:
        notes.append(
            f"{split['shared']} of the {split['groups']} videos or people that were scored were "
            "also trained on, so the score flatters."
        )
    else:
        known = ", none of them trained on" if _is_unseen(evidence) else ""
        notes.append(f"{split['groups']} videos or people were scored{known}.")
    if other := evidence.get("ungrouped"):
        notes.append(
            f"Held out by single faces instead, the same classifier scores "
            f"{percent(other['accuracy'])} accuracy and macro F1 {number(other['macro_f1'], 3)}: "
            "it has then seen other frames of the same video or person, which is what the "
            "difference measures. It says nothing about new people."
        )
    dropped = [f"{count:,} {why}" for why, count in evidence["data"]["dropped"].items() if count]
    if dropped:
        notes.append(f"Left out: {', '.join(dropped)}.")
    return notes


def _is_unseen(evidence: Mapping[str, Any]) -> bool:
    """Whether all faces that were scored are known not to have been trained on."""
    return evidence["split"]["unseen"]


def _class_rows(evidence: Mapping[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for name in evidence["classes"]:
        found = evidence["scores"]["per_class"][name]
        cells = [(number(found[key], 3), "") for key in ("precision", "recall", "f1")]
        rows.append([name, (f"{found['n']:,}", ""), *cells])
    return rows


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    data, trained = evidence["data"], evidence["trained"]
    return [
        ["Data", f"{data['name']} ({data['digest']})"],
        ["Trained on", f"{trained['data']['name']} ({trained['data']['digest']})"],
        ["Started from", trained["weights"] or "random weights"],
        ["Settings", listed(evidence["config"])],
        ["Software", evidence["software"]],
    ]
