"""Instructed trials: what each asked for, and whether it was given."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from faces.ground.dialects import MISSING, to_numbers
from studio.ratings.designs import INSTRUCTED, REPEAT
from studio.ratings.faults import Faults
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd

#: How far an answer may lie from the one that was asked for, as a share of the scale's length: on
#: nine points it must be the same one, on a slider from -100 to 100 it may be 20 away.
TOLERANCE = 0.1
_TRUE, _FALSE = ("true", "t", "yes", "1", "1.0"), ("false", "f", "no", "0", "0.0")
_EXPECTED = tuple(f"expected_{target}" for target in TARGETS)


def parse_passed(column: "pd.Series") -> "pd.Series":
    """Whether trials were passed: True, False, or None where neither is said.

    Spreadsheets and R write TRUE, Python writes True, databases write true or 1.
    """
    import pandas as pd

    meaning = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
    words = column.astype("string").str.strip().str.lower().fillna("")
    return pd.Series([meaning.get(word) for word in words], index=column.index, dtype=object)


def spell_passed(column: "pd.Series") -> "pd.Series":
    """TRUE, FALSE or empty, as spreadsheets and R read it."""
    return column.astype(object).map({True: "TRUE", False: "FALSE"})


def unreadable_passed(column: "pd.Series") -> "pd.Series":
    """Where something is written that says neither true nor false."""
    words = column.astype("string").str.strip()
    given = words.notna() & ~words.isin(("", *MISSING))
    return given & parse_passed(column).isna()


def _expected(table: "pd.DataFrame", lists: "pd.DataFrame | None") -> dict[str, "pd.Series"]:
    """What the table, and else the lists say was asked for; NaN where neither knows."""
    import pandas as pd

    expected = {name: to_numbers(table[name]) for name in _EXPECTED}
    if lists is None:
        return expected
    asked = lists[lists["kind"] == INSTRUCTED].set_index(["list", "trial"])
    asked = asked[~asked.index.duplicated()]
    places = pd.MultiIndex.from_arrays([to_numbers(table[name]) for name in ("list", "trial")])
    for name in _EXPECTED:
        planned = pd.Series(asked[name].reindex(places).to_numpy(), index=table.index)
        expected[name] = expected[name].fillna(planned)
    return expected


def judge_instructed(
    table: "pd.DataFrame",
    ends: Mapping[str, tuple[float, float]],
    lists: "pd.DataFrame | None",
    faults: Faults,
) -> "pd.Series":
    """Whether instructed trials were answered as asked, a missing answer being a wrong one.

    What was asked for is said by the table's own columns `expected_…`, else by the design's lists.
    Where neither knows, the table's own `passed` stands, and where there is none either, None does.

    Args:
        table: with `…_answer` of both targets, on the scale.
        ends: the least and the largest answer of each target.
        lists: the trials of the study, as `read_lists` gives them.
    """
    instructed = table["kind"] == INSTRUCTED
    expected = _expected(table, lists)
    near, known = instructed.copy(), instructed.copy()
    for target, name in zip(TARGETS, _EXPECTED, strict=True):
        low, high = ends[target]
        off = (table[f"{target}_answer"] - expected[name]).abs()
        near &= off <= TOLERANCE * (high - low) * (1 + 1e-9)
        known &= expected[name].notna()
    passed = parse_passed(table["passed"])
    passed[known] = near[known]
    passed[~instructed] = None
    unknown = instructed & passed.isna()
    faults.add(
        "instructed trials not judged, as what they asked for is not known",
        (f"{r} ({s})" for r, s in zip(table["rater"][unknown], table["source"][unknown],
                                      strict=True)),
    )  # fmt: skip
    return passed


def missing_trials(table: "pd.DataFrame", lists: "pd.DataFrame", faults: Faults) -> None:
    """Count raters who have fewer repeated or instructed trials than a list of the study holds."""
    words = {REPEAT: "repeated trials", INSTRUCTED: "instructed trials"}
    for kind, name in words.items():
        planned = int((lists["kind"] == kind).groupby(lists["list"]).sum().max())
        found = (table["kind"] == kind).groupby(table["rater"]).sum()
        short = found[found < planned]
        faults.add(
            f"raters with fewer than the design's {planned} {name} a list",
            [f"{rater} has {count}" for rater, count in short.items()],
        )
