"""The rows of an export: its columns, the table, and the journal of what is done."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import EXPRESSIONS, PLACES, angle, word
from faces.ground.errors import CircumplexError
from faces.ground.files import replacing, write_bytes
from studio.stimuli.columns import COUNT, NUMBER, TEXT, TRUTH, Column
from studio.stimuli.plan import Stimulus

if TYPE_CHECKING:
    import pandas as pd

JOURNAL, TABLE = "done.jsonl", "table"
Row = dict[str, Any]

PLANNED = (
    "file",
    "identity",
    "source",
    "seed",
    "edited",
    "valence",
    "arousal",
    "angle",
    "intensity",
    "word",
    "prototype",
    *(f"distance_{name}" for name in EXPRESSIONS),
    "aimed_valence",
    "aimed_arousal",
    "reached",
)
#: Of the finished picture.
MEASURED = ("luminance_mean", "luminance_sd", "sharpness", "clipped", "sha256")


@dataclass(frozen=True)
class Entry:
    """A picture that was made: its row, and the conditions that it does not meet."""

    row: Row
    dropped: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Path inside the export's folder."""
        return str(self.row["file"])


def planned_columns(stimulus: Stimulus) -> Row:
    """What is known of a picture before it is made: whose it is, and where the request lies.

    Angle and intensity are polar coordinates, the word the nearest on the circle, the prototype the
    nearest of eight expressions, from each of which the request has a Euclidean distance.
    """
    row: Row = dict.fromkeys(PLANNED)
    row |= {"file": stimulus.file, "identity": stimulus.identity, "source": stimulus.source}
    row |= {"seed": stimulus.seed, "edited": stimulus.edited}
    if stimulus.valence is None or stimulus.arousal is None:
        return row
    request = stimulus.valence, stimulus.arousal
    apart = {name: float(np.hypot(*np.subtract(PLACES[name], request))) for name in EXPRESSIONS}
    intensity = float(np.hypot(*request))
    return row | {
        "valence": request[0],
        "arousal": request[1],
        "angle": round(angle(*request), 3) if intensity else None,
        "intensity": round(intensity, 4),
        "word": word(*request),
        "prototype": min(apart, key=lambda name: apart[name]),
        **{f"distance_{name}": round(distance, 4) for name, distance in apart.items()},
    }


#: What pandas holds a column of each kind as: kinds that know what is missing.
_HELD = {TEXT: "string", NUMBER: "Float64", COUNT: "Int64", TRUTH: "boolean"}
#: The same where nothing is missing, and of numbers always: what all programs take.
_PLAIN = {TEXT: "string", NUMBER: "float64", COUNT: "int64", TRUTH: "bool"}


def typed_table(rows: Sequence[Row], columns: Sequence[Column]) -> "pd.DataFrame":
    """Rows as a data frame, each column of its own kind whatever its cells are: of text that looks
    like a number, or where all is missing."""
    import pandas as pd

    return pd.DataFrame(
        {
            each.name: pd.Series([row.get(each.name) for row in rows], dtype=_HELD[each.kind])
            for each in columns
        }
    )


def write_table(folder: Path, rows: Sequence[Row], columns: Sequence[Column]) -> None:
    """Write table.csv and table.parquet."""
    table = typed_table(rows, columns)
    with replacing(folder / f"{TABLE}.csv") as partial:
        spell_truth(table).to_csv(partial, index=False, lineterminator="\n")
    plain = {
        each.name: _PLAIN[each.kind]
        for each in columns
        if each.kind == NUMBER or table[each.name].notna().all()
    }
    with replacing(folder / f"{TABLE}.parquet") as partial:
        table.astype(plain).to_parquet(partial, index=False)


def spell_truth(table: "pd.DataFrame") -> "pd.DataFrame":
    """A typed table with TRUE and FALSE for what is true or false: R reads no other words so, and
    pandas, PsychoPy and spreadsheets these too."""
    spelled = {True: "TRUE", False: "FALSE"}
    truths = table.select_dtypes(include=["bool", "boolean"])
    return table.assign(
        **{str(name): column.astype(object).map(spelled) for name, column in truths.items()}
    )


def text_rows(file: Path) -> list[dict[str, str | None]]:
    """The rows of a CSV, each cell the text that stands there, None where it is empty.

    Raises:
        CircumplexError: missing or damaged.
    """
    with _reading(file), file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
        if any(None in row for row in rows):
            raise ValueError("a line has more cells than the header")
        return [{name: value or None for name, value in row.items()} for row in rows]


def table_rows(file: Path) -> list[Row]:
    """The rows of a Parquet table, None for what is missing.

    Raises:
        CircumplexError: missing or damaged.
    """
    import pandas as pd

    with _reading(file):
        table = pd.read_parquet(file).astype(object)
    found = table.where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in found]


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Say of a table that cannot be read why."""
    try:
        yield
    except FileNotFoundError as error:
        raise CircumplexError(f"{file} is missing; export again") from error
    except (ValueError, TypeError, OSError, csv.Error) as error:  # pyarrow's own are ValueErrors
        raise CircumplexError(f"{file} is damaged; remove it and export again") from error


def write_journal(path: Path, entries: Iterable[Entry]) -> None:
    """Write the journal anew: a line torn by a kill must not be continued."""
    write_bytes(path, "".join(_line(entry) for entry in entries).encode())


def append_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Add lines to the journal.

    Raises:
        CircumplexError: it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8", newline="\n") as journal:
            journal.write("".join(_line(entry) for entry in entries))
    except OSError as error:
        raise CircumplexError(
            f"cannot write {path}: {error.strerror or error}; free space and export again"
        ) from error


def _line(entry: Entry) -> str:
    return json.dumps({"row": entry.row, "dropped": entry.dropped}) + "\n"


def read_journal(path: Path) -> Iterator[Entry]:
    """What a killed export had done."""
    if not path.is_file():
        return
    for line in path.read_bytes().splitlines():
        try:
            found: Mapping[str, Any] = json.loads(line)
            yield Entry(dict(found["row"]), tuple(found["dropped"]))
        except (ValueError, TypeError, KeyError):
            continue  # torn by a kill; its picture is made again
