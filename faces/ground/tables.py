"""Tables as CSV and Parquet, whole or absent: the one place that knows how they are written.

CSV is UTF-8 with a header and lines that end in a newline, on every system; what is None is empty.
"""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from faces.ground.files import replacing, write_bytes

_CSV: dict[str, Any] = {"lineterminator": "\n"}

Row = TypeVar("Row")


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV; a row holds nothing but the columns, and may lack some.

    Raises:
        ValueError: a row has a key that is no column.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, columns, **_CSV)
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows that are all at hand; see `csv_text`."""
    write_bytes(path, csv_text(rows, columns).encode())


@contextmanager
def csv_rows(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Mapping[str, Any]], object]]:
    """Yield a function that appends a row; the file is there when the block has ended well."""
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns, **_CSV)
        table.writeheader()
        yield table.writerow


def write_parquet(path: Path, columns: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Write columns by name, or rows that share their keys."""
    import pandas as pd

    with replacing(path) as partial:
        pd.DataFrame(columns).to_parquet(partial, index=False)


def write_both(stem: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that share their keys as `stem`.csv and `stem`.parquet, in the same precision."""
    import pandas as pd

    with replacing(stem.with_name(f"{stem.name}.csv")) as partial:
        pd.DataFrame(rows).to_csv(partial, index=False, **_CSV)
    write_parquet(stem.with_name(f"{stem.name}.parquet"), rows)


class BufferedTable(ABC, Generic[Row]):
    """A table written some rows at a time, in flat memory; its files appear when all is well.

    Used in a `with` block: where that fails, nothing is left behind.
    """

    def __init__(self, rows_at_once: int) -> None:
        self._rows_at_once = rows_at_once
        self._buffer: list[Row] = []
        self._files = ExitStack()

    def __enter__(self) -> Self:
        self._open(self._files)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._files.__exit__(kind, error, trace)
            return
        with self._files:
            self._flush()
            self._finish()

    def _append(self, row: Row) -> None:
        self._buffer.append(row)
        if len(self._buffer) == self._rows_at_once:
            self._flush()

    def _flush(self) -> None:
        if self._buffer:
            self._write(self._buffer)
            self._buffer.clear()

    @abstractmethod
    def _open(self, files: ExitStack) -> None:
        """Open the files, for `files` to close."""

    @abstractmethod
    def _write(self, rows: list[Row]) -> None:
        """Write some rows, at least one."""

    @abstractmethod
    def _finish(self) -> None:
        """Write what stands beside the rows, before the files are closed."""
