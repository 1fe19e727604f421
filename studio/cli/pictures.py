"""Verbs that make pictures: grid, edit, export."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.terminal import Terminal, asking, verb
from studio.validation import STYLEGAN
from vae.config import DEFAULT_TRUNCATION

Generator = Annotated[
    str,
    typer.Option(
        "--generator",
        "-g",
        help="stylegan3 or bundled (the β-VAE), the folder of a run, a .safetensors or .pkl.",
    ),
]
Directions = Annotated[
    Path | None,
    typer.Option(
        help="directions.safetensors, the folder that `circumplex bridge` wrote, or bundled.",
        show_default="those beside the generator",
    ),
]
Layers = Annotated[
    str | None,
    typer.Option(
        help="Layers of a StyleGAN to edit, as 3-8 or 3-5:0.5,8; all for every one.",
        show_default="the profile's",
    ),
]
Raw = Annotated[
    bool,
    typer.Option("--raw", help="Ask the latent, not the picture: leave the calibration out."),
]
Label = Annotated[int | None, typer.Option("--class", help="Class of a conditional StyleGAN.")]
_TRUNCATION = "0 for the mean face, 1 for the full spread of the training faces."
Truncation = Annotated[float, typer.Option(help=_TRUNCATION)]
Seed = Annotated[int | None, typer.Option(help="The face to start from.", show_default="0")]
Photo = Annotated[Path | None, typer.Option(help="Start from the face in this picture instead.")]
Latent = Annotated[
    Path | None,
    typer.Option(help="Start from the inverted.safetensors that `circumplex invert` wrote."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Take a latent that was found too poor to edit.")
]


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
    latent: Latent = None,
    force: Force = False,
    n: Annotated[int, typer.Option("-n", "--n", help="Faces a side.")] = 7,
    reach: Annotated[float, typer.Option(help="Largest valence and arousal, up to 1.")] = 0.8,
    plain: Annotated[
        bool, typer.Option("--plain", help="Bare tiles without axes and words (PNG).")
    ] = False,
    truncation: Truncation = DEFAULT_TRUNCATION,
    generator: Generator = STYLEGAN,
    directions: Directions = None,
    layers: Layers = None,
    label: Label = None,
    raw: Raw = False,
    memory: Annotated[
        float | None,
        typer.Option(
            help="GiB of a GPU that faces made at once may take.", show_default="one at a time"
        ),
    ] = None,
) -> None:
    """Lay one face out on the circumplex: valence to the right, arousal upwards.

    Example: circumplex grid circumplex.png --seed 7
    """
    from studio.workflows import grid
    from studio.workflows.grid import GridRequest

    with asking():
        request = GridRequest(
            out=out,
            seed=_seed(seed, photo, latent),
            photo=photo,
            latent=latent,
            force=force,
            n=n,
            reach=reach,
            plain=plain,
            truncation=truncation,
            generator=generator,
            directions=directions,
            layers=layers,
            label=label,
            raw=raw,
            memory=memory,
        )
    result = grid.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), f"wrote {result.file}")


def edit(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    seed: Seed = None,
    photo: Photo = None,
    latent: Latent = None,
    force: Force = False,
    recipe: Annotated[
        Path | None,
        typer.Option(help="Make the picture in this PNG again, and say how near it comes."),
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
    generator: Generator = STYLEGAN,
    directions: Directions = None,
    layers: Layers = None,
    label: Label = None,
    raw: Raw = False,
) -> None:
    """Move one face to a valence and arousal; 0 and 0 is its neutral face.

    Example: circumplex edit happy.png --photo me.jpg --valence 0.7 --arousal 0.3
    """
    from studio.workflows import edit
    from studio.workflows.edit import EditRequest

    with asking():
        request = EditRequest(
            out=out,
            seed=_seed(seed, photo, latent, recipe),
            photo=photo,
            latent=latent,
            force=force,
            recipe=recipe,
            valence=valence,
            arousal=arousal,
            truncation=truncation,
            generator=generator,
            directions=directions,
            layers=layers,
            label=label,
            raw=raw,
        )
    result = edit.run(request, terminal.engine(), terminal.progress)
    read = result.reading
    said = (
        f"in the picture the model predicts valence {read[0]:+.2f}, arousal {read[1]:+.2f}"
        if read
        else "nothing here reads valence and arousal in its pictures"
    )
    if result.reproduction is not None:
        said = f"{result.reproduction}; {said}"
    terminal.result(result.summary(), f"wrote {result.file}; {said}")


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
    generator: Generator = STYLEGAN,
    directions: Directions = None,
    layers: Layers = None,
    label: Label = None,
    raw: Raw = False,
) -> None:
    """Export stimuli: every seed at every point, PNG files with a table (CSV and Parquet).

    Example: circumplex export stimuli --seeds 0-19 --ring 8 --intensity 0.4,0.8 --match-luminance
    """
    from faces.ground.parsing import parse_numbers
    from studio.stimuli.points import choose_points, parse_seeds
    from studio.workflows import export
    from studio.workflows.export import ExportRequest

    with asking():
        request = ExportRequest(
            folder=folder,
            seeds=parse_seeds(seeds),
            points=choose_points(grid, reach, ring, parse_numbers(intensity), points),
            match_luminance=match_luminance,
            truncation=truncation,
            generator=generator,
            directions=directions,
            layers=layers,
            label=label,
            raw=raw,
        )
    result = export.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"{result.pictures} pictures in {result.folder} "
        f"({result.made} made, {result.pictures - result.made} verified)",
    )


def _seed(seed: int | None, *others: Path | None) -> int | None:
    """The face to start from: seed 0 where nothing is given."""
    return 0 if seed is None and all(other is None for other in others) else seed
