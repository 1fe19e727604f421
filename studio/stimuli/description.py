"""What an export tells of itself, whatever the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.stimuli.columns import Column
from studio.stimuli.export_rows import Row

#: The page of the program.
HOME = "https://circumplex-studio.readthedocs.io"


@dataclass(frozen=True)
class Description:
    """What an export tells of itself.

    Attributes:
        folder: of the export; rows: of its table, in the columns' order.
        columns: of the table; suffix: of the pictures.
        title: a line; facts: lines of the README; licence: of the pictures, in a sentence; spdx:
            its short name, or None where this program does not know it.
        shine: whether SHINIER matched the pictures, and is to be cited.
    """

    folder: Path
    rows: Sequence[Row]
    columns: Sequence[Column]
    suffix: str
    title: str
    facts: Sequence[str]
    licence: str
    spdx: str | None
    shine: bool = False
