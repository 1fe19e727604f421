"""Whether an export is still what it was: every byte, every row, every recipe."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json
from faces.ground.progress import Progress, silent
from studio.stimuli.claiming import SCHEMA, SETTINGS, VERSION
from studio.stimuli.describing import CHECKSUMS, list_files
from studio.stimuli.export_rows import JOURNAL, TABLE, Row, table_rows
from studio.stimuli.recipe import Recipe, read_recipe

_CLOSE = 1e-6  #: of numbers in the table and in a recipe


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
    rows: list[Row]
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
    rows = table_rows(folder / f"{TABLE}.csv")
    if not rows or not {"file", "sha256"} <= set(rows[0]):
        raise CircumplexError(
            f"{folder / TABLE}.csv has no rows, or no columns file and sha256; export again"
        )
    return ExportFolder(folder, settings, rows, _read_checksums(folder / CHECKSUMS))


def check_export(export: ExportFolder, progress: Progress = silent) -> Iterator[Finding]:
    """Everything that is not as it was, file by file."""
    yield from _check_rows(export)
    yield from _check_table(export)
    pictures = {str(row["file"]) for row in export.rows}
    for name in list_files(export.folder):
        if name.startswith("images/") and name not in pictures:
            yield Finding(name, "unlisted", "the table has no row for it")
    for name in progress(sorted(export.listed), "verify", len(export.listed)):
        if name in pictures:
            continue  # its row says so
        path = export.folder / name
        if not path.is_file():
            yield Finding(name, "missing", "it is gone")
        elif file_digest(path) != export.listed[name]:
            yield Finding(name, "changed", "its bytes are not those that were exported")
    for row in progress(export.rows, "verify", len(export.rows)):
        yield from _check_picture(export, row)


def _read_checksums(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        pairs = [line.split("  ", 1) for line in lines]
        return {name: digest for digest, name in pairs}
    except FileNotFoundError as error:
        raise CircumplexError(f"{path} is missing; export again into a new folder") from error
    except (OSError, ValueError) as error:
        raise CircumplexError(f"{path} is damaged; export again into a new folder") from error


def _check_rows(export: ExportFolder) -> Iterator[Finding]:
    """Rows that are there twice, or name what is no file of the export."""
    known: set[str] = set()
    for number, row in enumerate(export.rows, start=2):  # the header is line 1
        name = str(row["file"])
        if name in known:
            yield Finding(f"{TABLE}.csv", "table", f"line {number}: {name} has a row already")
        elif name not in export.listed:
            yield Finding(f"{TABLE}.csv", "table", f"line {number}: {name} was not exported")
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
    kept = {str(row["file"]): row for row in table_rows(path)}
    for number, row in enumerate(export.rows, start=2):
        first = kept.get(str(row["file"]), row)
        for name in {**first, **row}:
            if not _are_same(row.get(name), first.get(name)):
                yield Finding(
                    f"{TABLE}.csv",
                    "table",
                    f"line {number} ({row['file']}): {name} is {row.get(name)!r}, it was "
                    f"{first.get(name)!r}",
                )


def _are_same(one: object, other: object) -> bool:
    """Whether two cells say the same; another pandas may read a number a last bit apart."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other


def _check_picture(export: ExportFolder, row: Row) -> Iterator[Finding]:
    name = str(row["file"])
    path = export.folder / name
    exported = export.listed.get(name)
    if not _lies_within(export.folder, path) or not path.is_file():
        yield Finding(name, "missing", "the table has a row for it, but there is no such file")
        return
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
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
    yield from _check_recipe(export, row, recipe)


def _lies_within(folder: Path, path: Path) -> bool:
    """Whether a path of the table stays in the export: a table may have been written by anyone."""
    return path.resolve().is_relative_to(folder.resolve())


def _check_recipe(export: ExportFolder, row: Row, recipe: Recipe) -> Iterator[Finding]:
    """Whether a recipe is of this export, and of this row."""
    wanted = {name: export.settings.get(name) for name in ("generator", "directions")}
    for name, digest in wanted.items():
        if getattr(recipe, name) != digest:
            yield Finding(row["file"], "recipe", f"its recipe names another {name}")
    seed = row.get("seed")
    if (None if seed is None else int(seed)) != recipe.seed:
        yield Finding(row["file"], "recipe", f"its recipe is of seed {recipe.seed}, not {seed}")
    for name in ("valence", "arousal"):
        asked = row.get(name)
        if asked is not None and abs(float(asked) - getattr(recipe, name)) > _CLOSE:
            yield Finding(
                row["file"],
                "recipe",
                f"its recipe requests {name} {getattr(recipe, name):g}, its row {asked:g}",
            )
