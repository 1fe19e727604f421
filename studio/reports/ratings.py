"""ratings.html: norms, reliability, raters, agreement and the next study, for people."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import write_bytes, write_json
from studio.ratings.agreement import best_of, people_words, references
from studio.ratings.rated_stimuli import EVIDENCE, STIMULI
from studio.ratings.scales import TARGETS
from studio.reports import ratings_figures as figures
from studio.reports.formatting import interval, number, percent
from studio.reports.page import Row, render_template, write_page

if TYPE_CHECKING:
    import pandas as pd

    from studio.ratings.summary import RatingSummary

REPORT, NORMS, RATERS = "ratings.html", "norms.csv", "raters.csv"
_SHOWN = 40  #: rows of the norms and of the flagged raters on the page; the CSV has all
_DRAWN = 4  #: references that are drawn


def write_report(folder: Path, evidence: Mapping[str, Any], summary: "RatingSummary") -> Path:
    """Write the numbers, the tables and the page, each whole or not at all; the page's path."""
    write_json(folder / EVIDENCE, evidence)
    for name, table in (
        (NORMS, summary.norms),
        (RATERS, summary.raters),
        (STIMULI, summary.joined),
    ):
        if table is not None:
            text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
            write_bytes(folder / name, text.encode())
    return write_page(folder / REPORT, render(evidence, summary))


def render(evidence: Mapping[str, Any], summary: "RatingSummary") -> str:
    """The page as text."""
    found = summary.figures
    return render_template(
        "ratings.html.j2",
        title=f"Human ratings in {evidence['data']['name']}",
        data=evidence["data"],
        config=evidence["config"],
        raters=found["raters"],
        cards=[_card(found, target) for target in TARGETS],
        map=figures.norms_map(summary.norms),
        strip=figures.raters_strip(summary.raters),
        reliability=list(_reliability_rows(found)),
        change=_change_text(found),
        flagged=[_flagged_row(row) for row in found["raters"]["named"][:_SHOWN]],
        more_flagged=max(0, len(found["raters"]["named"]) - _SHOWN),
        agreement=list(_agreement_rows(found["agreement"])),
        differences=_differences(summary),
        plans=[target for target in TARGETS if found["plan"][target]],
        curves=figures.planning_curves(found["plan"]) if any(found["plan"].values()) else "",
        plan_rows=list(_plan_rows(found["plan"])),
        norms=list(_norm_rows(summary.norms.head(_SHOWN))),
        more_norms=max(0, len(summary.norms) - _SHOWN),
        groups=[(c, ", ".join(f"{g}: {n}" for g, n in own.items()))
                for c, own in found["groups"].items()],
        alone=[f"{group} of {column}" for column, own in found["groups"].items()
               for group, n in own.items() if n == 1],
        columns=[(each["column"], each["what"], each["unit"]) for each in found["norms"]],
        replaced=found["replaced"],
        over=_people(found["agreement"]),
        faults=_fault_rows(evidence),
        sources=_sources(evidence),
    )  # fmt: skip


def _card(found: Mapping[str, Any], target: str) -> dict[str, Any]:
    icc, precision = found["reliability"]["kept"][target], found["precision"][target]
    return {
        "title": f"{target}, ICC(2,k)",
        "value": number(icc["average"], 3),
        "notes": [
            f"95 % CI {interval(icc['average_interval'], 3)}, k = {number(icc['k'], 1)}",
            f"ICC(2,1) {number(icc['single'], 3)} {interval(icc['single_interval'], 3)}",
            f"mean half width of a stimulus' 95 % CI: {number(precision['half_width'], 3)}",
        ],
        "kind": target,
    }


def _reliability_rows(found: Mapping[str, Any]) -> Iterator[Row]:
    for which, words in (("kept", "without the excluded"), ("all", "all raters")):
        for target in TARGETS:
            each = found["reliability"][which][target]
            parts = each["components"] or dict.fromkeys(("stimuli", "raters", "residual"))
            yield [
                f"{target}, {words}",
                (str(each["raters"]), ""),
                (number(each["single"], 3), interval(each["single_interval"], 3)),
                (number(each["average"], 3), interval(each["average_interval"], 3)),
                (number(parts["stimuli"], 4), ""),
                (number(parts["raters"], 4), ""),
                (number(parts["residual"], 4), ""),
                each["estimator"] or "",
            ]


def _change_text(found: Mapping[str, Any]) -> str:
    parts = [
        f"{target} by {number(found['change'][target]['mean'], 3)} in the mean and "
        f"{number(found['change'][target]['largest'], 3)} at most"
        for target in TARGETS
    ]
    return f"Leaving them out moves the stimuli's means of {' and of '.join(parts)}."


def _flagged_row(row: Mapping[str, Any]) -> Row:
    return [
        row["rater"],
        row["flags"],
        (number(row["ratings"], 0), ""),
        (f"{number(row['failed'], 0)} of {number(row['instructed'], 0)}", ""),
        (percent(row["same_answer"]), ""),
        (number(row["valence_r"]), ""),
        (number(row["arousal_r"]), ""),
    ]


def _agreement_rows(found: Mapping[str, Any]) -> Iterator[Row]:
    for name in best_of(found):
        for target in TARGETS:
            each = found[name][target]
            if "ccc" not in each:
                continue
            yield [
                f"{name}, {target}",
                (str(each["n"]), ""),
                (str(each["people"]), ""),
                (number(each["ccc"]), interval(each["ccc_interval"])),
                (number(each["pearson"]), interval(each["pearson_interval"])),
                (number(each["bias"]), interval(each["bias_interval"])),
                (interval(each["limits"]), ""),
                (number(each["slope"]), ""),
            ]


def _differences(summary: "RatingSummary") -> list[tuple[str, Any]]:
    """Names and drawings: the request, and the references that agree best."""
    found, joined = summary.figures["agreement"], summary.joined
    if joined is None:
        return []
    pairs = references(joined)
    names = [name for name in found if name == "request"]
    names += [name for name in best_of(found) if name not in names]
    return [
        (
            name,
            figures.bland_altman(
                summary.norms, [joined[c] for c in pairs[name]], found[name], name, f"ba{at}"
            ),
        )
        for at, name in enumerate(names[:_DRAWN])
    ]


def _plan_rows(plans: Mapping[str, Any]) -> Iterator[Row]:
    for key, wanted, words in (
        ("for_half_width", "half_width", "half width of a stimulus' 95 % interval: {}"),
        ("for_reliability", "reliability", "ICC(2,k): {}"),
    ):
        known = [target for target in TARGETS if plans[target]]
        if not known:
            return
        for at, row in enumerate(plans[known[0]][key]):
            cells = [
                (_count(plans[target][key][at]["raters"]) if plans[target] else "", "")
                for target in TARGETS
            ]
            yield [words.format(row[wanted]), *cells]


def _count(raters: int | None) -> str:
    return "not below 100,000" if raters is None else f"{raters:,}"


def _norm_rows(norms: "pd.DataFrame") -> Iterator[Row]:
    for row in norms.to_dict("records"):
        cells: list[tuple[str, str]] = []
        for target in TARGETS:
            values = [_finite(row[f"{target}_{name}"]) for name in ("mean", "low", "high", "sd")]
            cells += [
                (number(values[0], 2, "–"), interval(values[1:3], 2, "–")),
                (number(values[3], 2, "–"), ""),
                (str(row[f"{target}_n"]), ""),
            ]
        yield [str(row["stimulus"]), *cells]


def _finite(value: float) -> float | None:
    return float(value) if value == value else None


def _people(found: Mapping[str, Any]) -> str:
    """Over how many people agreement is, in words."""
    defined = [each[t] for each in found.values() for t in TARGETS if "ccc" in each[t]]
    return people_words(defined) if defined else ""


def _fault_rows(evidence: Mapping[str, Any]) -> list[Row]:
    every = {**(evidence["data"]["imported"] or {}), **evidence["data"]["faults"]}
    return [
        [kind, (f"{each['count']:,}", ""), "; ".join(each["examples"][:3])]
        for kind, each in every.items()
    ]


def _sources(evidence: Mapping[str, Any]) -> list[Row]:
    data = evidence["data"]
    return [
        ["Ratings", f"{data['name']} ({data['digest']})"],
        ["Stimuli", data["stimuli_digest"] or "those that were rated"],
        ["Bootstrap", f"2000 resamples of people, seed {evidence['seed']}"],
        ["Software", evidence["software"]],
    ]
