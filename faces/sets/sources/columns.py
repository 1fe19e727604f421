"""Which column of a table is which field, by the names that people give them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from pathlib import Path, PurePath

import pandas as pd

from faces.circumplex import EXPRESSIONS
from faces.ground.dialects import to_numbers
from faces.ground.errors import CircumplexError
from faces.sets.folders import PICTURES
from faces.sets.sources.code_books import Meanings
from faces.sets.sources.rows import BOX, POINTS
from faces.sets.sources.words import expression_of, is_no_expression, split_of

#: What a mapping may name; a table needs no more than `path`.
FIELDS = ("path", "split", "expression", "identity", "valence", "arousal", *BOX, *POINTS)
#: Other names of the fields, in small letters without spaces and signs; the first is preferred.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "path": (
        *("path", "filepath", "imagepath", "imgpath", "picturepath", "file", "filename", "fname"),
        *("image", "imagename", "imagefile", "imagefilename", "img", "imgname", "picture", "pth"),
        *("photo", "stimulus", "stimulusfile", "subdirectoryfilepath", "videofilename", "input"),
    ),
    "split": ("split", "usage", "subset", "partition", "set", "fold"),
    "expression": (
        *("expression", "emotion", "label", "labels", "class", "category", "emotionlabel"),
        *("expressionlabel", "exp", "expr", "emo", "facialexpression", "dominantemotion"),
        *("classname", "labelname", "target"),
    ),
    "identity": (
        *("identity", "subject", "subjectid", "person", "personid", "participant", "actor"),
        *("actorid", "identityid", "individual", "model", "modelid"),
    ),
    "valence": ("valence", "val", "v", "valencemean", "meanvalence", "valencerating"),
    "arousal": ("arousal", "aro", "a", "arousalmean", "meanarousal", "arousalrating"),
}
_AFFECT = ("valence", "arousal")
_LABELS = ("expression", *_AFFECT)
#: Beside these `expression` is what a reader found, and no label.
_PROBABILITIES = frozenset(f"p_{name}" for name in EXPRESSIONS)
#: Ratings have fewer than this where a column is a constant or a yes and no.
_LEAST_RATINGS = 3
_LIKE_LABELS = re.compile(r"valence|arousal|dominance|emotion|expression|label")


@dataclass(frozen=True)
class ColumnMatch:
    """Columns by field, and those that are no field and look like labels, or hold numbers that may
    be ratings."""

    columns: Mapping[str, str]
    unused: tuple[str, ...]
    numbers: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What is not plain, in words."""
        renamed = ", ".join(f"{n} from {c}" for n, c in self.columns.items() if n != c)
        unused = ", ".join(self.unused)
        single = {"valence", "arousal"} & set(self.columns)
        found = (
            renamed,
            f"label-like and not used: {unused}" if unused else "",
            self._numbers(),
            f"{next(iter(single))} alone is no label of affect" if len(single) == 1 else "",
        )
        return [note for note in found if note]

    def _numbers(self) -> str:
        """Which columns hold numbers that may be ratings, in words."""
        if not self.numbers:
            return ""
        wanted = next(name for name in _AFFECT if name not in self.columns)
        return (
            f"numbers and not used: {_shown(self.numbers)}; ratings are named as in --column "
            f"{wanted}={self.numbers[0]}"
        )


def match_columns(
    table: pd.DataFrame, given: Mapping[str, str], meanings: Meanings, path: Path
) -> ColumnMatch:
    """Find the columns of a table's fields.

    Args:
        given: field to column, before all else; then come columns of the field's own name, but
            for the `expression` of a table of readings.
        meanings: which words are expressions.

    Raises:
        CircumplexError: a field or a column of `given` is not there, or no column has paths.
    """
    if unknown := sorted(set(given) - set(FIELDS)):
        raise CircumplexError(f"{unknown[0]} is no field; map any of {', '.join(FIELDS)}")
    names = [str(name) for name in table.columns]
    missing = [column for column in given.values() if column not in names]
    read = {"expression"} if _PROBABILITIES & set(names) else set()
    offered = [name for name in names if name not in read]
    found = {name: name for name in FIELDS if name in offered} | dict(given)
    for field, synonyms in SYNONYMS.items():
        if field not in found:
            free = [name for name in offered if name not in found.values()]
            named = [n for s in synonyms for n in free if _plain(n) == s]
            fitting = _fitting(
                field, [n for n in named if _holds(field, table[n])], table, meanings
            )
            if fitting is not None:
                found[field] = fitting
    if missing or "path" not in found:
        if any(PurePath(name).suffix.lower() in PICTURES for name in names):
            raise CircumplexError(f"{path} has no header; add one, such as path,expression")
        wanted = [
            name for name in ("path", *_LABELS) if name not in found or found[name] in missing
        ]
        options = " ".join(f"--column {name}=NAME" for name in wanted)
        raise CircumplexError(
            f"{path} has no column {(missing or ['path'])[0]!r}, only {_shown(names)}; map the "
            f"names, such as {options}"
        )
    free = [name for name in names if name not in found.values()]
    unused = tuple(filter(_is_like_a_label, free))
    # readings are full of numbers, and a set that is rated needs no further ones
    asked = not _PROBABILITIES & set(names) and not {*_AFFECT} <= set(found)
    others = [name for name in free if name not in unused and not expression_of(name)]
    numbers = [name for name in others if asked and _may_be_ratings(name, table[name])]
    return ColumnMatch(found, unused, tuple(numbers))


def has_path(names: Iterable[str]) -> bool:
    """Whether one of a table's columns is named as paths are."""
    return any(_plain(name) in SYNONYMS["path"] for name in names)


def _fitting(field: str, named: list[str], table: pd.DataFrame, meanings: Meanings) -> str | None:
    """The one of a field's columns that is meant; words before codes."""
    if field != "expression":
        return named[0] if named else None

    def worth(name: str) -> int:
        words = list(table[name].dropna().astype(str).unique()[:50])
        known = sum(meanings.expression(word)[0] is not None for word in words)
        coded = sum(meanings.is_code(word) for word in words)
        return 2 if known > coded else int(coded > 0)

    worths = {name: worth(name) for name in named}
    return max((name for name in named if worths[name]), key=worths.__getitem__, default=None)


def _holds(field: str, column: pd.Series) -> bool:
    """Whether a column named like a field holds what the field does."""
    known = column.dropna()
    tests: Mapping[str, Callable[[], bool]] = {
        "split": lambda: all(split_of(word) for word in known.astype(str).unique()),
        "valence": lambda: bool(to_numbers(known).notna().mean() > 0.5),
        "arousal": lambda: bool(to_numbers(known).notna().mean() > 0.5),
    }
    return bool(len(known)) and tests.get(field, lambda: True)()


def _is_like_a_label(name: str) -> bool:
    plain = _plain(name)
    return any(plain in SYNONYMS[field] for field in _LABELS) or bool(_LIKE_LABELS.search(plain))


def _may_be_ratings(name: str, column: pd.Series) -> bool:
    """Whether a column holds several numbers, and no whole ones of which each row has its own."""
    known = column.dropna()
    if is_no_expression(name) or not known.map(lambda cell: isinstance(cell, (str, Number))).all():
        return False
    numbers = to_numbers(known).dropna()
    distinct = numbers.nunique()
    counts_rows = distinct == len(numbers) and not (numbers % 1).any()
    return len(numbers) > len(known) / 2 and distinct >= _LEAST_RATINGS and not counts_rows


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f", … ({len(names)})" if len(names) > 20 else "")
