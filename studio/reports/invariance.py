"""invariance.html: whether readers read groups alike, for people; the figure and the tables."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from faces.ground.files import write_bytes, write_json
from faces.ground.tables import write_csv
from studio.evaluation.invariance import DIFFERENT, EQUIVALENT, UNDECIDED, WITHIN
from studio.evaluation.invariance_config import FEW
from studio.reports.drawing import png, svg
from studio.reports.formatting import interval, number, plain
from studio.reports.invariance_figures import forest
from studio.reports.invariance_overview import overview
from studio.reports.invariance_words import (
    accounting,
    at_rest,
    group_of,
    measures,
    pairs_of_correction,
    select,
    sentences,
    spoken,
    title_of,
)
from studio.reports.page import Row, render_template, write_page

EVIDENCE, REPORT = "invariance.json", "invariance.html"
TABLE, MEANS = "invariance.csv", "invariance-means.csv"
FIGURE, PICTURE = "invariance.svg", "invariance.png"
_ABOUT = ("reader", "target", "measure", "attribute", "group")
_COLUMNS = (
    *_ABOUT,
    *("against", "n", "n_against", "difference", "low", "high", "error", "freedom", "p", "p_holm"),
    *("p_equivalence", "p_equivalence_holm", "within", "effect", "verdict"),
)
_MEANS = (*_ABOUT, "n", "value", "low", "high", "deviation")
_DIGITS = 5
_MARKS = {EQUIVALENT: "=", WITHIN: "≠ within", DIFFERENT: "≠", UNDECIDED: "?"}
_MARKS_TOLD = (
    "Differences with 95 % intervals. =: equivalent, surely smaller than the bound. ≠: different, "
    "surely not 0; ≠ within: not 0, yet smaller than the bound. ?: undecided, too few faces or too "
    "different ones to say either, which does not mean alike."
)


def write_study(folder: str | os.PathLike[str], evidence: Mapping[str, Any]) -> Path:
    """Write the numbers, the tables as CSV, the figure and the page, each whole or not at all.

    Returns:
        The path of the page; the same evidence gives the same bytes.
    """
    folder = Path(folder)
    draw, size = forest(evidence)
    write_json(folder / EVIDENCE, evidence)
    write_csv(folder / TABLE, map(_rounded, evidence["comparisons"]), _COLUMNS)
    write_csv(folder / MEANS, map(_rounded, evidence["means"]), _MEANS)
    write_bytes(folder / FIGURE, f"{svg('forest', draw, size)}\n".encode())
    write_bytes(folder / PICTURE, png(draw, size))
    return write_page(folder / REPORT, render(evidence))


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of CSV; what is tiny, as p values are, keeps its digits."""
    return {
        key: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
        for key, value in row.items()
    }


def render(evidence: Mapping[str, Any]) -> str:
    """The page as text."""
    expression = evidence["config"]["expression"]
    draw, size = forest(evidence)
    return render_template(
        "invariance.html.j2",
        title=f"Readings by group in {Path(evidence['data']['name']).name}",
        evidence=evidence,
        config=evidence["config"],
        expression=expression,
        forest=svg("forest", draw, size),
        overview=overview(evidence),
        sentences=sentences(evidence),
        few=FEW,
        marks=_MARKS_TOLD,
        accounting=accounting(evidence),
        at_rest=at_rest((evidence["states"]["rules"] or {}).get("rest", {})),
        sections=[
            {
                "title": title_of(measure, expression),
                "head": ["", *_columns(evidence)],
                "differences": _differences(evidence, measure),
                "means": _means(evidence, measure),
                "spreads": _spreads(evidence, measure),
            }
            for measure in measures(evidence)
        ],
        correction=_correction(evidence),
        readers=_readers(evidence),
        sources=_sources(evidence),
    )


def _outcomes(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["reader"], row["target"]) for row in evidence["means"]))


def _columns(evidence: Mapping[str, Any]) -> list[str]:
    return [f"{reader}, {target}" for reader, target in _outcomes(evidence)]


def _differences(evidence: Mapping[str, Any], measure: str) -> list[Row]:
    rows = select(evidence["comparisons"], measure=measure)
    return _table(evidence, rows, group_of, lambda row: (
        f"{number(row['difference'])} {_MARKS.get(row['verdict'], '')}",
        interval((row["low"], row["high"])),
    ))  # fmt: skip


def _means(evidence: Mapping[str, Any], measure: str) -> list[Row]:
    rows = select(evidence["means"], measure=measure)
    return _table(
        evidence,
        rows,
        lambda row: f"{row['attribute']}: {spoken(row['group'])}",
        lambda row: (number(row["value"]), f"{interval((row['low'], row['high']))} n {row['n']}"),
    )


def _spreads(evidence: Mapping[str, Any], measure: str) -> list[Row]:
    rows = select(evidence["spreads"], measure=measure)
    return _table(
        evidence,
        rows,
        lambda row: row["attribute"],
        lambda row: (
            f"{number(row['value'])} (chance {number(row['chance'])})",
            f"{interval((row['low'], row['high']))} p {number(row['p'], 3)}",
        ),
    )


def _table(evidence: Mapping[str, Any], rows: Sequence[Any], name: Any, cell: Any) -> list[Row]:
    """Rows by name, a column a reader and target."""
    cells = {(name(row), row["reader"], row["target"]): cell(row) for row in rows}
    return [
        [label, *(cells.get((label, *outcome), "–") for outcome in _outcomes(evidence))]
        for label in dict.fromkeys(map(name, rows))
    ]


def _correction(evidence: Mapping[str, Any]) -> list[Row]:
    def told(row: Mapping[str, Any]) -> tuple[str, str]:
        mark = _MARKS.get(row["verdict"], "")
        return f"{number(row['difference'])} {mark}", interval((row["low"], row["high"]))

    return [
        [f"{before['reader']}, {before['target']}", group_of(before), told(before), told(after)]
        for before, after in pairs_of_correction(evidence)
    ]


def _readers(evidence: Mapping[str, Any]) -> Iterator[Row]:
    for name, about in evidence["readers"].items():
        counts = evidence["states"]["faces"][about["judge"]]
        told = ", ".join(f"{count:,} {state}" for state, count in counts.items())
        near = about["near_neutral"]
        share = "–" if near is None else f"{100 * near:.0f} %"
        yield [name, about["description"], f"{told or 'none'} by {about['judge']}", share]


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    data, config = evidence["data"], evidence["config"]
    groups = "; ".join(
        f"{name}: " + ", ".join(f"{spoken(group)} {n:,}" for group, n in counts.items())
        for name, counts in evidence["by"].items()
    )
    return [
        ["Data", f"{data['name']} ({data['digest']})"],
        ["Faces", f"{data['faces']:,}"],
        ["Groups", groups],
        ["Understood", "; ".join(data["notes"]) or "as it is"],
        ["Bound and level", f"±{plain(config['bound'])}, {plain(config['level'])}"],
        ["Bootstrap", f"{config['draws']} resamples of "
         f"{'faces' if evidence['people'] is None else 'people'}, seed {config['seed']}"],
        ["Software", evidence["software"]],
    ]  # fmt: skip
