"""The rows of an export: its columns, the table, and the journal of what is done."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.circumplex import EXPRESSIONS, PLACES, angle, word
from faces.ground.errors import CircumplexError
from faces.ground.files import replacing, write_bytes
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


def mean_distances(rows: Iterable[Row], readers: Iterable[str]) -> dict[str, float]:
    """Mean Euclidean distance of what each reader finds from what was aimed at; without those that
    found nothing."""
    found: dict[str, float] = {}
    rows = list(rows)
    for name in readers:
        far = np.array(
            [
                [row[f"{name}_{each}"] - row[f"aimed_{each}"] for each in ("valence", "arousal")]
                for row in rows
                if all(
                    _is_number(row[column])
                    for column in (f"{name}_valence", f"{name}_arousal", "aimed_valence")
                )
            ]
        ).reshape(-1, 2)
        if len(far):
            found[name] = float(np.linalg.norm(far, axis=1).mean())
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def write_table(folder: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write table.csv, and table.parquet with what pandas reads in it."""
    import pandas as pd

    file = folder / f"{TABLE}.csv"
    with replacing(file) as partial:
        table = spell_truth(pd.DataFrame(rows, columns=list(columns)))
        table.to_csv(partial, index=False, lineterminator="\n")
    with replacing(file.with_suffix(".parquet")) as partial:
        read_table(file).to_parquet(partial, index=False)


def spell_truth(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with TRUE and FALSE for what is true or false: R reads no other words so, and
    pandas, PsychoPy and spreadsheets these too."""
    spelled = {True: "TRUE", False: "FALSE"}
    return table.assign(
        **{
            str(name): column.map(spelled)
            for name, column in table.items()
            if column.dropna().map(lambda value: isinstance(value, bool | np.bool_)).all()
            and column.notna().any()
        }
    )


def read_table(file: Path) -> Any:
    """The table as a data frame.

    Raises:
        CircumplexError: missing or damaged.
    """
    import pandas as pd

    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file, encoding="utf-8")
    except FileNotFoundError as error:
        raise CircumplexError(f"{file} is missing; export again") from error
    except (ValueError, TypeError, OSError) as error:  # pyarrow's own are ValueErrors
        raise CircumplexError(f"{file} is damaged; remove it and export again") from error


def table_rows(file: Path) -> list[Row]:
    """The rows of a table, None for what is missing."""
    table = read_table(file).astype(object)
    found = table.where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in found]


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
