"""Whether an export is still what it was: every byte, every row, every recipe."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.digests import bytes_digest, file_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json
from faces.ground.parsing import parse_number
from faces.ground.progress import Progress, silent
from studio.stimuli.checksums import file_within, read_checksums
from studio.stimuli.claiming import SCHEMA, SETTINGS, VERSION
from studio.stimuli.describing import list_pictures
from studio.stimuli.export_rows import JOURNAL, TABLE, table_rows, text_rows
from studio.stimuli.recipe import Recipe, read_recipe

Cells = Mapping[str, str | None]  #: a row of table.csv as it stands there
_CLOSE = 1e-6  #: of numbers in the table and in a recipe
_LONGEST = 80  #: letters of a cell that are told


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was.

    Attributes:
        file: path inside the export; kind: "changed", "missing", "unlisted", "table", "recipe" or
            "again"; message: what is wrong, for people.
    """

    file: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


@dataclass(frozen=True, eq=False)
class ExportFolder:
    """An export as it lies on the disk.

    Attributes:
        settings: what export.json holds; rows: of table.csv; listed: digests of all files by name,
            of checksums.sha256.
    """

    folder: Path
    settings: Mapping[str, Any]
    rows: list[Cells]
    listed: Mapping[str, str]


def open_export(folder: Path) -> ExportFolder:
    """What a finished export says of itself.

    Raises:
        CircumplexError: the folder is none, of another version, not finished, or its table or list
            of checksums cannot be read.
    """
    if not (folder / SETTINGS).is_file():
        raise CircumplexError(f"{folder} is no export: it has no {SETTINGS}; name the folder")
    settings = read_json(folder / SETTINGS)
    check_schema(settings, SCHEMA, VERSION, folder / SETTINGS)
    if (folder / JOURNAL).exists():
        raise CircumplexError(f"{folder} is not finished; repeat the export first")
    rows: list[Cells] = list(text_rows(folder / f"{TABLE}.csv"))
    if not rows or not {"file", "sha256"} <= set(rows[0]):
        raise CircumplexError(
            f"{folder / TABLE}.csv has no rows, or no columns file and sha256; export again"
        )
    return ExportFolder(folder, settings, rows, read_checksums(folder))


def check_export(export: ExportFolder, progress: Progress = silent) -> Iterator[Finding]:
    """Everything that is not as it was, file by file."""
    yield from _check_rows(export)
    yield from _check_table(export)
    pictures = {row["file"] for row in export.rows}
    for name in list_pictures(export.folder):
        if name not in pictures:
            yield Finding(name, "unlisted", "the table has no row for it")
    for name in progress(sorted(export.listed), "verify", len(export.listed)):
        if name in pictures:
            continue  # its row says so
        path = export.folder / name
        if not path.is_file():
            yield Finding(name, "missing", "it is gone")
        elif file_digest(path) != export.listed[name]:
            yield Finding(name, "changed", "its bytes are not those that were exported")
    for number, row in progress(list(enumerate(export.rows, 2)), "verify", len(export.rows)):
        yield from _check_picture(export, row, number)


def _check_rows(export: ExportFolder) -> Iterator[Finding]:
    """Rows that are there twice, or name what is no file of the export."""
    known: set[str | None] = set()
    for number, row in enumerate(export.rows, start=2):  # the header is line 1
        name = row["file"]
        if name in known:
            yield _of_table(number, f"{_said(name)} has a row already")
        elif name not in export.listed:
            yield _of_table(number, f"{_said(name)} was not exported")
        known.add(name)
    for name in export.listed:
        if name.startswith("images/") and name not in known:
            yield Finding(name, "table", "its row is gone from the table")


def _check_table(export: ExportFolder) -> Iterator[Finding]:
    """Cells of table.csv that are others than those of table.parquet, which holds the same."""
    path = export.folder / f"{TABLE}.parquet"
    digest = export.listed.get(path.name)
    if not path.is_file() or digest != file_digest(path):
        return  # then it is no witness; that it was changed is said elsewhere
    kept = {row.get("file"): row for row in table_rows(path)}
    for number, row in enumerate(export.rows, start=2):
        first = kept.get(row["file"])
        if first is None:
            continue  # no row of the export; said elsewhere
        for name in {**first, **row}:
            now, then = row.get(name), first.get(name)
            if not _are_same(now, then):
                said = "empty" if then is None else f"{then!s:.80}"
                message = f"({_said(row['file'])}): {name:.80} is {_said(now)}, it was {said}"
                yield _of_table(number, message)


def _of_table(number: int, message: str) -> Finding:
    return Finding(f"{TABLE}.csv", "table", f"line {number}: {message}")


def _said(cell: str | None) -> str:
    """A cell for people: whatever stands in it, in one short line."""
    if cell is None:
        return "empty"
    return cell if len(cell) <= _LONGEST and cell.isprintable() else f"{cell!r:.{_LONGEST}}…"


def _are_same(cell: str | None, value: object) -> bool:
    """Whether a cell says what it was written for; a number may be spelled otherwise."""
    if cell is None or value is None:
        return cell is None and value is None
    if isinstance(value, bool | np.bool_):
        return cell.upper() == str(value).upper()
    if isinstance(value, int | float | np.number):
        number = parse_number(cell)
        return number is not None and math.isclose(number, float(value), rel_tol=1e-12)
    return cell == str(value)


def _check_picture(export: ExportFolder, row: Cells, number: int) -> Iterator[Finding]:
    name = row["file"] or ""
    path = file_within(export.folder, name)
    exported = export.listed.get(name)
    if path is None or not path.is_file():
        what = "the table has a row for it, but there is no such file"
        known = Finding(name, "missing", what)
        yield known if exported is not None else _of_table(number, f"{_said(name)}: {what}")
        return
    data = path.read_bytes()
    digest = bytes_digest(data)
    if exported is not None and digest != exported:
        yield Finding(name, "changed", "its bytes are not those that were exported")
    if digest != row["sha256"] and digest == exported:
        yield Finding(name, "table", "the table gives another sha256 for it")
    try:
        recipe = read_recipe(path)
    except CircumplexError as error:
        if digest == exported:  # else that it was changed says enough
            yield Finding(name, "recipe", str(error))
        return
    yield from _check_recipe(export, name, row, recipe)


def _check_recipe(export: ExportFolder, file: str, row: Cells, recipe: Recipe) -> Iterator[Finding]:
    """Whether a recipe is of this export, and of this row."""
    wanted = {name: export.settings.get(name) for name in ("generator", "directions")}
    for name, digest in wanted.items():
        if getattr(recipe, name) != digest:
            yield Finding(file, "recipe", f"its recipe names another {name}")
    seed = row.get("seed")
    if seed != (None if recipe.seed is None else str(recipe.seed)):
        yield Finding(file, "recipe", f"its recipe is of seed {recipe.seed}, not {_said(seed)}")
    for name in ("valence", "arousal"):
        asked, held = row.get(name), getattr(recipe, name)
        number = None if asked is None else parse_number(asked)
        if asked is not None and (number is None or abs(number - held) > _CLOSE):
            message = f"its recipe requests {name} {held:g}, its row {_said(asked)}"
            yield Finding(file, "recipe", message)
