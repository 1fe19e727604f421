"""One door to every kind of source; the kind is seen from the path, or stated."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from faces.ground.progress import Progress, silent
from faces.sets.sources import affectnet
from faces.sets.sources import class_folders as classes
from faces.sets.sources.rows import Source
from faces.sets.sources.tables import SUFFIXES, read_table

FORMS = ("affectnet-lists", "affectnet-arrays", "classes", "table")


def open_source(
    path: str | Path,
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    progress: Progress = silent,
) -> Source:
    """Read the list of faces at a path; no picture is opened.

    Args:
        path: AffectNet's CSV lists or their folder; AffectNet's folder of images and annotations
            (or of train_set and val_set); class folders, perhaps within train, val, test; a CSV,
            TSV or Parquet table, or a folder with one.
        form: one of FORMS; None looks at the path.
        columns: for tables, field to column, such as {"valence": "val"}.
        keep: for tables, further columns for the manifest, such as "votes_*".
        progress: shown while long lists are read.

    Raises:
        CircumplexError: nothing there, nothing recognised, or unreadable.
    """
    path = require_path(path)
    if path.is_dir() and not any(path.iterdir()):
        raise CircumplexError(f"{path} is empty; name a folder or a table of faces")
    form = form or recognise(path)
    if form not in FORMS:
        raise CircumplexError(f"{form!r} is no form of source; give one of {', '.join(FORMS)}")
    if form == "table":
        return read_table(_table_at(path), columns, keep)
    if columns or keep:
        raise CircumplexError(f"{path} is {form}; columns are mapped and kept of tables only")
    if form == "affectnet-lists":
        return affectnet.read_lists(path, progress)
    if not path.is_dir():
        raise CircumplexError(f"{path} is a file; {form} is a folder")
    if form == "affectnet-arrays":
        return affectnet.read_arrays(path, progress)
    return classes.read_classes(path, progress)


def recognise(path: Path) -> str:
    """The form of the source at a path.

    Raises:
        CircumplexError: it is none.
    """
    if affectnet.find_lists(path):
        return "affectnet-lists"
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return "table"
    if path.is_dir():
        if affectnet.array_folders(path):
            return "affectnet-arrays"
        if classes.is_class_folders(path):
            return "classes"
        if len(_tables_in(path)) == 1:
            return "table"
    raise CircumplexError(
        f"{path} is no source of faces that is known here; give AffectNet's lists or folders, "
        "class folders, or a table (CSV, TSV, Parquet) with a column of paths"
    )


def _tables_in(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file()
    )


def _table_at(path: Path) -> Path:
    if path.is_file():
        return path
    tables = _tables_in(path)
    if len(tables) != 1:
        raise CircumplexError(f"{path} holds {len(tables)} tables; name one of them")
    return tables[0]
