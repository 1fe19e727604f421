"""A table of ratings as `ratings report` reads it, with everything odd in it counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.dialects import read_columns, to_numbers
from faces.ground.errors import CircumplexError
from faces.ground.files import read_json
from studio.ratings.designs import INSTRUCTED, RATING, REPEAT
from studio.ratings.faults import Faults, is_faults
from studio.ratings.instructed import parse_passed, unreadable_passed
from studio.ratings.scales import TARGETS

if TYPE_CHECKING:
    import pandas as pd

#: Up to this share of ratings outside [-1, 1] are slips; more of them are another scale.
_RARE = 0.05
#: Where a rating lacks one of both.
MISSING_KIND = "{} missing"


def read_ratings(
    path: Path, known: Sequence[str] | None = None, by: Sequence[str] = ()
) -> tuple["pd.DataFrame", Faults]:
    """Ratings in [-1, 1], a row a trial, each rater's rating of a stimulus once.

    Args:
        known: the stimuli's files; None takes any.
        by: columns of raters' groups, each the same in all rows of a rater.

    Returns:
        rater, stimulus, kind, valence, arousal, passed and the groups; what was wrong.

    Raises:
        CircumplexError: unreadable, a column is missing, another scale, or nothing left.
    """
    table = read_columns(path, as_text=True)[0]
    needed = ("rater", "stimulus", *TARGETS)
    if absent := [name for name in by if name not in table]:
        raise CircumplexError(
            f"{path} has no column {absent[0]!r}; bring the data here again with `circumplex "
            f"ratings import --by {','.join(by)}`, which keeps it"
        )
    if missing := [name for name in needed if name not in table]:
        raise CircumplexError(
            f"{path} has no column {missing[0]!r}; bring the data here with `circumplex ratings "
            "import` first"
        )
    table = table.reindex(columns=[*dict.fromkeys((*needed, "kind", "passed", *by))])
    table["kind"] = table["kind"].astype(object).fillna(RATING)
    faults = Faults({})
    odd = (table["kind"] == INSTRUCTED) & unreadable_passed(table["passed"])
    faults.add("passed neither TRUE nor FALSE, not judged", table["passed"][odd].map(str))
    table["passed"] = parse_passed(table["passed"])
    table = table[_usable(table, known, faults)].copy()
    for target in TARGETS:
        table[target] = _in_range(table, target, path, faults)
    table = _first_ratings(table, faults)
    if not (table["kind"] == RATING).any():
        raise CircumplexError(f"{path} has no rating that can be used; {'; '.join(faults.lines())}")
    return _one_group(table, by, faults).reset_index(drop=True), faults


def missing_ratings(table: "pd.DataFrame") -> dict[str, int]:
    """Trials that show a picture and have no rating, by target."""
    shown = table["kind"] != INSTRUCTED
    return {target: int(table[target][shown].isna().sum()) for target in TARGETS}


def read_imported(path: Path) -> tuple[dict[str, Any] | None, dict[str, int] | None]:
    """What `ratings import` wrote beside a table: the faults that it counted, and the ratings that
    are missing; None where nothing is beside it, or nothing said.

    Raises:
        CircumplexError: damaged.
    """
    if not path.is_file():
        return None, None
    found = read_json(path)
    if not isinstance(found, dict) or not is_faults(found.get("faults", {})):
        raise CircumplexError(f"{path} is damaged; import the data again, or move it away")
    return found.get("faults"), found.get("missing")


def _usable(table: "pd.DataFrame", known: Sequence[str] | None, faults: Faults) -> "pd.Series":
    """Rows of a rater and of a stimulus of the study, or of an instructed trial."""
    instructed = table["kind"] == INSTRUCTED
    empty = table["rater"].isna() | (table["stimulus"].isna() & ~instructed)
    faults.add("without a rater or a stimulus, left out", _names(table[empty]))
    strange = ~empty & ~instructed
    strange &= False if known is None else ~table["stimulus"].isin(known)
    faults.add("a stimulus that is not among the stimuli, left out", _names(table[strange]))
    odd = ~table["kind"].isin([RATING, REPEAT, INSTRUCTED])
    faults.add("of no known kind of trial, left out", _names(table[odd & ~empty & ~strange]))
    return ~empty & ~strange & ~odd


def _in_range(table: "pd.DataFrame", target: str, path: Path, faults: Faults) -> "pd.Series":
    """Numbers in [-1, 1], else NaN; those of instructed trials do not count."""
    values = to_numbers(table[target])
    shown = table["kind"] != INSTRUCTED
    outside = shown & (values.abs() > 1)
    if outside.sum() > max(2, _RARE * shown.sum()):
        raise CircumplexError(
            f"{path} has {target} from {values.min():g} to {values.max():g}, not in [-1, 1]; bring "
            "it here with `circumplex ratings import … --scale LOW:HIGH` first"
        )
    faults.add(f"{target} outside [-1, 1], taken as missing", _names(table[outside]))
    faults.add(MISSING_KIND.format(target), _names(table[shown & values.isna()]))
    return values.mask(values.abs() > 1)


def _first_ratings(table: "pd.DataFrame", faults: Faults) -> "pd.DataFrame":
    rating = table["kind"] == RATING
    again = rating & table[rating].duplicated(["rater", "stimulus"]).reindex(
        table.index, fill_value=False
    )
    faults.add("a picture rated twice by one rater, the first kept", _names(table[again]))
    return table[~again]


def _one_group(table: "pd.DataFrame", by: Sequence[str], faults: Faults) -> "pd.DataFrame":
    """Each rater in one group of each kind; of none where rows differ."""
    for column in by:
        kinds = table.groupby("rater")[column].nunique()
        mixed = kinds.index[kinds > 1]
        faults.add(f"a rater in two groups of {column}, taken as of none", map(str, mixed))
        first = table.groupby("rater")[column].transform("first")
        table[column] = first.mask(table["rater"].isin(mixed))
    return table


def _names(table: "pd.DataFrame") -> list[str]:
    return [f"{r}, {s}" for r, s in zip(table["rater"], table["stimulus"], strict=True)]
