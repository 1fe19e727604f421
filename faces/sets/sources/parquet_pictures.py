"""Parquet tables that hold the pictures themselves, as Hugging Face's data sets do."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from faces.ground.errors import CircumplexError, first_line
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import CodeBook, book_of, meanings_of
from faces.sets.sources.stores import SpooledStore
from faces.sets.sources.words import split_of

_ROWS_AT_ONCE = 256


def has_pictures(path: Path) -> bool:
    """Whether a table is Parquet with a column of pictures' bytes."""
    return path.suffix.lower() == ".parquet" and _picture_column(path) is not None


def read_with_pictures(
    files: Sequence[Path], progress: Progress = silent
) -> tuple[pd.DataFrame, SpooledStore, dict[str, CodeBook]]:
    """The columns but that of pictures, whose place `path` takes; the pictures; the code books.

    The pictures lie in a temporary file meanwhile. Where the tables name classes, as Hugging Face's
    metadata does, these prove the code book of their column.

    Raises:
        CircumplexError: a table cannot be read.
    """
    store = SpooledStore()
    pieces: list[pd.DataFrame] = []
    for file in files:
        pieces.extend(progress(_pieces(file, store), f"reading {file.name}"))
    table = pd.concat(pieces, ignore_index=True)
    return table, store, _books_in(files[0])


def _pieces(file: Path, store: SpooledStore) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    column, number = _picture_column(file), 0
    split = split_of(file.stem.split("-of-")[0])
    try:
        with parquet.ParquetFile(file) as opened:
            for batch in opened.iter_batches(_ROWS_AT_ONCE):
                cells = batch.column(column).to_pylist()
                paths = []
                for cell in cells:
                    data = cell.get("bytes") if isinstance(cell, dict) else cell
                    paths.append(f"{file.stem}/{number:07d}" if data else None)
                    if data:
                        store.add(f"{file.stem}/{number:07d}", data)
                    number += 1
                rest = batch.drop_columns([column]).to_pandas(integer_object_nulls=True)
                rest["path"] = pd.Series(paths, rest.index, object)
                yield rest if split is None or "split" in rest else rest.assign(split=split)
    except (OSError, pa.ArrowException) as error:
        raise CircumplexError(
            f"{file} is no readable Parquet file ({first_line(error)})"
        ) from error


def _picture_column(path: Path) -> str | None:
    """The first column of bytes, bare or beside a path."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        schema = parquet.read_schema(path)
    except (OSError, pa.ArrowException):
        return None  # the table's reader says what is wrong with it
    for field in schema:
        kind = field.type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind = kind.field("bytes").type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(field.name)
    return None


def _books_in(path: Path) -> dict[str, CodeBook]:
    """The code books of the columns whose classes Hugging Face's metadata names."""
    import pyarrow.parquet as parquet

    metadata = parquet.read_schema(path).metadata or {}
    try:
        described: Any = json.loads(metadata.get(b"huggingface", b"{}"))
        features = dict(described["info"]["features"])
    except (ValueError, KeyError, TypeError):
        return {}
    books: dict[str, CodeBook] = {}
    for column, feature in features.items():
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel":
            with suppress(CircumplexError):  # classes of something else
                name = f"{path.name}'s metadata"
                books[column] = book_of(name, meanings_of(feature.get("names")))
    return books
