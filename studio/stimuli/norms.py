"""Norms of stimuli, such as human ratings, brought to the rows of an export."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ground.errors import CircumplexError

KEY = "stimulus"  #: the column that names the picture: by its file, or by the SHA-256 of its bytes
_TABLE_KEY = "file"  #: the same in an export's own table with ratings added
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_MEAN = re.compile(r"(valence|arousal)_(mean|sd|n|low|high)")


@dataclass(frozen=True)
class Norms:
    """What is known of stimuli from elsewhere.

    Attributes:
        path: of the table; columns: beside the one that names the picture.
    """

    path: Path
    columns: tuple[str, ...]
    _rows: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path, taken: Collection[str]) -> "Norms":
        """A CSV with the column `stimulus`, or an export's table with columns added, of which these
        are taken. Columns that the field calls valence_mean, valence_sd, valence_n, … become
        rated_valence, rated_valence_sd, rated_valence_n, …, so that none is taken for a request.

        Args:
            taken: columns that the export has itself.

        Raises:
            CircumplexError: missing, unreadable, without that column, a picture named twice, or a
                column whose name is taken or no name.
        """
        import pandas as pd

        try:
            table = pd.read_csv(path, dtype={KEY: str, _TABLE_KEY: str}, encoding="utf-8-sig")
        except FileNotFoundError as error:
            raise CircumplexError(f"{path} is missing; give a CSV of norms") from error
        except (OSError, ValueError) as error:
            raise CircumplexError(f"{path} is not a readable CSV ({error})") from error
        if KEY not in table and _TABLE_KEY in table:
            own = [name for name in table if name in taken and name != _TABLE_KEY]
            table = table.drop(columns=own).rename(columns={_TABLE_KEY: KEY})
        table = table.rename(columns=_rated)
        if KEY not in table:
            raise CircumplexError(f"{path} has no column {KEY}, which names each picture's file")
        table[KEY] = table[KEY].map(_key, na_action="ignore")
        twice = table[KEY][table[KEY].duplicated()]
        if table[KEY].isna().any() or len(twice):
            what = "a row without a name" if twice.isna().all() else f"{twice.iloc[0]} twice"
            raise CircumplexError(f"{path} has {what} under {KEY}; give each picture one row")
        columns = tuple(str(name) for name in table.columns if name != KEY)
        for name in columns:
            if name in taken or not _NAME.fullmatch(name):
                cause = "the export has that itself" if name in taken else "that is no plain name"
                raise CircumplexError(f"{path}: column {name!r}: {cause}; rename it")
        known = table.astype(object).where(table.notna(), None).set_index(KEY)
        rows = {
            str(key): {str(name): value for name, value in row.items()}
            for key, row in known.to_dict("index").items()
        }
        return cls(path, columns, rows)

    def of(self, file: str, digest: str | None) -> dict[str, Any]:
        """The norms of one picture, None where there are none.

        Args:
            file: its path in the export; digest: SHA-256 of its bytes, where they are final.
        """
        found = self._rows.get(_key(file)) or self._rows.get(digest or "", {})
        return {name: found.get(name) for name in self.columns}

    def knows(self, file: str, digest: str | None) -> bool:
        """Whether a picture is named."""
        return _key(file) in self._rows or (digest or "") in self._rows


def _rated(name: object) -> str:
    """The column's name among those of an export."""
    found = _MEAN.fullmatch(str(name))
    if found is None:
        return str(name)
    target, what = found.groups()
    return f"rated_{target}" if what == "mean" else f"rated_{target}_{what}"


def _key(name: str) -> str:
    """A file by its name alone, whatever its folder and its format: pictures are rated as they were
    shown; a digest as it is."""
    return re.sub(r"\.(png|jpe?g|webp)$", "", re.split(r"[\\/]", name.strip())[-1])
