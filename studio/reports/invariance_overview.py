"""What a study of invariance could compare, of how many, and how far that goes: a page's start."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studio.evaluation.invariance_config import FEW
from studio.reports.formatting import interval, number
from studio.reports.invariance_words import counted_verdicts, measures, select, spoken, title_of


def overview(evidence: Mapping[str, Any]) -> list[str]:
    """Who was compared, what valence came to, and a caution where groups are small."""
    return [_compared(evidence), *_valence(evidence), *_caution(evidence)]


def _sizes(evidence: Mapping[str, Any]) -> dict[str, dict[str, list[int]]]:
    """By attribute and group, how many units the measures have of it that were compared."""
    shown = measures(evidence)
    pairs = {(row["measure"], row["attribute"]) for row in evidence["comparisons"]}
    found: dict[str, dict[str, list[int]]] = {}
    for row in evidence["means"]:
        if row["measure"] in shown and (row["measure"], row["attribute"]) in pairs:
            found.setdefault(row["attribute"], {}).setdefault(row["group"], []).append(row["n"])
    return found


def _units(evidence: Mapping[str, Any]) -> str:
    return "faces" if evidence["people"] is None else "people"


def _compared(evidence: Mapping[str, Any]) -> str:
    sizes, units = _sizes(evidence), _units(evidence)
    told = "; ".join(
        f"by {attribute} {_and([f'{spoken(g)} ({_range(n)})' for g, n in groups.items()])}"
        for attribute, groups in sizes.items()
    )
    absent = [name for name in evidence["by"] if name not in sizes]
    least = evidence["config"]["smallest"]
    few = f"; by {_and(absent)} no two groups have {least} {units}" if absent else ""
    return f"{'Only these' if absent else 'These'} {units} could be compared: {told}{few}."


def _valence(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Of the faces that show the expression: each difference of two groups, of more how many."""
    measure = evidence["config"]["expression"]
    rows = select(evidence["comparisons"], measure=measure, target="valence")
    for attribute in dict.fromkeys(row["attribute"] for row in rows):
        of = select(rows, attribute=attribute)
        by = {reader: select(of, reader=reader) for reader in evidence["readers"]}
        told = "; ".join(f"{reader} {_outcome(each)}" for reader, each in by.items() if each)
        yield f"Valence of {title_of(measure, measure)}, by {attribute}: {told}."


def _outcome(rows: Sequence[Mapping[str, Any]]) -> str:
    if len(rows) > 1:
        return f"{counted_verdicts(rows)} of {len(rows)}"
    (row,) = rows
    bounds = interval((row["low"], row["high"]))
    sides = f"{spoken(row['group'])} − {spoken(row['against'])}"
    return f"{sides} {number(row['difference'])} {bounds}, {row['verdict']}"


def _caution(evidence: Mapping[str, Any]) -> Iterator[str]:
    units = _units(evidence)
    small = [
        f"{spoken(group)} ({min(n)})"
        for groups in _sizes(evidence).values()
        for group, n in groups.items()
        if min(n) < FEW
    ]
    if small:
        yield (
            f"Caution: fewer than {FEW} {units} in {_and(small)}. Intervals of so few may be too "
            "narrow, most comparisons stay undecided, and one unusual face weighs much."
        )


def _range(sizes: Sequence[int]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _and(words: Sequence[str]) -> str:
    """The words as a list in a sentence."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
