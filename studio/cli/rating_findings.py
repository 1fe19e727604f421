"""What the verbs of human ratings found, a line each."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    from studio.workflows.ratings import DesignResult, ImportResult, ReportResult

_NAMED = 5  #: names of a longer list that a line shows


def design_findings(result: "DesignResult") -> Iterator[str]:
    """What was laid out, a line each."""
    laid = result.design
    yield (
        f"{laid['pictures']} pictures of {laid['people'] or 'unknown'} people in {laid['lists']} "
        f"lists of {laid['trials']} trials"
    )
    if laid["ratings_per_picture"]:
        low, high = laid["ratings_per_picture"]
        yield f"  ratings of each picture: {low if low == high else f'{low} to {high}'}"
    if laid["neighbours_alike"]:
        yield (
            f"  {laid['neighbours_alike']} times one person follows themself: there are too few "
            "people to avoid it"
        )


def import_findings(result: "ImportResult") -> Iterator[str]:
    """How much was read, and each kind of fault, a line each."""
    found = result.evidence
    yield (
        f"{found['ratings']:,} ratings of {found['stimuli']} stimuli by {found['raters']} raters "
        f"({found['scale']})"
    )
    for file in found["files"]:
        if file["wide"]:
            names = [*file["wide"][:_NAMED], *["…"] * (len(file["wide"]) > _NAMED)]
            yield f"  {file['name']}: read as stimuli from its columns: {', '.join(names)}"
        if file["summaries"]:
            yield f"  {file['name']}: left out, as no stimuli: {', '.join(file['summaries'])}"
    if found["left"]:
        yield f"  left: {', '.join(found['left'])} (`--by {','.join(found['left'])}` keeps it)"
    yield from _fault_lines(found["faults"])


def _fault_lines(faults: Mapping[str, Any]) -> Iterator[str]:
    for kind, each in faults.items():
        yield f"  {kind}: {each['count']:,}, such as {each['examples'][0]}"


def report_findings(result: "ReportResult") -> Iterator[str]:
    """The figures that matter most, a line each."""
    from studio.reports.formatting import interval, number

    found = result.evidence
    raters = found["raters"]
    yield (
        f"{found['data']['ratings']:,} ratings of {found['data']['stimuli']} stimuli by "
        f"{raters['all']} raters; {_counted_raters(raters['excluded'])} left out"
    )
    for flag, count in raters["by_flag"].items():
        yield f"  {flag}: {count}"
    if alone := raters["single_rating"]:
        yield f"  raters with one complete rating or none: {len(alone)}, such as {alone[0]}"
    for target in TARGETS:
        icc = found["reliability"]["kept"][target]
        yield (
            f"  {target}: ICC(2,1) {number(icc['single'])} {interval(icc['single_interval'])}, "
            f"ICC(2,k) {number(icc['average'])} {interval(icc['average_interval'])}, "
            f"k {number(icc['k'], 1)}"
        )
    yield from _agreement_lines(found["agreement"])
    if found["replaced"]:
        yield f"  earlier ratings in the stimuli's table, replaced: {', '.join(found['replaced'])}"
    yield from _fault_lines(found["data"]["faults"])


def _counted_raters(count: int) -> str:
    return "1 rater" if count == 1 else f"{count} raters"


def _agreement_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """CCC with each reference and its interval, over how many people."""
    from studio.ratings.agreement import people_words
    from studio.reports.formatting import interval, number

    for name, each in found.items():
        defined = {target: each[target] for target in TARGETS if "ccc" in each[target]}
        said = ", ".join(
            f"{target} {number(one['ccc'])} {interval(one['ccc_interval'])}"
            for target, one in defined.items()
        )
        over = f", over {people_words(list(defined.values()))}" if defined else ""
        yield f"  CCC with {name}: {said or 'not defined'}{over}"
