"""What a study of invariance says in sentences, for the page and the terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from studio.evaluation.invariance import (
    BEFORE,
    DIFFERENT,
    EQUIVALENT,
    RESPONSE,
    SLOPE,
    UNDECIDED,
    UNTESTED,
    WITHIN,
)
from studio.reports.formatting import interval, number, plain

_NAMED = 4  #: differences that a sentence tells, the largest first
_PEOPLE = 8  #: names that a line tells
_VERDICTS = (EQUIVALENT, WITHIN, DIFFERENT, UNDECIDED, UNTESTED)


def measures(evidence: Mapping[str, Any]) -> list[str]:
    """The measures that are compared, in the order of the page."""
    expression = evidence["config"]["expression"]
    present = {row["measure"] for row in evidence["comparisons"]}
    return [m for m in ("neutral", expression, RESPONSE, SLOPE) if m in present]


def title_of(measure: str, expression: str) -> str:
    """A measure, for people."""
    return {
        expression: f"faces showing {expression}",
        RESPONSE: f"response to {expression}",
        SLOPE: "slope on labels",
    }.get(measure, f"{measure} faces")


def group_of(row: Mapping[str, Any]) -> str:
    """What a row compares: "gender: female − male"."""
    return f"{row['attribute']}: {spoken(row['group'])} − {spoken(row['against'])}"


def spoken(name: str) -> str:
    """A group's name as words."""
    return name.replace("_", " ")


def sentences(evidence: Mapping[str, Any]) -> list[str]:
    """What the comparisons come to, for each reader and measure, and the largest differences."""
    config = evidence["config"]
    said = []
    for reader in evidence["readers"]:
        for measure in measures(evidence):
            rows = select(evidence["comparisons"], reader=reader, measure=measure)
            if rows:
                title = title_of(measure, config["expression"])
                said.append(
                    f"{reader}, {title}: {_verdicts(rows, config['bound'])}{_largest(rows)}"
                )
    if evidence["own_neutral"]:
        said += _correction(evidence)
    return said


def select(rows: Iterable[Mapping[str, Any]], **wanted: str) -> list[Mapping[str, Any]]:
    """The rows that have these values."""
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def _verdicts(rows: Sequence[Mapping[str, Any]], bound: float) -> str:
    return f"of {len(rows)} comparisons, {counted_verdicts(rows)} (bound ±{plain(bound)})."


def counted_verdicts(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many comparisons came to what: "3 equivalent, 1 undecided"."""
    counts = Counter(row["verdict"] for row in rows)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS if counts[verdict])


def _largest(rows: Sequence[Mapping[str, Any]]) -> str:
    differing = [row for row in rows if row["verdict"] in (DIFFERENT, WITHIN)]
    differing.sort(key=lambda row: -abs(row["difference"]))
    if not differing:
        return ""
    left = len(differing) - _NAMED
    told = "; ".join(map(_difference, differing[:_NAMED]))
    return f" Different: {told}{f'; and {left} smaller ones' if left > 0 else ''}."


def _difference(row: Mapping[str, Any]) -> str:
    against = spoken(row["against"])
    ends = sorted((abs(row["low"]), abs(row["high"]))) if row["low"] * row["high"] > 0 else None
    bounds = interval(ends or (row["low"], row["high"]))
    side = ("larger" if row["difference"] > 0 else "smaller") if row["measure"] in (
        RESPONSE, SLOPE) else ("higher" if row["difference"] > 0 else "lower")  # fmt: skip
    yet = ", yet within the bound" if row["verdict"] == WITHIN else ""
    return (
        f"{row['target']} of {row['attribute']} {spoken(row['group'])} "
        f"{number(abs(row['difference']))} {bounds} {side} than of {against}{yet}"
    )


def pairs_of_correction(
    evidence: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each comparison of expressive faces before the correction, and of the same people after it.

    After it is the response: a reading minus the person's own neutral one is how much it changes.
    """
    keys = ("reader", "target", "attribute", "group")
    after = {
        tuple(row[key] for key in keys): row
        for row in select(evidence["comparisons"], measure=RESPONSE)
    }
    for row in select(evidence["comparisons"], measure=BEFORE):
        other = after.get(tuple(row[key] for key in keys))
        if other is not None:
            yield row, other


def _correction(evidence: Mapping[str, Any]) -> Iterator[str]:
    pairs = list(pairs_of_correction(evidence))
    for reader in evidence["readers"]:
        own = [(b, a) for b, a in pairs if b["reader"] == reader]
        if not own:
            continue
        smaller = sum(abs(after["difference"]) < abs(before["difference"]) for before, after in own)
        before, after = max(own, key=lambda pair: abs(pair[0]["difference"]))
        yield (
            f"{reader}, corrected by each person's own neutral face: {smaller} of {len(own)} "
            f"differences of faces showing {evidence['config']['expression']} are smaller. The "
            f"largest, {before['target']} of {group_of(before)}, goes from "
            f"{_with_bounds(before)} to {_with_bounds(after)}, {after['verdict']}."
        )


def _with_bounds(row: Mapping[str, Any]) -> str:
    return f"{number(row['difference'])} {interval((row['low'], row['high']))}"


def at_rest(rest: Mapping[str, float]) -> str:
    """Which units may be how strong in a neutral face: "AU12, AU25 at most 0.1; AU4 …"."""
    return "; ".join(
        f"{', '.join(name for name, most in rest.items() if most == limit)} at most {plain(limit)}"
        for limit in dict.fromkeys(rest.values())
    )


def accounting(evidence: Mapping[str, Any]) -> list[str]:
    """Who and what is in no figure, and why, a line each."""
    data, lines = evidence["data"], []
    for why, count in (data["left_out"] | data["unread"]).items():
        lines.append(f"left out, {why}: {count:,}")
    lines += [f"{column} was not read in any face" for column in data["never_read"]]
    for attribute, count in data["ungrouped"].items():
        if count:
            lines.append(f"not compared by {attribute}, which is unknown: {count:,}")
    for row in evidence["single"]:
        names = ", ".join(map(spoken, row["groups"])) or "no group"
        lines.append(f"not compared, {row['attribute']}: {names} alone")
    for judge, counts in evidence["states"]["faces"].items():
        for state in ("neutral", evidence["config"]["expression"]):
            if state not in counts:
                lines.append(f"no face shows {state}, by {judge}")
    if data["relative"]:
        lines.append(f"told relative to a neutral picture already: {data['relative']:,} readings")
    lines += _too_small(evidence)
    lines += _people(evidence)
    return lines


def _too_small(evidence: Mapping[str, Any]) -> Iterator[str]:
    expression = evidence["config"]["expression"]
    units = "faces" if evidence["people"] is None else "people"
    found: dict[tuple[str, str], dict[str, set[int]]] = {}
    for row in evidence["too_small"]:
        if row["measure"] != BEFORE:
            of = found.setdefault((row["attribute"], row["group"]), {})
            of.setdefault(title_of(row["measure"], expression), set()).add(row["n"])
    for (attribute, group), sizes in found.items():
        counts = ", ".join(
            f"{' or '.join(map(str, sorted(n)))} in {title}" for title, n in sizes.items()
        )
        yield f"too few {units} to compare, {attribute} {spoken(group)}: {counts}"


def _people(evidence: Mapping[str, Any]) -> Iterator[str]:
    people = evidence["people"]
    if people is None:
        return
    expression = evidence["config"]["expression"]
    showing = f"face showing {expression}"
    for key, what in (("without_neutral", "neutral face"), ("without_expression", showing)):
        for judge, names in people[key].items():
            if names:
                by = "" if judge == "labels" else f" by {judge}"
                who = f"{len(names)} ({_named(names)})"
                yield f"people without a {what} that was read{by}: {who}"
    for attribute, names in people["in_two_groups"].items():
        yield f"people in two groups of {attribute}, left out: {len(names)} ({_named(names)})"


def _named(names: Sequence[str]) -> str:
    return ", ".join([*names[:_PEOPLE], *["…"] * (len(names) > _PEOPLE)])
