"""pose-emotion.html: emotion against the direction of the head, for people."""

import csv
import io
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from faces.files import write_bytes, write_json
from studio.reports import pose_emotion_figures as figures
from studio.reports.methods import interval, number
from studio.reports.page import card, figure, page, paragraph, section, table

EVIDENCE, REPORT = "pose-emotion.json", "pose-emotion.html"
TABLE, FIGURE = "pose-emotion.csv", "pose-emotion.svg"


def write_study(folder: str | os.PathLike[str], evidence: Mapping[str, Any]) -> Path:
    """Write the numbers, the table as CSV, the figure and the page, each whole or not at all.

    Returns:
        The path of the page; the same evidence gives the same bytes.
    """
    folder, found = Path(folder), evidence["association"]
    write_json(folder / EVIDENCE, evidence)
    write_bytes(folder / TABLE, _csv(found).encode())
    write_bytes(folder / FIGURE, (figures.departures_map(found) + "\n").encode())
    write_bytes(folder / REPORT, render(evidence).encode())
    return folder / REPORT


def render(evidence: Mapping[str, Any]) -> str:
    """The page as text."""
    found, name = evidence["association"], Path(evidence["data"]["name"]).name
    title = f"Emotion and head direction in {name}"
    config = evidence["config"]
    rule = (
        f"A head faces left or right from {config['yaw']:g}° of yaw on, up from "
        f"{config['up']:g}° and down from {config['down']:g}° of pitch, and where two hold, "
        "where it is further beyond; left and right are the viewer's."
    )
    line = (
        f"{found['n']:,} faces. {rule} Emotions are what annotators or folders call a face; an "
        "association may come from how faces are photographed or labelled as well as from how "
        "they move."
    )
    head = f"<header><h1>{escape(title)}</h1>\n{paragraph(line, 'quiet')}</header>"
    parts = [
        head,
        _cards(found),
        section(
            "Which directions go with which emotions",
            figure(
                figures.departures_map(found),
                "How many times as often as over all faces an emotion is seen in a direction, its "
                "share there, and the number of faces. Framed: more than chance makes of any cell "
                "with 5 % (adjusted residuals, Bonferroni).",
            ),
            *map(paragraph, sentences(found)),
        ),
        section(
            "The table",
            _table(found),
            figure(figures.shares_bars(found), "What the faces of each direction show."),
        ),
        section("Where this comes from", _provenance(evidence)),
    ]
    return page(title, "\n".join(parts))


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Which directions suppress or favour which emotions, and what the test may be worth."""
    text = []
    for direction in found["rows"]:
        cells = [each for each in found["departures"] if each["row"] == direction]
        parts = [
            f"{word} {', '.join(_against(each) for each in cells if sign * each['residual'] > 0)}"
            for word, sign in (("rarer", -1), ("more frequent", 1))
            if any(sign * each["residual"] > 0 for each in cells)
        ]
        if parts:
            text.append(f"Heads facing {direction}: {'; '.join(parts)}.")
    if not text:
        text.append("No cell departs from independence by more than chance.")
    if found["sparse"]:
        text.append(
            f"In {100 * found['sparse']:.0f} % of the cells fewer than 5 faces are expected; "
            "there χ² and the residuals are rough."
        )
    return text


def _against(cell: Mapping[str, Any]) -> str:
    share, overall = 100 * cell["share"], 100 * cell["of_all"]
    return f"{cell['column']} ({share:.1f} % against {overall:.1f} % of all)"


def _cards(found: Mapping[str, Any]) -> str:
    p = "not defined" if found["p"] is None else f"{found['p']:.2g}"
    p = "p < 1e−300" if found["p"] == 0 else f"p = {p}".replace("-", "−")
    notes = [f"95 % CI {interval(found['v_interval'], 3)}", "corrected for chance (Bergsma 2013)",
             f"uncorrected: {number(found['v_plain'], 3)}"]  # fmt: skip
    cards = [
        card("Cramér's V", number(found["v"], 3), notes, "valence"),
        card("χ²", number(found["chi2"], 1), [f"{found['dof']} degrees of freedom", p], "arousal"),
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _table(found: Mapping[str, Any]) -> str:
    rows: list[list[str | tuple[str, str]]] = []
    for name, counts, shares in zip(found["rows"], found["counts"], found["of_row"], strict=True):
        cells: list[str | tuple[str, str]] = [
            (f"{count:,}", "" if share is None else f"{100 * share:.1f} %")
            for count, share in zip(counts, shares, strict=True)
        ]
        rows.append([name, *cells, (f"{sum(counts):,}", "")])
    totals = [sum(column) for column in zip(*found["counts"], strict=True)]
    every: list[str | tuple[str, str]] = [
        (f"{count:,}", f"{100 * share:.1f} %")
        for count, share in zip(totals, found["of_all"], strict=True)
    ]
    rows.append(["all", *every, (f"{found['n']:,}", "")])
    return table(["", *found["columns"], "all"], rows, "Percent of the direction's faces.")


def _csv(found: Mapping[str, Any]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["direction", "emotion", "faces", "percent_of_direction", "residual"])
    for row, direction in enumerate(found["rows"]):
        for column, emotion in enumerate(found["columns"]):
            share, residual = found["of_row"][row][column], found["residuals"][row][column]
            writer.writerow(
                [
                    direction,
                    emotion,
                    found["counts"][row][column],
                    "" if share is None else round(100 * share, 3),
                    "" if residual is None else round(residual, 4),
                ]
            )
    return stream.getvalue()


def _provenance(evidence: Mapping[str, Any]) -> str:
    data = evidence["data"]
    dropped = ", ".join(f"{count:,} {why}" for why, count in data["dropped"].items() if count)
    rows: list[list[str | tuple[str, str]]] = [
        ["Data", f"{data['name']} ({data['digest']})"],
        ["Left out", dropped or "none"],
        ["Bootstrap", f"{evidence['draws']} resamples of {evidence['resampled']}, seed "
                      f"{evidence['seed']}"],
        ["Software", evidence["software"]],
    ]  # fmt: skip
    return table(["", ""], rows)
