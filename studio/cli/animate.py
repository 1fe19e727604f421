"""The verb that makes moving faces: animate."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.options import Settings
from studio.cli.pictures import SetOption, with_face
from studio.cli.terminal import Terminal, asking, verb
from studio.further_factors import parse_others
from studio.workflows.animate import AnimateRequest

if TYPE_CHECKING:
    from studio.workflows.animate_result import AnimateResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "animate")(animate)


def animate(
    terminal: Terminal,
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    others: SetOption = None,
    *,
    asked: Annotated[Settings, AnimateRequest],
) -> None:
    """Move one face through valence and arousal: video, frames, and what each frame shows.

    Example: circumplex animate smile --seed 5000 --target happiness --formats mp4,gif
    """
    from studio.workflows import animate

    with asking():
        request = AnimateRequest(folder=folder, others=parse_others(others), **with_face(asked))
    result = animate.run(request, terminal.engine(), terminal.progress)
    wrote = f"wrote {', '.join(result.files)} in {result.folder}"
    terminal.result(result.summary(), *result.notes, *_said(result), wrote)


def _said(result: "AnimateResult") -> Iterator[str]:
    """What came out, a line each."""
    yield f"{result.frames} frames, {result.duration / 1000:.2f} s at {result.fps:g} a second"
    if len(result.delays) > 1 or (result.delays and result.delays[0] != 1000 / result.fps):
        stand = " or ".join(map(str, result.delays))
        yield f"  the GIF's frames stand for {stand} ms, in the mean as long as they should"
    if result.beyond:
        yield (
            f"  {result.beyond} frames ({_when(result.beyond_ms)}) ask for what no face shows; "
            "aimed at the nearest that faces do"
        )
    if result.unfound:
        yield f"  no face is found in {result.unfound} frames ({_when(result.unfound_ms)})"
    if result.errors:
        apart = ", ".join(f"{name} {error:.2f}" for name, error in result.errors.items())
        yield f"  mean distance of what readers find from what was aimed at: {apart}"
    if result.identity_distance is not None:
        yield f"  identity distance to the first frame: up to {result.identity_distance:.2f}"
    if result.speed is not None:
        before, after = result.speed
        yield (
            f"  the readings' speed varies by {after:.0%} of its mean ({before:.0%} at a constant "
            "speed of the requests)"
        )
    if result.different is not None:
        yield (
            f"  {result.different} frames are not the recipe's"
            if result.different
            else "  identical to the recipe's frames"
        )


def _when(times: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{first / 1000:.2f}–{last / 1000:.2f} s" for first, last in times)
