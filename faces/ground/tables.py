"""Tables as CSV and Parquet, whole or absent: the one place that knows how they are written.

CSV is UTF-8 with a header and lines that end in a newline, on every system; what is None is empty.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faces.ground.files import replacing, write_bytes

_CSV: dict[str, Any] = {"lineterminator": "\n"}


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
