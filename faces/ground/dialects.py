"""Tables as people bring them: encoding, separator and decimal sign are seen from the file.

Statistics programs, spreadsheets and scripts of different countries write one table in different
ways. What was understood is returned in words, so that it can be said.
"""

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.content import require_content
from faces.ground.errors import CircumplexError, first_line

if TYPE_CHECKING:
    import pandas as pd

#: Suffixes of tables; the first two may hold any dialect.
SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
_JSON_LINES = (".jsonl", ".ndjson")
#: How workbooks begin, those of today and the older ones.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BLOCK, _SAMPLE_ROWS = 1 << 20, 30
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Windows' own before Latin-1, of which it is a superset but for five unused codes.
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_DECIMAL_COMMA = r"[-+−]?\d+,\d+"
#: What programs write where a cell has no value.
MISSING = ("NA", "N/A", "NaN", "nan", "None", "none", "null", "NULL", "#N/A")


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes:
        encoding: as Python names it.
        separator: one character.
        padded: whether spaces stand around the names in the header.
        decimal_comma: whether numbers are written 0,5.
        skipped: lines before the header, such as "sep=;" of Excel.
    """

    encoding: str = "utf-8-sig"
    separator: str = ","
    padded: bool = False
    decimal_comma: bool = False
    skipped: int = 0

    def notes(self) -> list[str]:
        """What differs from plain UTF-8 with commas, in words."""
        encodings = {"utf-8-sig": "", "cp1252": "Latin-1 (Windows-1252)", "latin-1": "Latin-1"}
        separator = _SEPARATORS.get(self.separator, repr(self.separator))
        separated = "" if self.separator == "," else f"separated by {separator}"
        found = (
            encodings.get(self.encoding, self.encoding.upper()),
            separated,
            "spaces around names" if self.padded else "",
            "decimal commas" if self.decimal_comma else "",
        )
        return [note for note in found if note]


def read_columns(path: Path, *, as_text: bool = False) -> tuple["pd.DataFrame", list[str]]:
    """Read a CSV, TSV or Parquet table of any dialect, or JSON objects a line each.

    Args:
        path: the table, with a header.
        as_text: keep every cell of a text table as it is written, so that 007 stays 007; an empty
            cell is NaN. Whole numbers of Parquet stay whole where some are missing. Otherwise
            columns of numbers become numbers.

    Returns:
        The table, and what was understood that is not plain, in words.

    Raises:
        CircumplexError: missing, empty or no such table.
    """

    if require_content(path).startswith(_WORKBOOKS):
        raise CircumplexError(f"{path} is a spreadsheet by its content; save it as CSV")
    try:
        if is_json_lines(path):
            return _read_json_lines(path, as_text), []
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path, as_text), []
        dialect = detect_dialect(path)
        table = _read_text(path, dialect, as_text)
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        # what pandas and pyarrow raise on a table that is none are ValueErrors
        raise CircumplexError(
            f"{path} is not a readable table ({first_line(error)}); check it"
        ) from error
    return table, dialect.notes()


def detect_dialect(path: Path) -> Dialect:
    """The dialect of a text table, seen from all its bytes and its first rows.

    Raises:
        OSError: the file cannot be read.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        lines = list(islice(stream, _SAMPLE_ROWS))
    skipped = 0
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    if lines and (stated := re.fullmatch(r'"?sep=(.)"?\s*', lines[0])):
        usual, skipped = stated[1], 1
    sample = "".join(lines[skipped:])
    separator = usual if skipped else _separator(sample, usual)
    rows = _rows(sample, separator)
    header = next(csv.reader(io.StringIO(sample), delimiter=separator), [])
    padded = any(name != name.strip() for name in header)
    cells = [cell.strip() for row in rows[1:] for cell in row]
    comma = any(re.fullmatch(_DECIMAL_COMMA, cell) for cell in cells)
    return Dialect(encoding, separator, padded, comma, skipped)


def is_json_lines(path: Path) -> bool:
    """Whether a table is JSON Lines by its name."""
    return path.suffix.lower() in _JSON_LINES


def names_in_json_lines(path: Path) -> list[str] | None:
    """The columns that the first rows of JSON Lines have; None where they cannot be read."""
    try:
        rows = list(islice(_json_objects(path), _SAMPLE_ROWS))
    except (OSError, ValueError, RecursionError):
        return None
    return list(dict.fromkeys(name for row in rows for name in row))


def to_numbers(column: "pd.Series") -> "pd.Series":
    """A column as float64, decimal commas and typographic minus signs understood; else NaN."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    words = column.astype("string").str.strip().str.replace("−", "-", regex=False)
    if words.str.fullmatch(_DECIMAL_COMMA).any():
        words = words.str.replace(",", ".", regex=False)
    return pd.to_numeric(words.astype("object"), errors="coerce").astype("float64")


def typed(column: "pd.Series") -> "pd.Series":
    """A column of text as numbers where all of it are numbers and none begins with a zero."""
    import pandas as pd

    if not pd.api.types.is_string_dtype(column) and column.dtype != object:
        return column
    words = column.astype("string").str.strip()
    known = words.notna() & ~words.isin(MISSING) & (words != "")
    given = words[known]
    numbers = to_numbers(given)
    if not len(given) or numbers.isna().any() or given.str.match(r"[-+]?0\d").any():
        return column.where(known, None)
    whole = given.str.fullmatch(r"[-+]?\d{1,18}").all()
    if whole and len(given) == len(column):
        return given.astype("int64")
    return numbers.reindex(column.index)


def _read_text(path: Path, dialect: Dialect, as_text: bool) -> "pd.DataFrame":
    import pandas as pd

    settings: Mapping[str, Any] = {
        "sep": dialect.separator,
        "encoding": dialect.encoding,
        "skipinitialspace": dialect.padded,
        "skiprows": dialect.skipped,
    }
    if as_text:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], **settings)
    else:
        decimal = "," if dialect.decimal_comma and dialect.separator != "," else "."
        table = pd.read_csv(path, decimal=decimal, low_memory=False, **settings)
    if dialect.padded:
        table.columns = [str(name).strip() for name in table.columns]
        for name in table.columns[[not pd.api.types.is_numeric_dtype(t) for t in table.dtypes]]:
            table[name] = table[name].str.strip()
    return table


def _read_parquet(path: Path, as_text: bool) -> "pd.DataFrame":
    import pandas as pd

    if not as_text:
        return pd.read_parquet(path)
    import pyarrow.parquet as parquet

    table: pd.DataFrame = parquet.read_table(path).to_pandas(integer_object_nulls=True)
    return table


def _read_json_lines(path: Path, as_text: bool) -> "pd.DataFrame":
    """A table of objects; what one of them lacks is missing.

    Raises:
        ValueError: a line is no object.
    """
    import pandas as pd

    rows = _json_objects(path)
    if not as_text:
        return pd.DataFrame(rows)
    # text before they are a column: one that lacks a value would make 7 of all others 7.0
    cells = [{name: _cell_text(value) for name, value in row.items()} for row in rows]
    return pd.DataFrame(cells, dtype="object")


def _json_objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of JSON Lines. Only a newline ends one: text may hold U+2028 and its like.

    Raises:
        ValueError: a line is no object.
    """
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(f"line {number} is no JSON object")
                yield row


def _cell_text(value: object) -> object:
    """A value as it would stand in a text table; NaN for none."""
    if value is None or value != value:
        return math.nan
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _encoding(path: Path) -> str:
    """The first encoding in which the whole file makes sense."""
    with path.open("rb") as stream:
        head = stream.read(256)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    # Latin letters in UTF-16 have a zero in every second byte
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[first::2].count(0)
        if zeros > len(head) / 4:
            return name
    return next(name for name in _ENCODINGS if _decodes(path, name))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            for block in _blocks(stream.read):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(_BLOCK):
        yield block


def _separator(sample: str, usual: str) -> str:
    """The separator that parts the rows into the most columns, as many in each as in the header."""

    def columns(separator: str) -> int:
        rows = _rows(sample, separator)
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows)
        return width if alike >= 0.9 * len(rows) else 1

    return max((usual, *_SEPARATORS), key=columns)


def _rows(sample: str, separator: str) -> list[list[str]]:
    """Rows of a sample, blank ones left out.

    Raises:
        csv.Error: a cell is longer than the module allows.
    """
    reader = csv.reader(io.StringIO(sample), delimiter=separator, skipinitialspace=True)
    return [row for row in reader if row]
