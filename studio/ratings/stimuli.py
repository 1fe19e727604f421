"""The pictures that are rated: an export, a table of files, or a folder of pictures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.dialects import MISSING, read_columns, typed
from faces.ground.digests import file_digest, json_digest
from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from studio.stimuli.export_rows import TABLE

if TYPE_CHECKING:
    import pandas as pd

#: What browsers and PsychoPy show alike, with the names that browsers have for it.
TYPES: Mapping[str, str] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".bmp": "bmp",
    ".gif": "gif",
}
SUFFIXES = tuple(TYPES)
#: Columns that name a picture's file, and the person in it, best first.
_FILES = ("file", "path", "filename", "stimulus", "picture", "image")
_PEOPLE = ("person", "identity", "photo", "latent", "seed", "model")


@dataclass(frozen=True, eq=False)
class Stimuli:
    """Pictures and what is known of them.

    Attributes:
        folder: the files' paths start there.
        table: a row a picture: `file` (text, unique), `person` (text, None where unknown), `sha256`
            (None where unknown), and the columns of the table that was read.
    """

    folder: Path
    table: "pd.DataFrame"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def digest(self) -> str:
        """SHA-256 over the files' names and digests, in their order."""
        return json_digest(self.table[["file", "sha256"]].astype(object).values.tolist())


def read_stimuli(path: Path, *, pictures: bool = False) -> Stimuli:
    """Stimuli of an export's folder, of a table, or of a folder of pictures.

    Args:
        pictures: read every picture's bytes: `sha256` is then known, and is that of the table where
            it has one.

    Raises:
        CircumplexError: no such place, no picture in it, a picture that the table names is missing,
            named twice or is not the one that the table describes; with `pictures`, one that
            browsers do not show or that lies outside the table's folder.
    """
    require_path(path, "name an export, a table or a folder of pictures")
    folder = path if path.is_dir() else path.parent
    tables = [path / f"{TABLE}{suffix}" for suffix in (".parquet", ".csv")]
    source = next((table for table in tables if table.is_file()), None) if path.is_dir() else path
    table = _listed_table(path) if source is None else _described_table(source)
    if not len(table):
        raise CircumplexError(f"{path} holds no pictures ({', '.join(SUFFIXES)}); check it")
    twice = table["file"][table["file"].duplicated()]
    if len(twice):
        raise CircumplexError(f"{path} names {twice.iloc[0]} twice; keep one row a picture")
    if pictures:
        _require_shown(folder, table["file"], path)
        table["sha256"] = _checked_digests(folder, table, path)
    return Stimuli(folder, table)


def read_stimulus_table(source: Path) -> "pd.DataFrame":
    """A table of stimuli: files, people and digests as they are written, so that 007 and NA are
    names; columns of numbers as numbers.

    Raises:
        CircumplexError: missing or no table.
    """
    table = read_columns(source, as_text=True)[0]
    names = {*_FILES, *_PEOPLE, "sha256"}
    return table.assign(**{n: typed(table[n]) for n in map(str, table.columns) if n not in names})


def people_of(table: "pd.DataFrame") -> "pd.Series":
    """Who is in each picture, as text: of the first column of people that has values, and where
    `person` has none, by `identity`; None where that is not known."""
    import pandas as pd

    named = [words for name in _PEOPLE if (words := _words(table, name)) is not None]
    if not named:
        return pd.Series(None, index=table.index, dtype=object)
    people, identity = named[0], _words(table, "identity")
    if identity is not None:
        of_identity = people.groupby(identity).agg(_only)  # one identity is not two people
        people = people.fillna(identity.map(of_identity)).fillna(identity)
    return people.astype(object).where(people.notna(), None)


def _words(table: "pd.DataFrame", name: str) -> "pd.Series | None":
    """A column as text, missing where it is empty; None where it names nobody."""
    if name not in table:
        return None
    words = table[name].astype("string").str.strip()
    words = words.mask(words == "")
    return words if (words.notna() & ~words.isin(MISSING)).any() else None


def _only(people: "pd.Series") -> "str | None":
    """The person whom these name; None where it is nobody, or several."""
    named = people.dropna().unique()
    return named[0] if len(named) == 1 else None


def person_groups(people: "pd.Series") -> np.ndarray:
    """(N,) text that is equal where the person is the same; an unknown one is like nobody else."""
    return np.array(
        [f"={each}" if isinstance(each, str) else f"?{row}" for row, each in enumerate(people)],
        dtype=np.str_,
    )


def _described_table(source: Path) -> "pd.DataFrame":
    """The rows of a table, by the names that `Stimuli` has."""
    table = read_stimulus_table(source)
    named = next((name for name in _FILES if name in table), None)
    if named is None:
        raise CircumplexError(f"{source} has no column of files: name one {' or '.join(_FILES)}")
    if table[named].isna().any():
        raise CircumplexError(f"{source} has a row without a {named}; name it or take the row out")
    table["file"] = table[named].astype(str).str.replace("\\", "/", regex=False)
    table["person"] = people_of(table)
    if "sha256" not in table:
        table["sha256"] = None
    return table


def _listed_table(folder: Path) -> "pd.DataFrame":
    import pandas as pd

    found = [file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES]
    files = sorted(file.relative_to(folder).as_posix() for file in found)
    empty = [None] * len(files)
    return pd.DataFrame({"file": files, "person": empty, "sha256": empty}, dtype=object)


def _require_shown(folder: Path, files: Iterable[str], path: Path) -> None:
    """Refuse pictures that no browser shows, or that a study's folder cannot hold."""
    root = folder.resolve()
    for file in files:
        if Path(file).suffix.lower() not in SUFFIXES:
            raise CircumplexError(
                f"{path} names {file}, which browsers do not show; save it as one of "
                f"{', '.join(SUFFIXES)}"
            )
        if not (folder / file).resolve().is_relative_to(root):
            raise CircumplexError(
                f"{file} lies outside the folder of its table; give a table with paths inside it"
            )


def _checked_digests(folder: Path, table: "pd.DataFrame", path: Path) -> list[str]:
    """SHA-256 of every picture."""
    missing = [file for file in table["file"] if not (folder / file).is_file()]
    if missing:
        raise CircumplexError(
            f"{len(missing)} of the {len(table)} pictures that {path} names are not there, such as "
            f"{missing[0]}; put them back or take their rows out"
        )
    digests = [file_digest(folder / file) for file in table["file"]]
    changed = [
        file
        for file, digest, stated in zip(table["file"], digests, table["sha256"], strict=True)
        if isinstance(stated, str) and stated != digest
    ]
    if changed:
        raise CircumplexError(
            f"{len(changed)} pictures of {path} were changed since their table was written, such "
            f"as {changed[0]}; export them again"
        )
    return digests
