"""classification.html: how well a classifier tells expressions apart, for people."""

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from faces.files import write_bytes, write_json
from studio.reports import classification_figures as figures
from studio.reports.methods import interval, number
from studio.reports.page import card, figure, page, paragraph, section, table

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
    "all": "all faces; none of them were trained on, as far as the data tell",
}


def write_report(folder: str | os.PathLike[str], evidence: Mapping[str, Any]) -> Path:
    """Write classification.json, confusion.svg and classification.html, each whole or not at all.

    The same evidence gives the same bytes.

    Args:
        evidence: of `studio.classifying`.

    Returns:
        The path of the page.
    """
    folder = Path(folder)
    write_json(folder / EVIDENCE, evidence)
    drawing = figures.confusion_map(evidence["scores"], evidence["classes"])
    write_bytes(folder / CONFUSION, (drawing + "\n").encode())
    write_bytes(folder / REPORT, render(evidence).encode())
    return folder / REPORT


def render(evidence: Mapping[str, Any]) -> str:
    """The page as text; see `write_report`."""
    title = f"{evidence['config']['model']} on {Path(evidence['data']['name']).name}"
    scores, classes = evidence["scores"], evidence["classes"]
    parts = [
        _header(title, evidence),
        _cards(evidence),
        _split(evidence),
        section(
            "By class",
            figure(figures.class_bars(scores, classes), "Dots: precision; diamonds: recall."),
            _class_table(evidence),
        ),
        section(
            "Confusion and calibration",
            figure(
                figures.confusion_map(scores, classes),
                "Answers by label: percent of the label's faces, and how many.",
            ),
            figure(
                figures.reliability(scores),
                "How often answers of a confidence are right; dashed: as often as they claim.",
            ),
        ),
        _provenance(evidence),
    ]
    return page(title, "\n".join(parts))


def _header(title: str, evidence: Mapping[str, Any]) -> str:
    line = (
        f"It looks at {_LOOKS_AT[evidence['kind']]} and tells {len(evidence['classes'])} classes "
        f"apart. Scored on {evidence['scores']['n']:,} faces that it was not trained on. Classes "
        "are what annotators or folders call a face, not what a person feels."
    )
    return f"<header><h1>{escape(title)}</h1>\n{paragraph(line, 'quiet')}</header>"


def _cards(evidence: Mapping[str, Any]) -> str:
    scores = evidence["scores"]
    cards = [
        card(
            "accuracy",
            percent(scores["accuracy"]),
            [
                f"95 % CI {_percents(scores['accuracy_interval'])}",
                f"most frequent class: {percent(scores['majority'])}",
            ],
            "valence",
        ),
        card(
            "macro F1",
            number(scores["macro_f1"], 3),
            [
                f"95 % CI {interval(scores['macro_f1_interval'], 3)}",
                f"balanced accuracy: {percent(scores['balanced_accuracy'])}",
            ],
            "arousal",
        ),
        card(
            "calibration error",
            number(scores["calibration"]["ece"], 3),
            [
                f"log loss {number(scores['calibration']['nll'], 3)}",
                f"Brier score {number(scores['calibration']['brier'], 3)}",
            ],
        ),
    ]
    if other := evidence.get("ungrouped"):
        notes = [f"macro F1 {number(other['macro_f1'], 3)}", "flattered: see below"]
        cards.append(card("accuracy, ungrouped split", percent(other["accuracy"]), notes))
    return f'<div class="cards">{"".join(cards)}</div>'


def _split(evidence: Mapping[str, Any]) -> str:
    return section("What was held out", *map(paragraph, split_notes(evidence)))


def split_notes(evidence: Mapping[str, Any]) -> list[str]:
    """Sentences on who was trained on and who was scored, and what that means for the score."""
    split, scores = evidence["split"], evidence["scores"]
    notes = [
        f"{split['train']:,} faces were trained on and {scores['n']:,} scored: "
        f"{_SPLITS[split['kind']]}."
    ]
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
        notes.append(f"{split['groups']} videos or people were scored, none of them trained on.")
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


def _class_table(evidence: Mapping[str, Any]) -> str:
    rows: list[list[str | tuple[str, str]]] = []
    for name in evidence["classes"]:
        found = evidence["scores"]["per_class"][name]
        cells = [(number(found[key], 3), "") for key in ("precision", "recall", "f1")]
        rows.append([name, (f"{found['n']:,}", ""), *cells])
    return table(["", "faces", "precision", "recall", "F1"], rows)


def _provenance(evidence: Mapping[str, Any]) -> str:
    data, trained = evidence["data"], evidence["trained"]
    config = ", ".join(f"{name} {value}" for name, value in evidence["config"].items())
    rows: list[list[str | tuple[str, str]]] = [
        ["Data", f"{data['name']} ({data['digest']})"],
        ["Trained on", f"{trained['data']['name']} ({trained['data']['digest']})"],
        ["Started from", trained["weights"] or "random weights"],
        ["Settings", config],
        ["Software", evidence["software"]],
    ]
    return section("Where this comes from", table(["", ""], rows))


def percent(share: float | None) -> str:
    """A share as text."""
    return "not defined" if share is None else f"{100 * share:.1f} %"


def _percents(bounds: list[float | None]) -> str:
    return interval([None if bound is None else 100 * bound for bound in bounds], 1)
