"""pose-emotion.html: emotion against the direction of the head, for people."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from faces.ground.files import write_bytes, write_json
from faces.ground.tables import write_csv
from studio.evaluation.cramers_v import FEWEST
from studio.reports import pose_emotion_figures as figures
from studio.reports.page import Row, render_template, write_page

EVIDENCE, REPORT = "pose-emotion.json", "pose-emotion.html"
TABLE, FIGURE = "pose-emotion.csv", "pose-emotion.svg"
_COLUMNS = ("direction", "emotion", "faces", "percent_of_direction", "residual")


def write_study(folder: str | os.PathLike[str], evidence: Mapping[str, Any]) -> Path:
    """Write the numbers, the table as CSV, the figure and the page, each whole or not at all.

    Returns:
        The path of the page; the same evidence gives the same bytes.
    """
    folder, found = Path(folder), evidence["association"]
    write_json(folder / EVIDENCE, evidence)
    write_csv(folder / TABLE, _cells(found), _COLUMNS)
    write_bytes(folder / FIGURE, f"{figures.departures_map(found)}\n".encode())
    return write_page(folder / REPORT, render(evidence))


def render(evidence: Mapping[str, Any]) -> str:
    """The page as text."""
    found = evidence["association"]
    return render_template(
        "pose_emotion.html.j2",
        title=f"Emotion and head direction in {Path(evidence['data']['name']).name}",
        config=evidence["config"],
        found=found,
        p=_p_value(found["p"]),
        departures=figures.departures_map(found),
        sentences=sentences(found),
        columns=found["columns"],
        rows=_rows(found),
        shares=figures.shares_bars(found),
        sources=_sources(evidence),
    )


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Which directions suppress or favour which emotions, and what the test may be worth."""
    if not found["dof"]:
        seen = zip(found["rows"], found["counts"], strict=True)
        only = next(direction for direction, counts in seen if any(counts))
        return [f"All heads face {only}: there is one direction only, so nothing can be tested."]
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
    if note := too_few(found):
        text.append(f"{note}.")
    if found["sparse"]:
        text.append(
            f"In {100 * found['sparse']:.0f} % of the cells fewer than 5 faces are expected; "
            "there χ² and the residuals are rough."
        )
    return text


def too_few(found: Mapping[str, Any]) -> str:
    """Why there is no interval of V, where faces or groups are few; else nothing."""
    units = found["n"] if found["groups"] is None else found["groups"]
    kind = "faces" if found["groups"] is None else "videos or people"
    told = f"V has no interval: {units} {kind} are too few, it takes {FEWEST}"
    return told if units < FEWEST and found["dof"] else ""


def _against(cell: Mapping[str, Any]) -> str:
    share, overall = 100 * cell["share"], 100 * cell["of_all"]
    return f"{cell['column']} ({share:.1f} % against {overall:.1f} % of all)"


def _p_value(p: float | None) -> str:
    if p == 0:
        return "p < 1e−300"
    return f"p = {'not defined' if p is None else format(p, '.2g')}".replace("-", "−")


def _rows(found: Mapping[str, Any]) -> list[Row]:
    """Faces of each direction by emotion, with their share, and of all below."""
    rows: list[Row] = []
    for name, counts, shares in zip(found["rows"], found["counts"], found["of_row"], strict=True):
        cells = [
            (f"{count:,}", "" if share is None else f"{100 * share:.1f} %")
            for count, share in zip(counts, shares, strict=True)
        ]
        rows.append([name, *cells, (f"{sum(counts):,}", "")])
    totals = [sum(column) for column in zip(*found["counts"], strict=True)]
    every = [
        (f"{count:,}", f"{100 * share:.1f} %")
        for count, share in zip(totals, found["of_all"], strict=True)
    ]
    rows.append(["all", *every, (f"{found['n']:,}", "")])
    return rows


def _cells(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row of the CSV for each direction and emotion."""
    for row, direction in enumerate(found["rows"]):
        for column, emotion in enumerate(found["columns"]):
            share, residual = found["of_row"][row][column], found["residuals"][row][column]
            yield {
                "direction": direction,
                "emotion": emotion,
                "faces": found["counts"][row][column],
                "percent_of_direction": None if share is None else round(100 * share, 3),
                "residual": None if residual is None else round(residual, 4),
            }


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    data = evidence["data"]
    dropped = ", ".join(f"{count:,} {why}" for why, count in data["dropped"].items() if count)
    groups = evidence["association"]["groups"]
    drawn = evidence["independent"] + (f", {groups:,} of them" if groups else "")
    return [
        ["Data", f"{data['name']} ({data['digest']})"],
        ["Left out", dropped or "none"],
        ["Taken for independent", drawn],
        ["Software", evidence["software"]],
    ]
