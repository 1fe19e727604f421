"""The verb that aims edits at what pictures show: calibrate."""

from pathlib import Path
from typing import Annotated

import typer

from gan_bridge.editing.calibration_config import CalibrationConfig
from studio.cli.pictures import Directions, Label, Truncation
from studio.cli.terminal import Terminal, asking, verb

_DEFAULT = CalibrationConfig


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "calibrate")(calibrate)


def calibrate(
    terminal: Terminal,
    generator: Annotated[
        str, typer.Argument(help="stylegan3 or bundled (the β-VAE), a run, a .safetensors or .pkl.")
    ],
    directions: Directions = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write.", show_default="calibration.safetensors beside the directions"
        ),
    ] = None,
    faces: Annotated[int, typer.Option(help="Faces that are moved.")] = _DEFAULT.faces,
    moves: Annotated[int, typer.Option(help="Moves of each.")] = _DEFAULT.moves,
    checked: Annotated[
        int, typer.Option(help="Further faces that requests are checked on.")
    ] = _DEFAULT.checked,
    reach: Annotated[
        float, typer.Option(help="How far a move may go, in the probes' units.")
    ] = _DEFAULT.reach,
    effort: Annotated[
        float, typer.Option(help="What it costs to stray from the request; 0 for nothing.")
    ] = _DEFAULT.effort,
    truncation: Truncation = _DEFAULT.truncation,
    pixel: Annotated[str, typer.Option(help="File of a pixel reader, or bundled.")] = "bundled",
    label: Label = None,
    seed: Annotated[int, typer.Option(help="Of the first face.")] = _DEFAULT.seed,
) -> None:
    """Measure what pictures show after moves, so that requests become what pictures show.

    Edits use the file that lies beside their directions; --raw leaves it out. A killed call
    continues where it was.

    Example: circumplex calibrate stylegan3 --faces 200 --out calibration.safetensors
    """
    from studio.engine import CALIBRATION
    from studio.workflows import calibrate
    from studio.workflows.calibrate import CalibrateRequest

    with asking():
        config = CalibrationConfig(faces, moves, checked, reach, effort, truncation, seed)
        request = CalibrateRequest(generator, directions, label, out, pixel, config)
    result = calibrate.run(request, terminal.engine(), terminal.progress)
    surface, check = result.evidence["surface"], result.evidence["check"]
    terminal.result(
        result.summary(),
        *(
            f"{name}: surface R² {surface['r2'][name]:.2f} on faces left out; requests against "
            f"readings on fresh faces, CCC {check['before'][name]:.3f} before, "
            f"{check['after'][name]:.3f} after"
            for name in ("valence", "arousal")
        ),
        f"wrote {result.file}; edits use it where it lies beside the directions as {CALIBRATION}",
    )
