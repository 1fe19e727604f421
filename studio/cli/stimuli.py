"""Verbs of sets of stimuli: export, verify."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faces.circumplex import ANCHORS
from studio.cli.options import Settings
from studio.cli.pictures import SetOption
from studio.cli.terminal import Terminal, asking, verb
from studio.further_factors import parse_others
from studio.workflows.export import ExportRequest
from studio.workflows.verify import VerifyRequest

if TYPE_CHECKING:
    from studio.stimuli.export_result import ExportResult
    from studio.workflows.verify import VerifyResult

#: What a seed is, wherever several are given.
SEEDS_HELP = "Numbers of faces, as 0-9,42: the same number is the same face of a generator."
_FACES, _POINTS = "Which faces", "Which points"
_MOST_SAID = 20  # findings that are told people one by one
_APART = ANCHORS["anger"] - ANCHORS["fear"]
_PROTOTYPES_HELP = (
    "Places of expressions instead of a grid, as happiness,fear or all: places in valence and "
    f"arousal, not expressions; anger and fear are {_APART:.0f}° apart."
)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "export")(export)
    verb(app, "verify")(verify)


def export(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder to write; a killed export continues.")],
    seeds: Annotated[
        str | None,
        typer.Option(help=SEEDS_HELP, show_default="0-9", rich_help_panel=_FACES),
    ] = None,
    photo: Annotated[
        list[Path] | None,
        typer.Option(help="Photo, or a folder of photos; again for more.", rich_help_panel=_FACES),
    ] = None,
    latent: Annotated[
        list[Path] | None,
        typer.Option(
            help="File that `circumplex invert` wrote; again for more.", rich_help_panel=_FACES
        ),
    ] = None,
    grid: Annotated[
        int | None,
        typer.Option("--grid", help="n × n points.", show_default="3", rich_help_panel=_POINTS),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            help="Largest valence and arousal of the grid.",
            show_default="as far as faces can show it at each angle",
            rich_help_panel=_POINTS,
        ),
    ] = None,
    ring: Annotated[
        int | None,
        typer.Option(
            help="Directions around the circle instead of a grid.", rich_help_panel=_POINTS
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            help="Words of the circle instead of a grid, as neutral,happy,calm.",
            rich_help_panel=_POINTS,
        ),
    ] = None,
    prototypes: Annotated[
        str | None,
        typer.Option(
            help=_PROTOTYPES_HELP,
            rich_help_panel=_POINTS,
        ),
    ] = None,
    intensity: Annotated[
        str | None,
        typer.Option(
            help="Radii of --ring and --words, as 0,0.4,0.8.",
            show_default="0.8",
            rich_help_panel=_POINTS,
        ),
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(help="CSV of valence,arousal instead of a grid.", rich_help_panel=_POINTS),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep pictures of which this is true, as 'yaw.abs() < 10 and reached': columns of "
            "the table; again for more.",
            rich_help_panel="Which pictures are kept",
        ),
    ] = None,
    others: SetOption = None,
    *,
    asked: Annotated[Settings, ExportRequest],
) -> None:
    """Export stimuli: every face at every point, picture files with a table (CSV and Parquet),
    their description for people and programs, and checksums for `circumplex verify`.

    Example: circumplex export stimuli --seeds 0-19 --ring 8 --intensity 0,0.5 --match-luminance
    """
    from faces.ground.parsing import parse_numbers
    from studio.stimuli.points import DEFAULT_SIDE, choose_points, parse_seeds
    from studio.workflows import export

    with asking():
        named = _names(words), _names(prototypes)
        radii = None if intensity is None else parse_numbers(intensity)
        chosen = choose_points(grid, reach, ring, radii, points, *named)
        side = DEFAULT_SIDE if grid is None else grid
        if seeds is None and not photo and not latent:
            seeds = "0-9"
        request = ExportRequest(
            folder=folder,
            seeds=() if seeds is None else parse_seeds(seeds),
            photos=tuple(photo or ()),
            latents=tuple(latent or ()),
            points=chosen,
            n=side,
            where=tuple(where or ()),
            others=parse_others(others),
            **asked,
        )
    result = export.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"{result.pictures} pictures in {result.folder} "
        f"({result.made} made now, {result.pictures - result.made} kept of an earlier run)",
        *_repairs(result),
        *_hits(result),
        *_choice(result),
    )


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",")]


def _hits(result: "ExportResult") -> Iterator[str]:
    """How near an export comes to what was asked for."""
    from studio.stimuli.export_tally import FAR_FROM_NEUTRAL, say_hits

    for name, distance in result.distances.items():
        yield (
            f"  valence and arousal that {name} finds in them are {distance:.2f} from those aimed "
            "at, in the mean"
        )
    if result.beyond:
        yield (
            f"  {result.beyond} of {result.requests} requests lie beyond what faces show; aimed at "
            "the nearest that they do"
        )
    if result.prototypes:
        yield (
            "  at the places of expressions, the pixel reader finds that expression in "
            f"{say_hits(result.prototypes)}"
        )
    if result.far_neutrals:
        count = len(result.far_neutrals)
        yield f"  {count} neutral faces read more than {FAR_FROM_NEUTRAL:g} from neutral:"
    for file, found in list(result.far_neutrals.items())[:_MOST_SAID]:
        yield f"    {file} ({', '.join(f'{name} {far:.2f}' for name, far in found.items())})"
    if len(result.far_neutrals) > _MOST_SAID:
        yield f"    and {len(result.far_neutrals) - _MOST_SAID} more; --json names all"
    if result.luminance is not None:
        mean, deviation = result.luminance
        yield f"  luminance matched to mean {mean:.2f}, SD {deviation:.2f}"
    if result.clipped:
        yield f"  {result.clipped} pixels clipped by matching"


def _repairs(result: "ExportResult") -> Iterator[str]:
    """What of a finished export was not as it was."""
    for name in result.repaired[:_MOST_SAID]:
        yield f"  {name} was changed or gone, and was made again"
    if len(result.repaired) > _MOST_SAID:
        yield f"  and {len(result.repaired) - _MOST_SAID} more; --json names all"


def _choice(result: "ExportResult") -> Iterator[str]:
    """What was left out, and whose norms were joined."""
    for text, count in result.dropped.items():
        yield f"  {count} dropped that do not meet {text}"
    for source, reason in result.rejected.items():
        yield f"  {source} left out: {reason}"
    if result.normed is not None:
        yield f"  the norms know {result.normed} of them"
    if result.rated_otherwise:
        yield (
            f"  warning: {result.rated_otherwise} pictures are not those that were rated: their "
            "bytes are others than the norms'"
        )
    if result.rated_unknown:
        yield (
            f"  warning: {result.rated_unknown} pictures were matched anew to this set's averages, "
            "and may not be those that were rated; --luminance MEAN,SD of the rated set's "
            "export.json makes the same again"
        )


def verify(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder that `circumplex export` wrote.")],
    asked: Annotated[Settings, VerifyRequest],
) -> None:
    """Check every byte, row and recipe of an export, and make some of its pictures again.

    Where anything is not as it was, each is named and the exit code is 1.

    Example: circumplex verify stimuli --again 5
    """
    from studio.workflows import verify

    with asking():
        request = VerifyRequest(folder=folder, **asked)
    result = verify.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_findings(result))
    if not result.fine:
        raise typer.Exit(1)


def _findings(result: "VerifyResult") -> Iterator[str]:
    for finding in result.findings[:_MOST_SAID]:
        yield str(finding)
    if len(result.findings) > _MOST_SAID:
        yield f"and {len(result.findings) - _MOST_SAID} more; --json names all"
    if result.again:
        yield f"{result.identical} of {result.again} made again are identical"
    for line in result.apart:
        yield f"  {line}"
    yield (
        f"{result.pictures} pictures and {result.files} files of {result.folder} are as they were"
        if result.fine
        else f"not as it was: {len(result.findings)} in {result.folder}"
    )
