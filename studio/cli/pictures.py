"""Verbs that make pictures: grid, edit, export."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.terminal import Terminal, asking, verb
from studio.requests import DEFAULT_TRUNCATION

Generator = Annotated[str, typer.Option("--generator", "-g", help="Folder of a run, or bundled.")]
Directions = Annotated[
    Path | None,
    typer.Option(
        help="directions.safetensors, or bundled.", show_default="those beside the generator"
    ),
]
_TRUNCATION = "0 for the mean face, 1 for the full spread of the training faces."
Truncation = Annotated[float, typer.Option(help=_TRUNCATION)]
Seed = Annotated[int | None, typer.Option(help="The face to start from.", show_default="0")]
Photo = Annotated[Path | None, typer.Option(help="Start from the face in this picture instead.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "grid")(grid)
    verb(app, "edit")(edit)
    verb(app, "export")(export)


def grid(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG, PDF or SVG to write, by its suffix.")],
    seed: Seed = None,
    photo: Photo = None,
    n: Annotated[int, typer.Option("-n", "--n", help="Faces a side.")] = 7,
    reach: Annotated[float, typer.Option(help="Largest valence and arousal, up to 1.")] = 0.8,
    plain: Annotated[
        bool, typer.Option("--plain", help="Bare tiles without axes and words (PNG).")
    ] = False,
    truncation: Truncation = DEFAULT_TRUNCATION,
    generator: Generator = "bundled",
    directions: Directions = None,
) -> None:
    """Lay one face out on the circumplex: valence to the right, arousal upwards.

    Example: circumplex grid circumplex.png --seed 7
    """
    from studio.requests import GridRequest
    from studio.workflows import grid as workflow

    with asking():
        request = GridRequest(
            out=out,
            seed=0 if seed is None and photo is None else seed,
            photo=photo,
            n=n,
            reach=reach,
            plain=plain,
            truncation=truncation,
            generator=generator,
            directions=directions,
        )
    result = workflow(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), f"wrote {result.file}")


def edit(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    seed: Seed = None,
    photo: Photo = None,
    recipe: Annotated[
        Path | None, typer.Option(help="Make the picture in this PNG again, bit for bit.")
    ] = None,
    valence: Annotated[
        float | None,
        typer.Option("--valence", "-v", help="Requested, -1 to 1.", show_default="0"),
    ] = None,
    arousal: Annotated[
        float | None,
        typer.Option("--arousal", "-a", help="Requested, -1 to 1.", show_default="0"),
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help=_TRUNCATION, show_default=str(DEFAULT_TRUNCATION))
    ] = None,
    generator: Generator = "bundled",
    directions: Directions = None,
) -> None:
    """Move one face to a valence and arousal; 0 and 0 is its neutral face.

    Example: circumplex edit happy.png --photo me.jpg --valence 0.7 --arousal 0.3
    """
    from studio.requests import EditRequest
    from studio.workflows import edit as workflow

    with asking():
        request = EditRequest(
            out=out,
            seed=0 if seed is None and photo is None and recipe is None else seed,
            photo=photo,
            recipe=recipe,
            valence=valence,
            arousal=arousal,
            truncation=truncation,
            generator=generator,
            directions=directions,
        )
    result = workflow(request, terminal.engine(), terminal.progress)
    read = result.reading
    terminal.result(
        result.summary(),
        f"wrote {result.file}; in the picture the model predicts "
        f"valence {read[0]:+.2f}, arousal {read[1]:+.2f}",
    )


def export(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder to write; a killed export continues.")],
    seeds: Annotated[str, typer.Option(help="Faces, as 0-9,42.")] = "0-9",
    grid: Annotated[
        int | None, typer.Option("--grid", help="n × n points.", show_default="3")
    ] = None,
    reach: Annotated[float, typer.Option(help="Largest valence and arousal of --grid.")] = 0.8,
    ring: Annotated[
        int | None, typer.Option(help="Directions around the circle instead of a grid.")
    ] = None,
    intensity: Annotated[str, typer.Option(help="Radii of --ring, as 0.4,0.8.")] = "0.8",
    points: Annotated[
        Path | None, typer.Option(help="CSV of valence,arousal instead of a grid.")
    ] = None,
    match_luminance: Annotated[
        bool,
        typer.Option("--match-luminance", help="Same mean and SD of luminance in all pictures."),
    ] = False,
    truncation: Truncation = DEFAULT_TRUNCATION,
    generator: Generator = "bundled",
    directions: Directions = None,
) -> None:
    """Export stimuli: every seed at every point, PNG files with a table (CSV and Parquet).

    Example: circumplex export stimuli --seeds 0-19 --ring 8 --intensity 0.4,0.8 --match-luminance
    """
    from studio.points import choose_points, parse_numbers, parse_seeds
    from studio.requests import ExportRequest
    from studio.workflows import export as workflow

    with asking():
        request = ExportRequest(
            folder=folder,
            seeds=parse_seeds(seeds),
            points=choose_points(grid, reach, ring, parse_numbers(intensity), points),
            match_luminance=match_luminance,
            truncation=truncation,
            generator=generator,
            directions=directions,
        )
    result = workflow(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"{result.pictures} pictures in {result.folder} "
        f"({result.made} made, {result.pictures - result.made} verified)",
    )
