"""Verbs that make pictures: grid, edit, export."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.edit import EditRequest
from studio.workflows.export import ExportRequest
from studio.workflows.grid import GridRequest

if TYPE_CHECKING:
    from studio.workflows.edit import EditResult
    from studio.workflows.export import ExportResult

#: What a seed is, wherever several are given.
SEEDS_HELP = "Numbers of faces, as 0-9,42: the same number is the same face of a generator."


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "grid")(grid)
    verb(app, "edit")(edit)
    verb(app, "export")(export)


def grid(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG, PDF or SVG to write, by its suffix.")],
    asked: Annotated[Settings, GridRequest],
) -> None:
    """Lay one face out on the circumplex: valence to the right, arousal upwards.

    Example: circumplex grid circumplex.png --seed 7
    """
    from studio.workflows import grid

    with asking():
        request = GridRequest(out=out, **with_face(asked))
    result = grid.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *result.notes, f"wrote {result.file}")


def edit(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    asked: Annotated[Settings, EditRequest],
) -> None:
    """Move one face to a valence and arousal; 0 and 0 is its neutral face.

    Example: circumplex edit happy.png --photo me.jpg --valence 0.7 --arousal 0.3
    """
    from studio.workflows import edit

    with asking():
        request = EditRequest(out=out, **with_face(asked))
    result = edit.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *result.notes, f"wrote {result.file}; {_said(result)}")


def _said(result: "EditResult") -> str:
    """What a picture shows of its request, and of its person."""
    read, parts = result.reading, []
    if result.reproduction is not None:
        parts.append(str(result.reproduction))
    if not result.reached:
        valence, arousal = result.aimed
        parts.append(
            f"no face shows what was asked for; aimed at valence {valence:+.2f}, arousal "
            f"{arousal:+.2f}"
        )
    if result.recipe.refined and result.reproduction is None:
        parts.append(f"refined in {result.recipe.refined} steps")
    parts.append(
        f"in the picture the model predicts valence {read[0]:+.2f}, arousal {read[1]:+.2f} (by its "
        "own probes; circumplex measure asks other readers)"
        if read
        else "nothing here reads valence and arousal in its pictures"
    )
    if result.identity_distance is not None:
        parts.append(
            f"identity distance of the edit from the photo: {result.identity_distance:.2f}"
        )
    return "; ".join(parts)


def export(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder to write; a killed export continues.")],
    seeds: Annotated[str, typer.Option(help=SEEDS_HELP)] = "0-9",
    grid: Annotated[
        int | None, typer.Option("--grid", help="n × n points.", show_default="3")
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            help="Largest valence and arousal of the grid.",
            show_default="as far as faces can show it at each angle",
        ),
    ] = None,
    ring: Annotated[
        int | None, typer.Option(help="Directions around the circle instead of a grid.")
    ] = None,
    intensity: Annotated[str, typer.Option(help="Radii of --ring, as 0.4,0.8.")] = "0.8",
    points: Annotated[
        Path | None, typer.Option(help="CSV of valence,arousal instead of a grid.")
    ] = None,
    *,
    asked: Annotated[Settings, ExportRequest],
) -> None:
    """Export stimuli: every seed at every point, PNG files with a table (CSV and Parquet).

    Example: circumplex export stimuli --seeds 0-19 --ring 8 --intensity 0.4,0.8 --match-luminance
    """
    from faces.ground.parsing import parse_numbers
    from studio.stimuli.points import DEFAULT_SIDE, choose_points, parse_seeds
    from studio.workflows import export

    with asking():
        chosen = choose_points(grid, reach, ring, parse_numbers(intensity), points)
        side = DEFAULT_SIDE if grid is None else grid
        request = ExportRequest(
            folder=folder, seeds=parse_seeds(seeds), points=chosen, n=side, **asked
        )
    result = export.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"{result.pictures} pictures in {result.folder} "
        f"({result.made} made, {result.pictures - result.made} verified)",
        *_hits(result),
    )


def _hits(result: "ExportResult") -> Iterator[str]:
    """How near an export comes to what was asked for."""
    if result.distance is not None:
        yield (
            f"  valence and arousal predicted in them are {result.distance:.2f} from those aimed "
            "at, in the mean"
        )
    if result.beyond:
        yield (
            f"  {result.beyond} of {result.pictures} requests lie beyond what faces show; aimed at "
            "the nearest that they do"
        )


def with_face(asked: Settings) -> Settings:
    """Seed 0 is the face to start from where none is given."""
    named = any(asked.get(name) is not None for name in EditRequest.sources)
    return asked if named else Settings(asked, seed=0)
