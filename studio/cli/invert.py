"""The verb that finds a photo's latent: invert."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_bridge.inversion.config import EncoderConfig, InvertConfig, PivotConfig
from studio.cli.options import Settings
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.invert import InvertRequest

if TYPE_CHECKING:
    from studio.workflows.invert import InvertResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "invert")(invert)


def invert(
    terminal: Terminal,
    photo: Annotated[Path, typer.Argument(help="A picture with a face.")],
    out: Annotated[Path, typer.Argument(help="Folder for latent, sheet and tuned network.")],
    config: InvertConfig,
    pivot: PivotConfig,
    training: EncoderConfig,
    asked: Annotated[Settings, InvertRequest],
) -> None:
    """Find the latent of a photo's face, and say whether it is good enough to edit.

    The last line that it prints is the edit that follows.

    Example: circumplex invert me.jpg inverted/me -g ffhq.pkl --encoder ffhq-encoder.safetensors
    """
    from studio.workflows import invert

    with asking():
        request = InvertRequest(
            photo=photo,
            out=out,
            config=config,
            pivot=pivot,
            training=replace(training, space=config.space),
            **asked,
        )
    engine = terminal.engine()
    result = invert.run(request, engine, terminal.progress)
    following = invert.next_commands(request, result, engine)
    terminal.result(
        result.summary(),
        *_lines(result),
        *(f"next: {command_line(*command)}" for command in following),
    )


def _lines(result: "InvertResult") -> Iterator[str]:
    found = result.inversion
    yield from result.notes
    yield f"start ({found.start}): {found.before.psnr:.1f} dB"
    tuned = f" and {found.pivot_steps} of tuning" if found.network is not None else ""
    yield (
        f"found: {found.psnr:.1f} dB after {found.steps} steps{tuned}; w lies "
        f"{found.distance:.2f} SD from the mean (the generator's own: about 1)"
    )
    if found.figures.identity is not None:
        yield (
            f"identity distance to the photo: {found.figures.identity:.2f} "
            f"(at the start {found.before.identity or 0:.2f}; up to {found.gate.identity:.2f} "
            "likely one person)"
        )
    if found.verdict.passed:
        yield "good enough to edit"
    else:
        yield f"too poor to edit: {'; '.join(found.verdict.reasons)}; edits need --force"
    yield f"wrote {result.latent} and {result.sheet}"
