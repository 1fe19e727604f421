"""The pictures that are rated: an export, a table of files, or a folder of pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faces.ground.digests import file_digest, json_digest
from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from studio.stimuli.export_rows import TABLE

if TYPE_CHECKING:
    import pandas as pd

#: What browsers and PsychoPy show alike.
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
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
            named twice or is not the one that the table describes.
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
        table["sha256"] = _checked_digests(folder, table, path)
    return Stimuli(folder, table)


def _described_table(source: Path) -> "pd.DataFrame":
    """The rows of a table, by the names that `Stimuli` has."""
    from faces.ground.dialects import read_columns

    table = read_columns(source)[0]
    named = next((name for name in _FILES if name in table), None)
    if named is None:
        raise CircumplexError(f"{source} has no column of files: name one {' or '.join(_FILES)}")
    person = next((name for name in _PEOPLE if name in table), None)
    table["file"] = table[named].astype(str).str.replace("\\", "/", regex=False)
    table["person"] = None if person is None else table[person].astype(str)
    if "sha256" not in table:
        table["sha256"] = None
    return table


def _listed_table(folder: Path) -> "pd.DataFrame":
    import pandas as pd

    found = [file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES]
    files = sorted(file.relative_to(folder).as_posix() for file in found)
    empty = [None] * len(files)
    return pd.DataFrame({"file": files, "person": empty, "sha256": empty}, dtype=object)


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
