"""Faces listed in tables of any dialect, or held by them: Parquet with the pictures' bytes."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from faces.ground.dialects import SUFFIXES, read_columns, to_numbers, typed
from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import PROVEN, UNREAD, CodeBook, Meanings
from faces.sets.sources.columns import FIELDS, match_columns
from faces.sets.sources.locations import locate
from faces.sets.sources.options import SourceOptions, normalise_ratings
from faces.sets.sources.parquet_pictures import has_pictures, read_with_pictures
from faces.sets.sources.rows import BOX, POINTS, Source
from faces.sets.sources.stores import PictureStore
from faces.sets.sources.words import split_of

_NUMBERS = ("valence", "arousal", *BOX, *POINTS)
_UNREAD_NOTES = {
    UNREAD: "codes of expressions are left unread",
    PROVEN: "codes of expressions are left unread (--codes says whose they are)",
}
_RESERVED = frozenset((*FIELDS, "reason", "confidence", "yaw", "pitch", "roll", "digest"))


def tables_at(path: Path) -> list[Path]:
    """The tables that are meant by a path: the file, the only one in a folder, or one a split."""
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    found = sorted(filter(_is_table, path.iterdir()))
    # Hugging Face's repositories keep their tables in data/
    if not found and (path / "data").is_dir():
        found = sorted(filter(_is_table, (path / "data").iterdir()))
    of_split = [file for file in found if _split_of_file(file)]
    if len(found) > 1 and len(of_split) >= 2:
        return of_split
    return found


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
    columns |= {n: to_numbers(c) for n, c in columns.items() if n in _NUMBERS}
    rated = normalise_ratings(columns, options.scale, path)
    root, located = path.parent, ""
    if pictures is None:
        paths = columns["path"].astype("string").astype("object")
        found = locate(paths.where(paths.notna(), None), path.parent, options.images)
        root, columns["path"], located = found.root, found.paths, found.note
    coded = _coding(columns, meanings)
    return Source.of(
        form,
        root,
        columns,
        {name: typed(table[name]) for name in extra},
        meanings=meanings,
        pictures=pictures,
        where=path,
        notes=[note for note in (*notes, *match.notes(), *rated, located, coded) if note],
    )


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
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _split_of_file(file: Path) -> str | None:
    """The split that a table is named after: train.csv, train_labels.csv, train-00000-of-00002."""
    return split_of(file.stem) or split_of(file.stem.split("-of-")[0])
