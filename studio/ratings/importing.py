"""Answers of many files as one table of ratings in [-1, 1]; whatever is wrong is counted and named.

Nothing is averaged unless that is asked for: of an answer that was given twice the first is kept,
and of a rater with two files the first file, or what the config says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from faces.ground.dialects import MISSING, to_numbers
from faces.ground.errors import CircumplexError
from faces.ground.records import Record, setting
from studio.ratings.data_files import DataFile
from studio.ratings.designs import INSTRUCTED, RATING, REPEAT
from studio.ratings.faults import Faults
from studio.ratings.instructed import judge_instructed, missing_trials
from studio.ratings.scales import TARGETS, RatingScale, to_unit

if TYPE_CHECKING:
    import pandas as pd

#: Columns of every table of ratings; those of groups of raters follow.
RATING_COLUMNS = (
    "rater",
    "stimulus",
    "kind",
    "valence",
    "arousal",
    "valence_answer",
    "arousal_answer",
    "passed",
    "list",
    "trial",
    "block",
    "rt",
    "source",
)

#: Columns of programs, the same in all rows of a run.
_OF_PROGRAMS = frozenset(("study", "scale", "session", "date", "meta", "url", "frameRate"))
#: Columns that a table of answers has for itself, which are no groups of raters.
_RESERVED = frozenset((*RATING_COLUMNS, "expected_valence", "expected_arousal", "row"))


def check_groups(by: Sequence[str]) -> str:
    """Why columns cannot be groups of raters; empty where they can."""
    if own := [name for name in by if name in _RESERVED]:
        return (
            f"{own[0]!r} is a column of the ratings themselves; name one of the raters', as gender"
        )
    twice = [name for name in by if by.count(name) > 1]
    return f"{twice[0]!r} is named twice; name it once" if twice else ""


@dataclass(frozen=True)
class ImportConfig(Record):
    """What is done about answers and files that are there twice."""

    repeated: str = setting(
        "first",
        "Of one rater's answers to one picture keep first, last or mean, or refuse them.",
        choices=("first", "last", "mean", "refuse"),
    )
    same_rater: str = setting(
        "first",
        "Of two files of one rater keep the first, merge both as parts of one session, or refuse.",
        choices=("first", "merge", "refuse"),
    )


def combine(
    files: Sequence[DataFile],
    ends: Mapping[str, tuple[float, float]],
    config: ImportConfig,
    known: Sequence[str] | None = None,
    groups: Sequence[str] = (),
    scale: RatingScale | None = None,
    lists: "pd.DataFrame | None" = None,
) -> tuple["pd.DataFrame", Faults]:
    """One long table of the answers in all files.

    Args:
        ends: the least and the largest answer of valence and of arousal.
        known: files of the stimuli of the study; None takes any.
        groups: columns that say which group a rater is of.
        scale: whose answers alone count, such as whole numbers; None takes any between the ends.
        lists: the study's trials, as `read_lists` gives them; None where no study is named.

    Returns:
        Rows of RATING_COLUMNS and `groups`, by rater and trial; what was wrong.

    Raises:
        CircumplexError: no answer is left, no column of a group, or what the config refuses.
    """
    import pandas as pd

    faults = Faults({})
    files = _distinct_files(files, config, faults)
    for file in files:
        if absent := [name for name in groups if name not in file.table]:
            raise CircumplexError(f"{file.path} has no column {absent[0]!r}; check --by")
    parts = [_answers(file, groups) for file in files]
    table = pd.concat(parts, ignore_index=True)
    table = _named_rows(table, known, faults)
    for target in TARGETS:
        table[target] = _unit(table, target, ends[target], scale, faults)
    table["passed"] = judge_instructed(table, ends, lists, faults)
    table = _complete_rows(table, faults)
    table = _once(table, config, faults)
    if lists is not None:
        missing_trials(table, lists, faults)
    if not (table["kind"] == RATING).any():
        raise CircumplexError("no rating is left; " + "; ".join(faults.lines()))
    return table[[*RATING_COLUMNS, *groups]].reset_index(drop=True), faults


def _distinct_files(
    files: Sequence[DataFile], config: ImportConfig, faults: Faults
) -> list[DataFile]:
    """Each file once; of a rater who has two, what the config says."""
    by_digest: dict[str, DataFile] = {}
    for file in files:
        if file.digest in by_digest:
            names = f"{file.path.name} is {by_digest[file.digest].path.name}"
            faults.add("the same file twice, read once", [names])
        by_digest.setdefault(file.digest, file)
    owners: dict[str, DataFile] = {}
    kept = []
    for file in by_digest.values():
        raters = file.table["rater"].dropna().astype(str).str.strip()
        twice = [rater for rater in raters.unique() if rater in owners]
        named = [f"{r} in {owners[r].path.name} and {file.path.name}" for r in twice]
        if twice and config.same_rater == "refuse":
            raise CircumplexError(
                f"two files of rater {named[0]}; keep one, or say --same-rater first or merge"
            )
        what = "the first kept" if config.same_rater == "first" else "merged"
        faults.add(f"two files of one rater, {what}", named)
        if twice and config.same_rater == "first":
            rows = ~file.table["rater"].astype(str).str.strip().isin(twice)
            file = DataFile(file.path, file.digest, file.program, file.table[rows])
        owners |= dict.fromkeys(raters.unique(), file)
        kept.append(file)
    return kept


def _answers(file: DataFile, groups: Sequence[str]) -> "pd.DataFrame":
    """The columns that are needed, empty where a file lacks them."""
    table = file.table.reindex(
        columns=["rater", "stimulus", *TARGETS, "kind", "expected_valence", "expected_arousal",
                 "passed", "list", "trial", "block", "rt", *groups]
    ).astype(object)  # fmt: skip
    table["kind"] = table["kind"].astype(object).fillna(RATING)
    table["source"] = file.path.name
    table["row"] = range(1, len(table) + 1)
    return table


def _named_rows(
    table: "pd.DataFrame", known: Sequence[str] | None, faults: Faults
) -> "pd.DataFrame":
    """Rows that say who rated what, stimuli by the names that the study has for them."""
    for name in ("rater", "stimulus"):
        table[name] = table[name].astype("string").str.strip().replace("", None).astype(object)
    place = table["source"] + " row " + table["row"].astype(str)
    empty = table["rater"].isna()
    faults.add("without a rater, left out", place[empty])
    unnamed = table["stimulus"].isna() & (table["kind"] != INSTRUCTED) & ~empty
    faults.add("without a stimulus, left out", place[unnamed])
    odd = ~table["kind"].isin([RATING, REPEAT, INSTRUCTED]) & ~empty & ~unnamed
    faults.add("of no known kind of trial, left out", place[odd])
    table = table[~empty & ~unnamed & ~odd].copy()
    if known is None:
        return table
    names = _names(known)
    found = table["stimulus"].map(lambda name: names.get(str(name), None))
    missing = found.isna() & (table["kind"] != INSTRUCTED)
    faults.add("a stimulus that the study does not have, left out", _places(table[missing]))
    return table.assign(stimulus=found)[~missing]


def _names(known: Sequence[str]) -> dict[str, str]:
    """The study's stimuli by all that a program may call them: with the folder, without any."""
    by_end: dict[str, list[str]] = {}
    for name in known:
        for each in (PurePosixPath(name).name, PurePosixPath(name).stem):
            by_end.setdefault(each, []).append(name)
    names = {end: owners[0] for end, owners in by_end.items() if len(set(owners)) == 1}
    return names | {f"stimuli/{name}": name for name in known} | {name: name for name in known}


def _unit(
    table: "pd.DataFrame",
    target: str,
    ends: tuple[float, float],
    scale: RatingScale | None,
    faults: Faults,
) -> "pd.Series":
    """Answers as numbers in [-1, 1], NaN where there is none on the scale; keeps the answers."""
    text = table[target].astype("string").str.strip()
    given = text.notna() & (text != "") & ~text.isin(MISSING)
    answers = to_numbers(table[target].where(given, None))
    on_scale = answers.between(*ends)
    if scale is not None:
        on_scale &= scale.holds(answers.to_numpy())
    faults.add(f"{target} without an answer", _places(table[~given]))
    faults.add(
        f"{target} off the scale from {ends[0]:g} to {ends[1]:g}, taken as missing",
        (f"{p} is {v}" for p, v in zip(_places(table[given & ~on_scale]),
                                      text[given & ~on_scale], strict=True)),
    )  # fmt: skip
    table[f"{target}_answer"] = answers.where(on_scale)
    return to_unit(table[f"{target}_answer"], *ends)


def _complete_rows(table: "pd.DataFrame", faults: Faults) -> "pd.DataFrame":
    """Rows with at least one answer; an instructed trial without one counts as failed."""
    empty = table[list(TARGETS)].isna().all(axis=1) & (table["kind"] != INSTRUCTED)
    faults.add("no answer at all, left out", _places(table[empty]))
    return table[~empty]


def _once(table: "pd.DataFrame", config: ImportConfig, faults: Faults) -> "pd.DataFrame":
    """Of each rater one rating of each stimulus."""
    rating = table["kind"] == RATING
    keys = ["rater", "stimulus"]
    again = rating & table[rating].duplicated(keys).reindex(table.index, fill_value=False)
    if not again.any():
        return table
    if config.repeated == "refuse":
        raise CircumplexError(
            f"{int(again.sum())} ratings were given twice, such as "
            f"{_places(table[again])[0]}; say --repeated first, last or mean"
        )
    what = {"mean": "averaged as asked"}.get(config.repeated, f"the {config.repeated} kept")
    faults.add(f"a picture rated twice by one rater, {what}", _places(table[again]))
    if config.repeated == "mean":
        answers = [*TARGETS, *(f"{target}_answer" for target in TARGETS)]
        means = table[rating].groupby(keys)[answers].transform("mean")
        table.loc[rating, answers] = means
    if config.repeated == "last":
        again = rating & table[rating].duplicated(keys, keep="last").reindex(
            table.index, fill_value=False
        )
    return table[~again]


def _places(table: "pd.DataFrame") -> list[str]:
    return [
        f"{rater}, {stimulus if isinstance(stimulus, str) else 'instructed trial'} ({source})"
        for rater, stimulus, source in zip(
            table["rater"], table["stimulus"], table["source"], strict=True
        )
    ]


def about(
    config: ImportConfig, faults: Faults, files: Sequence[DataFile], scale: str
) -> dict[str, Any]:
    """What ratings.json holds beside the table."""
    return {
        "config": asdict(config),
        "scale": scale,
        "faults": faults.found,
        "files": [
            {"name": file.path.name, "sha256": file.digest, "program": file.program,
             "wide": list(file.wide), "summaries": list(file.summaries)}
            for file in files
        ],
    }  # fmt: skip


def groups_left_out(files: Sequence[DataFile], kept: Sequence[str]) -> list[str]:
    """Columns that look like groups of raters and were not asked for: one word for each rater, of
    a few that several raters share."""
    import pandas as pd

    table = pd.concat([file.table for file in files], ignore_index=True)
    raters = table["rater"].nunique()
    found = []
    for name in map(str, table.columns):
        if name in _RESERVED or name in kept or name in _OF_PROGRAMS:
            continue
        words = table[name].astype("string").str.strip().replace("", None)
        counts = words.groupby(table["rater"]).nunique()
        if (counts == 1).mean() > 0.5 and counts.max() == 1 and (
            2 <= words.nunique() <= max(2, raters // 2)
        ):  # fmt: skip
            found.append(name)
    return found


def data_paths(given: Iterable[Path]) -> list[Path]:
    """Files as given, and those in folders."""
    found = []
    for path in given:
        if path.is_dir():
            found += sorted(
                p for p in path.iterdir() if p.suffix.lower() in (".csv", ".json", ".tsv")
            )
        else:
            found.append(path)
    if not found:
        raise CircumplexError("there are no files of ratings; name CSV or JSON files, or a folder")
    return found
