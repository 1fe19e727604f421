"""The verb that makes face sets: prepare."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from faces.sets.config import PrepareConfig
from studio.cli.options import Settings
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.validation import RequestError
from studio.workflows.prepare import PrepareRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "prepare")(prepare)


def prepare(
    terminal: Terminal,
    source: Annotated[
        Path,
        typer.Argument(
            help="AffectNet lists or arrays, class folders, or a CSV/TSV/Parquet table."
        ),
    ],
    faceset: Annotated[
        Path | None, typer.Argument(help="Folder for the face set; not needed with --check.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="FIELD=COLUMN of a table, such as valence=val: the name here (path, split, "
            "expression, identity, valence, arousal, box_left, left_eye_x, …) and there; repeat."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="Further column to carry along, or a prefix*; repeat.")
    ] = None,
    *,
    config: PrepareConfig,
    asked: Annotated[Settings, PrepareRequest],
) -> None:
    """Find, crop and check faces, with their labels; a killed call continues where it was.

    Example: circumplex prepare ferplus/manifest.csv data/faces --size 64
    """
    from studio.workflows import prepare

    with asking():
        asked["columns"] = tuple(_pair(text) for text in column or ())
        request = PrepareRequest(source, faceset, config, keep=tuple(keep or ()), **asked)
    result = prepare.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_lines(result.folder, result.counts))


def _pair(text: str) -> tuple[str, str]:
    field, sign, name = text.partition("=")
    if not (field and sign and name):
        raise RequestError(f"--column {text!r} is not FIELD=COLUMN, such as valence=val")
    return field, name


def _lines(folder: Path | None, counts: Mapping[str, Any]) -> Iterator[str]:
    verb_word = "kept" if folder else "would keep"
    of = f" (a sample of {counts['sample_of']})" if "sample_of" in counts else ""
    found = f"{counts['found']} faces{of}"
    yield f"{verb_word} {counts['kept']} of {found}, dropped {counts['rejected']}"
    for name, part in (("dropped", "reasons"), ("split", "splits"), ("expression", "expressions")):
        for key, count in counts[part].items():
            yield f"  {name} {key}: {count}"
    if folder:
        yield f"wrote {folder}"
        yield f"next: {command_line('train', folder, Path('runs') / folder.name)}"
