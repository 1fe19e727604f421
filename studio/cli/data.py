"""The verb that makes face sets: prepare."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from faces.sets.config import PrepareConfig
from studio.cli.terminal import Terminal, asking, verb

_DEFAULTS = {field.name: field.default for field in fields(PrepareConfig)}
_CROP, _KEEP = "Which crop", "Which faces"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "prepare")(prepare)


def _option(help_text: str, panel: str, flag: str | None = None) -> Any:
    return typer.Option(*([flag] if flag else []), help=help_text, rich_help_panel=panel)


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
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be kept and dropped, and why.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            help="affectnet-lists, affectnet-arrays, classes or table.",
            show_default="seen from SOURCE",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="FIELD=COLUMN of a table, such as valence=val; repeat as needed."),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="Further column to carry along, or a prefix*; repeat.")
    ] = None,
    size: Annotated[int, _option("Side of the faces in pixels.", _CROP)] = _DEFAULTS["size"],
    channels: Annotated[int, _option("1 (grey) or 3 (colour).", _CROP)] = _DEFAULTS["channels"],
    detector: Annotated[
        str, _option("mtcnn, or none to take pictures as they are.", _CROP)
    ] = _DEFAULTS["detector"],
    align: Annotated[
        str, _option("points (turned and scaled by the five points) or box.", _CROP)
    ] = _DEFAULTS["align"],
    margin: Annotated[
        float, _option("Widens the crop, as a share of its side.", _CROP)
    ] = _DEFAULTS["margin"],
    smallest: Annotated[
        float, _option("Smallest face sought, as a share of the longer side.", _CROP)
    ] = _DEFAULTS["smallest"],
    border: Annotated[
        float, _option("Border added for faces at the edge, as a share.", _CROP)
    ] = _DEFAULTS["border"],
    choose: Annotated[
        str, _option("largest, central or confident face of a picture.", _CROP)
    ] = _DEFAULTS["choose"],
    clahe: Annotated[
        bool, _option("Equalise luminance locally.", _CROP, "--clahe/--no-clahe")
    ] = _DEFAULTS["clahe"],
    min_confidence: Annotated[
        float, _option("Least confidence of the detector.", _KEEP)
    ] = _DEFAULTS["min_confidence"],
    max_yaw: Annotated[float, _option("Degrees.", _KEEP)] = _DEFAULTS["max_yaw"],
    max_pitch: Annotated[float, _option("Degrees.", _KEEP)] = _DEFAULTS["max_pitch"],
    max_roll: Annotated[float, _option("Degrees.", _KEEP)] = _DEFAULTS["max_roll"],
    per_class: Annotated[
        int | None, _option("At most so many training faces of each expression.", _KEEP)
    ] = _DEFAULTS["per_class"],
    val_fraction: Annotated[
        float, _option("Share held out where the source has no split.", _KEEP)
    ] = _DEFAULTS["val_fraction"],
    require_labels: Annotated[
        bool,
        _option("Drop faces without valence and arousal.", _KEEP, "--require-labels/--any-labels"),
    ] = _DEFAULTS["require_labels"],
    seed: Annotated[int, _option("Of splits and the balanced subset.", _KEEP)] = _DEFAULTS["seed"],
) -> None:
    """Find, crop and check faces, with their labels; a killed call continues where it was.

    Example: circumplex prepare ferplus/manifest.csv data/faces --size 64
    """
    given = {name: value for name, value in locals().items() if name in _DEFAULTS}
    from studio.workflows import prepare
    from studio.workflows.prepare import PrepareRequest

    with asking():
        request = PrepareRequest(
            source,
            faceset,
            PrepareConfig(**given),
            form,
            tuple(_pair(text) for text in column or ()),
            tuple(keep or ()),
            check,
        )
    result = prepare.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_lines(result.folder, result.counts))


def _pair(text: str) -> tuple[str, str]:
    from studio.validation import RequestError

    field, sign, name = text.partition("=")
    if not (field and sign and name):
        raise RequestError(f"--column {text!r} is not FIELD=COLUMN, such as valence=val")
    return field, name


def _lines(folder: Path | None, counts: Mapping[str, Any]) -> Iterator[str]:
    verb_word = "kept" if folder else "would keep"
    yield f"{verb_word} {counts['kept']} of {counts['found']} faces, dropped {counts['rejected']}"
    for name, part in (("dropped", "reasons"), ("split", "splits"), ("expression", "expressions")):
        for key, count in counts[part].items():
            yield f"  {name} {key}: {count}"
    if folder:
        yield f"wrote {folder}"
        yield f"next: circumplex train {folder} RUN"
