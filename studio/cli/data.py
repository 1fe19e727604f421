"""The verb that makes face sets: prepare."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from faces.ground.parsing import parse_names
from faces.sets.config import PrepareConfig
from studio.cli.options import Given, Settings
from studio.cli.output import command_line
from studio.cli.source_options import ColumnOption, MapOption, column_pairs, map_pairs
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.prepare import PrepareRequest, PrepareResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "prepare")(prepare)


def prepare(
    terminal: Terminal,
    source: Annotated[
        Path,
        typer.Argument(
            help="Lists, class folders, a table (CSV, TSV, Parquet, JSON Lines), a folder or "
            "archive of faces."
        ),
    ],
    faceset: Annotated[
        Path | None, typer.Argument(help="Folder for the face set; not needed with --check.")
    ] = None,
    column: ColumnOption = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="Further columns to carry along, as age,gender, or a prefix*; repeat."),
    ] = None,
    explained: MapOption = None,
    *,
    given: Annotated[Given, PrepareConfig],
    asked: Annotated[Settings, PrepareRequest],
) -> None:
    """Find, crop and check faces, with their labels; a killed call continues where it was.

    Example: circumplex prepare ferplus/manifest.csv data/faces --size 64
    """
    from studio.workflows import prepare

    with asking():
        asked |= {"columns": column_pairs(column), "explained": map_pairs(explained)}
        asked |= {"keep": _columns(keep or ()), "given": tuple(given)}
        request = PrepareRequest(source, faceset, PrepareConfig(**given), **asked)
    result = prepare.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_lines(result))


def _columns(words: Iterable[str]) -> tuple[str, ...]:
    """The columns between the commas of all words, each once."""
    return tuple(dict.fromkeys(name for word in words for name in parse_names(word)))


def _lines(result: PrepareResult) -> Iterator[str]:
    folder, counts = result.folder, result.counts
    if result.notes:
        yield f"understood: {'; '.join(result.notes)}"
    verb_word = "kept" if folder else "would keep"
    of = f" (a sample of {counts['sample_of']})" if "sample_of" in counts else ""
    found = f"{counts['found']} faces{of}"
    yield f"{verb_word} {counts['kept']} of {found}, dropped {counts['rejected']}"
    for name, part in (("dropped", "reasons"), ("split", "splits"), ("expression", "expressions")):
        for key, count in counts[part].items():
            yield f"  {name} {key}: {count}"
    yield from _labels(counts)
    if folder:
        yield f"wrote {folder}"
        yield from _next(folder, counts)


def _labels(counts: Mapping[str, Any]) -> Iterator[str]:
    """What labels the kept faces lack, where they lack them all."""
    if counts["kept"] and not (counts["with_affect"] or counts["with_expression"]):
        yield (
            "no labels: no face has an expression or valence and arousal; name the columns with "
            "--column, or the folders with --map, where SOURCE has them"
        )


def _next(folder: Path, counts: Mapping[str, Any]) -> Iterator[str]:
    """The verb that the set is ready for."""
    if counts["with_affect"]:
        yield f"next: {command_line('train', folder, Path('runs') / folder.name)}"
    elif counts["with_expression"]:
        made = Path("runs") / f"{folder.name}-classifier"
        line = command_line("classify", "train", folder, made, "--model", "small")
        yield f"next: {line}; directions need valence and arousal, which this set has not"
