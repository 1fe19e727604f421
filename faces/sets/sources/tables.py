"""Faces listed in tables of any dialect, or held by them: Parquet with the pictures' bytes."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from faces.ground.dialects import (
    MISSING,
    SUFFIXES,
    is_json_lines,
    names_in_json_lines,
    read_columns,
    to_numbers,
    typed,
)
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import PROVEN, UNREAD, CodeBook, Meanings
from faces.sets.sources.columns import FIELDS, has_path, match_columns
from faces.sets.sources.locations import locate
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.parquet_pictures import has_pictures, read_with_pictures
from faces.sets.sources.ratings import normalise_ratings
from faces.sets.sources.rows import BOX, POINTS, Source
from faces.sets.sources.stores import PictureStore
from faces.sets.sources.votes import majority
from faces.sets.sources.words import split_of

_NUMBERS = ("valence", "arousal", *BOX, *POINTS)
_UNREAD_NOTES = {
    UNREAD: "codes of expressions are left unread",
    PROVEN: "codes of expressions are left unread (--codes says whose they are)",
}
_RESERVED = frozenset((*FIELDS, "reason", "confidence", "yaw", "pitch", "roll", "digest"))


def tables_at(path: Path) -> list[Path]:
    """The tables that are meant by a path: the file, the only one in a folder, or one a split.

    Of a folder, JSON Lines count that have a column of paths, where there are no other tables.
    """
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    found = sorted(filter(_is_table, path.iterdir()))
    # Hugging Face's repositories keep their tables in data/
    if not found and (path / "data").is_dir():
        found = sorted(filter(_is_table, (path / "data").iterdir()))
    # programs leave JSON Lines of their own beside pictures and tables
    before = [file for file in found if not is_json_lines(file)]
    for tables in (before, found):
        of_split = [file for file in tables if _split_of_file(file)]
        if len(of_split) >= 2:
            return of_split
    return before or found


def is_table(path: Path) -> bool:
    """Whether a path means a table, or tables that belong together."""
    found = tables_at(path)
    return len(found) == 1 or (bool(found) and all(map(_split_of_file, found)))


def read_tables(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read a table of faces, or the tables of a folder that are named after splits.

    Picture paths are relative to the table's folder, or to `options.images`.

    Raises:
        CircumplexError: unreadable, no paths or pictures, a mapped or kept column that is not
            there, codes without a book, or ratings on another scale.
    """
    files = tables_at(path)
    if not files or (len(files) > 1 and not all(map(_split_of_file, files))):
        names = ", ".join(file.name for file in files)
        raise CircumplexError(f"{path} holds {len(files)} tables ({names}); name one of them")
    if all(map(has_pictures, files)):
        table, store, books = read_with_pictures(files, progress)
        return table_source(table, path, options, pictures=store, books=books)
    pieces: list[pd.DataFrame] = []
    notes: dict[str, None] = {}  # each once, in their order
    for file in files:
        piece, understood = read_columns(file, as_text=True)
        notes |= dict.fromkeys(understood)
        split = _split_of_file(file) if len(files) > 1 else None
        pieces.append(piece.assign(split=split) if split and "split" not in piece else piece)
    table = pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)
    if table.empty:
        raise CircumplexError(
            f"{files[0]} lists no faces: a header and no rows; name a table that has some"
        )
    several = [f"{len(files)} tables, each a split"] if len(files) > 1 else []
    return table_source(table, files[0], options, notes=[*several, *notes])


def table_source(
    table: pd.DataFrame,
    path: Path,
    options: SourceOptions,
    *,
    form: str = "table",
    reasons: Sequence[str | None] | None = None,
    notes: Sequence[str] = (),
    pictures: PictureStore | None = None,
    books: Mapping[str, CodeBook] = MappingProxyType({}),
) -> Source:
    """The faces of a table in memory.

    Args:
        path: of the table; names it in errors.
        reasons: why a row cannot be used, None where it can; None knows of no such rows.
        notes: what was understood of its dialect.
        pictures: bytes of the pictures, where they are no files.
        books: of the codes in a column, where its form proves one.

    Raises:
        CircumplexError: see `read_tables`.
    """
    meanings = options.meanings()
    match = match_columns(table, options.columns, meanings, path)
    book = books.get(match.columns.get("expression", ""))
    if book is not None:
        meanings = meanings.proven(book)
    extra = _extra_columns(table, options.keep, path)
    columns = {name: table[column] for name, column in match.columns.items()}
    if reasons is not None:
        columns["reason"] = pd.Series(reasons, table.index, object)
    root, located = (
        (path.parent, "") if pictures is not None else _find_pictures(columns, options, path)
    )
    rated = _make_numbers(columns, options, path)
    voted = _count_votes(columns, table)
    said = (_coding(columns, meanings), _unknown(columns, meanings), _repeated(columns))
    return Source.of(
        form,
        root,
        columns,
        {name: typed(table[name]) for name in extra},
        meanings=meanings,
        pictures=pictures,
        where=path,
        notes=[note for note in (*notes, voted, *match.notes(), *rated, located, *said) if note],
    )


def _make_numbers(columns: dict[str, pd.Series], options: SourceOptions, path: Path) -> list[str]:
    """Make numbers of the columns that are some, ratings on their scale; what is to be said of it.

    Raises:
        CircumplexError: ratings on another scale.
    """
    numbers = {n: to_numbers(c) for n, c in columns.items() if n in _NUMBERS}
    worded = [_worded(name, columns[name], each) for name, each in numbers.items()]
    columns |= numbers
    paths = columns["path"]
    dropped = paths.notna() & paths.astype("string").duplicated()
    return [*worded, *normalise_ratings(columns, options.scale, path, ~dropped)]


def _find_pictures(
    columns: dict[str, pd.Series], options: SourceOptions, path: Path
) -> tuple[Path, str]:
    """Make paths of the column of paths: the folder of them all, and how they were found."""
    # Hugging Face's columns of pictures hold a path beside bytes, which may be None
    cells = columns["path"].map(_path_of)
    paths = cells.astype("string").astype("object")
    found = locate(paths.where(paths.notna(), None), path.parent, options.images)
    columns["path"] = found.paths
    return found.root, found.note


def _count_votes(columns: dict[str, pd.Series], table: pd.DataFrame) -> str:
    """Add the expressions that columns of votes say, where no other column does; how, in words."""
    voted = None if "expression" in columns else majority(table)
    if voted is None:
        return ""
    columns["expression"], note = voted
    return note


def _path_of(cell: object) -> object:
    return cell.get("path") if isinstance(cell, dict) else cell


def _worded(name: str, cells: pd.Series, numbers: pd.Series) -> str:
    """That some of a column's cells are words, and so no numbers; an example of them."""
    words = cells[numbers.isna() & cells.notna()].astype(str).str.strip()
    words = words[~words.isin(("", *MISSING))]
    if words.empty:
        return ""
    return f"{name} is no number in {len(words)} rows, such as {words.iloc[0]!r}"


def _coding(columns: Mapping[str, pd.Series], meanings: Meanings) -> str:
    """Whose codes the expressions are, in words; nothing where there are none."""
    if "expression" not in columns:
        return ""
    words = columns["expression"].dropna().astype(str).unique()
    if not any(meanings.is_code(word) for word in words):
        return ""
    if meanings.book is None:
        return _UNREAD_NOTES.get(meanings.unread or "", "")
    return f"expressions by the codes of {meanings.book}"


def _unknown(columns: Mapping[str, pd.Series], meanings: Meanings) -> str:
    """Which words among the expressions mean none, and in how many rows they stand."""
    words = columns.get("expression", pd.Series(dtype=object)).dropna().astype(str)
    known = {
        word: meanings.is_code(word) or not word.strip() or any(meanings.expression(word))
        for word in words.unique()
    }
    unknown = words[~words.map(known).astype(bool)].value_counts()
    if unknown.empty:
        return ""
    shown = ", ".join([*map(repr, unknown.index[:8]), *["…"] * (len(unknown) > 8)])
    return f"no expression in {shown} ({unknown.sum()} rows; --map NAME=EXPRESSION)"


def _repeated(columns: Mapping[str, pd.Series]) -> str:
    """How many pictures stand in several rows, which may be as many people's ratings."""
    paths = columns["path"].dropna()
    several = paths[paths.duplicated()].nunique()
    if not several:
        return ""
    return (
        f"{several} pictures stand in several rows, of which the first counts; where these are "
        "several people's ratings, take their means first"
    )


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


def _is_table(file: Path) -> bool:
    if file.suffix.lower() not in SUFFIXES or file.name.startswith(".") or not file.is_file():
        return False
    names = names_in_json_lines(file) if is_json_lines(file) else None
    return names is None or has_path(names)


def _split_of_file(file: Path) -> str | None:
    """The split that a table is named after: train.csv, train_labels.csv, train-00000-of-00002."""
    return split_of(file.stem) or split_of(file.stem.split("-of-")[0])
