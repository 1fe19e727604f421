"""The verb that aims edits at what pictures show: calibrate."""

from typing import Annotated

import typer

from gan_bridge.editing.calibration_config import CalibrationConfig
from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.calibrate import CalibrateRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "calibrate")(calibrate)


def calibrate(
    terminal: Terminal,
    generator: Annotated[
        str, typer.Argument(help="stylegan3 or bundled (the β-VAE), a run, a .safetensors or .pkl.")
    ],
    asked: Annotated[Settings, CalibrateRequest],
    config: CalibrationConfig,
) -> None:
    """Measure what pictures show after moves, so that requests become what pictures show.

    Edits use the file that lies beside their directions; --raw leaves it out. A killed call
    continues where it was.

    Example: circumplex calibrate stylegan3 --faces 200 --out calibration.safetensors
    """
    from studio.engine import CALIBRATION
    from studio.workflows import calibrate

    with asking():
        request = CalibrateRequest(generator=generator, config=config, **asked)
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
