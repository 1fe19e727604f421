"""The verb that makes networks of others native: convert."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.options import Settings
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.convert import ConvertRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "convert")(convert)


def convert(
    terminal: Terminal,
    network: Annotated[
        Path,
        typer.Argument(help="Official pickle (.pkl), a checkpoint (.pt), or a native file."),
    ],
    out: Annotated[Path, typer.Argument(help="File to write, NAME.safetensors.")],
    asked: Annotated[Settings, ConvertRequest],
) -> None:
    """Turn a StyleGAN's pickle or checkpoint into safetensors; nothing in it is executed.

    Checkpoints are those of rosinality's StyleGAN2 (e4e, pSp and others build on it) and state
    dicts of StyleGAN2-ADA and StyleGAN3.

    Example: circumplex convert stylegan3-t-ffhq-1024x1024.pkl ffhq.safetensors
    """
    from studio.workflows import convert

    with asking():
        request = ConvertRequest(network, out, **asked)
    result = convert.run(request, terminal.engine(), terminal.progress)
    classes = f", {result.classes} classes" if result.classes else ""
    terminal.result(
        result.summary(),
        f"wrote {result.file}: {', '.join(result.networks)} as {result.stored}",
        f"  {result.kind}, {result.resolution} pixels, {result.channels} channels{classes}, "
        f"{result.parameters:,} parameters",
        f"  digest {result.digest}",
        f"next: {command_line('bridge', result.file, 'bundled', result.file.parent / 'bridge')}",
    )
