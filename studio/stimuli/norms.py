"""Norms of stimuli, such as human ratings, brought to the rows of an export."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from studio.stimuli.columns import COUNT, NUMBER, TEXT, TRUTH, Column, is_of_exports

KEY = "stimulus"  #: the column that names the picture: by its file, or by the SHA-256 of its bytes
_TABLE_KEY = "file"  #: the same in an export's own table with ratings added
_PERSON = "person"  #: what a report on ratings adds to it of the export's own columns
_DIGEST = "sha256"  #: of the picture that was rated, where the norms say it
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_MEAN = re.compile(r"(valence|arousal)_(mean|sd|n|low|high)")
_MEANINGS = {
    "mean": "mean rating",
    "sd": "standard deviation of the ratings",
    "n": "number of ratings",
    "low": "lower end of the interval of the mean rating",
    "high": "upper end of the interval of the mean rating",
}
_MISSING = frozenset(("", "NA", "N/A", "n/a", "NaN", "nan"))
#: Eighteen digits: what all programs hold as a whole number. Zeros ahead are part of a name.
_COUNT = re.compile(r"[+-]?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,99})?(\.\d*)?([eE][+-]?\d{1,2})?", re.ASCII)
_TRUTHS = {"TRUE": True, "True": True, "true": True, "FALSE": False, "False": False, "false": False}


@dataclass(frozen=True)
class Norms:
    """What is known of stimuli from elsewhere.

    Attributes:
        path: of the table; columns: beside the one that names the picture, of the kind that the
            whole column is of.
    """

    path: Path
    columns: tuple[Column, ...]
    _rows: Mapping[str, Mapping[str, Any]]
    _digests: Mapping[str, str]

    @classmethod
    def read(cls, path: Path, taken: Collection[str]) -> "Norms":
        """A CSV with the column `stimulus`, or the table of this or another export with
        columns added, of which these are taken: `person` and what exports say themselves are not.
        Columns that the field calls valence_mean, valence_sd, valence_n, … become rated_valence,
        rated_valence_sd, rated_valence_n, …, so that none is taken for a request. Missing is what
        is empty, NA, N/A or NaN. A column `sha256` says which picture was rated.

        Args:
            taken: columns that the export has itself.

        Raises:
            CircumplexError: missing, unreadable, without that column, a picture named twice, or a
                column whose name is taken or no name.
        """
        header, lines = _read(path)
        key = KEY if KEY in header or _TABLE_KEY not in header else _TABLE_KEY
        if key not in header:
            raise CircumplexError(f"{path} has no column {KEY}, which names each picture's file")
        names = [name for name in header if name not in (key, _DIGEST)]
        if key == _TABLE_KEY:
            own = {*taken, _PERSON}
            names = [name for name in names if name not in own and not is_of_exports(name)]
        for name in map(rated_name, names):
            if name in taken or not _NAME.fullmatch(name):
                cause = "the export has that itself" if name in taken else "that is no plain name"
                raise CircumplexError(f"{path}: column {name!r}: {cause}; rename it")
        keys = _keys(path, [line[key] for line in lines])
        found = {name: _typed([line[name] for line in lines]) for name in names}
        renamed = [rated_name(name) for name in names]
        if len(set(renamed)) < len(renamed):
            twice = next(name for name in renamed if renamed.count(name) > 1)
            raise CircumplexError(f"{path} has two columns for {twice}; leave one out")
        values = zip(*(cells for _, cells in found.values()), strict=True)
        rows = values if names else iter([()] * len(keys))
        return cls(
            path,
            tuple(_described(path, name, *found[name]) for name in names),
            {
                each: dict(zip(renamed, row, strict=True))
                for each, row in zip(keys, rows, strict=True)
            },
            {
                each: line[_DIGEST]
                for each, line in zip(keys, lines, strict=True)
                if line.get(_DIGEST)
            },
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return file_digest(self.path)

    def of(self, file: str, digest: str | None) -> dict[str, Any]:
        """The norms of one picture, None where there are none.

        Args:
            file: its path in the export; digest: SHA-256 of its bytes, where they are final.
        """
        found = self._rows.get(_key(file)) or self._rows.get(digest or "", {})
        return {column.name: found.get(column.name) for column in self.columns}

    def knows(self, file: str, digest: str | None) -> bool:
        """Whether a picture is named."""
        return _key(file) in self._rows or (digest or "") in self._rows

    def is_of(self, file: str, digest: str) -> bool | None:
        """Whether the norms are of these very bytes; None where they name a file alone, or not this
        picture."""
        if digest in self._rows:
            return True
        rated = self._digests.get(_key(file))
        return None if rated is None else rated == digest


def rated_name(name: str) -> str:
    """A column's name among those of an export."""
    found = _MEAN.fullmatch(name)
    if found is None:
        return name
    target, what = found.groups()
    return f"rated_{target}" if what == "mean" else f"rated_{target}_{what}"


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The header, and the cells of each line by column."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header, *rows = [row for row in csv.reader(stream) if row]
    except FileNotFoundError as error:
        raise CircumplexError(f"{path} is missing; give a CSV of norms") from error
    except (OSError, ValueError, csv.Error) as error:
        raise CircumplexError(f"{path} is not a readable CSV ({error})") from error
    if len(set(header)) < len(header) or any(len(row) > len(header) for row in rows):
        raise CircumplexError(
            f"{path} is not a readable CSV (a column is there twice, or a line has more cells than "
            "the header)"
        )
    short = [row + [""] * (len(header) - len(row)) for row in rows]
    return header, [dict(zip(header, row, strict=True)) for row in short]


def _keys(path: Path, names: Sequence[str]) -> list[str]:
    """What names each picture, each once."""
    keys = [_key(name) for name in names]
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if "" in keys or twice:
        what = "a row without a name" if "" in keys else f"{twice[0]} twice"
        raise CircumplexError(f"{path} has {what} under {KEY}; give each picture one row")
    return keys


def _typed(cells: Sequence[str]) -> tuple[str, list[Any]]:
    """The kind of a column, and its values, None for what is missing."""
    texts = [None if cell.strip() in _MISSING else cell.strip() for cell in cells]
    known = [text for text in texts if text is not None]
    kind: str = TEXT
    make: Callable[[str], Any] = str
    if known and all(text in _TRUTHS for text in known):
        kind, make = TRUTH, _TRUTHS.__getitem__
    elif known and all(_COUNT.fullmatch(text) for text in known):
        kind, make = COUNT, int
    elif all(_NUMBER.fullmatch(text) and any(map(str.isdigit, text)) for text in known):
        kind, make = NUMBER, float
    return kind, [None if text is None else make(text) for text in texts]


def _described(path: Path, name: str, kind: str, values: Sequence[Any]) -> Column:
    """What a column is: its meaning where its name says it, and its values' range, which tells the
    scale that people rated on."""
    found = _MEAN.fullmatch(name)
    meaning = f"Column {name}" if found is None else (
        f"{_MEANINGS[found[2]].capitalize()} of {found[1]} (column {name})"
    )  # fmt: skip
    numbers = [value for value in values if value is not None and kind in (NUMBER, COUNT)]
    if not numbers:
        return Column(rated_name(name), f"{meaning} of {path.name}.", kind)
    spread = f"from {min(numbers):g} to {max(numbers):g}"
    unit = "" if kind == COUNT and found is not None and found[2] == "n" else "as in the norms"
    return Column(rated_name(name), f"{meaning} of {path.name}, there {spread}.", kind, unit)


def _key(name: str) -> str:
    """A file by its name alone, whatever its folder and its format: pictures are rated as they were
    shown; a digest as it is."""
    return re.sub(r"\.(png|jpe?g|webp)$", "", re.split(r"[\\/]", name.strip())[-1])
