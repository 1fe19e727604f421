"""Faces listed in a CSV, TSV or Parquet table whose columns are mapped by name."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from faces.ground.errors import CircumplexError, first_line
from faces.sets.sources.rows import BOX, POINTS, Source

SUFFIXES = (".csv", ".tsv", ".parquet")
_TEXT = ("path", "split", "expression", "identity")
#: What a mapping may name; a table needs no more than `path`.
FIELDS = (*_TEXT, "valence", "arousal", *BOX, *POINTS)
_MISSING = ("", "NA", "N/A", "NaN", "nan", "None", "none", "null", "NULL")
_RESERVED = frozenset((*FIELDS, "reason", "confidence", "yaw", "pitch", "roll", "digest"))


def read_table(
    path: Path, columns: Mapping[str, str] | None = None, keep: Sequence[str] = ()
) -> Source:
    """Read a table of faces.

    Args:
        path: the table; picture paths in it are relative to its folder.
        columns: field to column, such as {"valence": "val"}; a field that is not mapped is read
            from the column of its own name, if there is one.
        keep: names of further columns to carry into the manifest, or patterns such as "votes_*".

    Raises:
        CircumplexError: unreadable, or a mapped or kept column is not there.
    """
    columns = dict(columns or {})
    if unknown := sorted(set(columns) - set(FIELDS)):
        raise CircumplexError(f"{unknown[0]} is no field; map any of {', '.join(FIELDS)}")
    raw = _load(path, tuple(columns.get(name, name) for name in _TEXT))
    mapping = {name: name for name in FIELDS if name in raw} | columns
    missing = [column for column in ("path", *mapping.values()) if column not in raw]
    if "path" in mapping:
        missing = [column for column in missing if column != "path"]
    if missing:
        raise CircumplexError(
            f"{path} has no column {missing[0]!r}, only {', '.join(map(str, raw.columns))}; "
            "map the names"
        )
    extra = _extra_columns(raw, keep, path)
    return Source.of(
        "table",
        path.parent,
        {name: raw[column] for name, column in mapping.items()},
        {name: raw[name] for name in extra},
    )


def _load(path: Path, words: tuple[str, ...]) -> pd.DataFrame:
    """A table as a data frame; in the columns of `words`, "NA" and "None" are words.

    Raises:
        CircumplexError: missing, empty or not such a table.
    """
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        header = pd.read_csv(path, nrows=0, sep=separator, encoding="utf-8-sig").columns
        missing = {name: [""] if name in words else list(_MISSING) for name in header}
        return pd.read_csv(
            path,
            na_values=missing,
            keep_default_na=False,
            low_memory=False,
            sep=separator,
            encoding="utf-8-sig",
        )
    except (OSError, ValueError) as error:
        # what pandas and pyarrow raise on a table that is none are ValueErrors
        raise CircumplexError(
            f"{path} is not a readable table ({first_line(error)}); check it"
        ) from error


def _extra_columns(raw: pd.DataFrame, keep: Sequence[str], path: Path) -> list[str]:
    """The columns that `keep` names, in the table's order.

    Raises:
        CircumplexError: a name matches none, or one that the manifest uses itself.
    """
    for pattern in keep:
        if not any(fnmatchcase(name, pattern) for name in raw.columns):
            raise CircumplexError(f"{path} has no column {pattern} to keep; leave it out")
    extra = [name for name in raw.columns if any(fnmatchcase(name, p) for p in keep)]
    if reserved := sorted(_RESERVED & set(extra)):
        raise CircumplexError(
            f"the manifest has its own column {reserved[0]}; do not keep it as well"
        )
    return extra
