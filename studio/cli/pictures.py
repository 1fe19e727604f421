"""Verbs that make single pictures: grid, edit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.further_factors import parse_others
from studio.workflows.edit import EditRequest
from studio.workflows.grid import GridRequest

if TYPE_CHECKING:
    from studio.workflows.edit import EditResult

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A further factor of the directions (`probe --factor`), in the units of its label, "
        "as age=40; what is not named is left alone. Repeat.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "grid")(grid)
    verb(app, "edit")(edit)


def grid(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG, PDF or SVG to write, by its suffix.")],
    others: SetOption = None,
    *,
    asked: Annotated[Settings, GridRequest],
) -> None:
    """Lay one face out on the circumplex: valence to the right, arousal upwards.

    Example: circumplex grid circumplex.png --seed 7
    """
    from studio.workflows import grid

    with asking():
        request = GridRequest(out=out, others=parse_others(others), **with_face(asked))
    result = grid.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *result.notes, f"wrote {result.file}")


def edit(
    terminal: Terminal,
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    others: SetOption = None,
    *,
    asked: Annotated[Settings, EditRequest],
) -> None:
    """Move one face to a valence and arousal; 0 and 0 is its neutral face.

    Example: circumplex edit happy.png --photo me.jpg --valence 0.7 --arousal 0.3
    """
    from studio.workflows import edit

    with asking():
        request = EditRequest(out=out, others=parse_others(others), **with_face(asked))
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
    if result.expected_rating is not None:
        valence, arousal = result.expected_rating
        parts.append(
            f"people are expected to see valence {valence:+.2f}, arousal {arousal:+.2f} in it, by "
            "the ratings that the editor is calibrated on"
        )
    if result.identity_distance is not None:
        parts.append(
            f"identity distance of the edit from the photo: {result.identity_distance:.2f}"
        )
    return "; ".join(parts)


def with_face(asked: Settings) -> Settings:
    """Seed 0 is the face to start from where none is given."""
    named = any(asked.get(name) is not None for name in EditRequest.sources)
    return asked if named else Settings(asked, seed=0)
