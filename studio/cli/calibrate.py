"""The verb that aims edits at what pictures show: calibrate."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from gan_bridge.editing.editor_config import EditorConfig
from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.calibrate import CalibrateRequest

if TYPE_CHECKING:
    from studio.workflows.calibrate import CalibrateResult

#: What is said of fresh faces: the figure's name in the evidence, for people, and its digits.
_SAID = (
    ("valence", "requests on fresh faces against a reader that trained it, CCC of valence", 3),
    ("arousal", "of arousal", 3),
    ("identity_distance", "identity distance from the neutral face", 2),
    ("pitch_deg", "head turned up or down by, degrees", 1),
    ("light_levels", "light changed by, levels of 255", 1),
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "calibrate")(calibrate)


def calibrate(
    terminal: Terminal,
    generator: Annotated[
        str,
        typer.Argument(help="stylegan3 or bundled (the β-VAE), a run, a .safetensors, .pkl, .pt."),
    ],
    asked: Annotated[Settings, CalibrateRequest],
    config: EditorConfig,
) -> None:
    """Train an editor through the generator: pictures show what is asked for, the person stays.

    Edits use the file that lies beside their directions; --raw leaves it out. A killed call
    continues where it was. With --ratings the editor is aimed at what people see instead.

    Example: circumplex calibrate ffhq.safetensors --directions bridges/ffhq
    """
    from studio.model_files import EDITOR
    from studio.workflows import calibrate

    with asking():
        request = CalibrateRequest(generator=generator, config=config, **asked)
    result = calibrate.run(request, terminal.engine(), terminal.progress)
    if request.ratings is not None:
        terminal.result(result.summary(), *_rated_lines(result))
        return
    before, after = (result.evidence["check"][name] for name in ("linear", "editor"))
    terminal.result(
        result.summary(),
        *(
            f"{what}: {before[name]:.{digits}f} along the directions alone, "
            f"{after[name]:.{digits}f} with the editor"
            for name, what, digits in _SAID
        ),
        f"wrote {result.file}; edits use it where it lies beside the directions as {EDITOR}",
    )


def _rated_lines(result: "CalibrateResult") -> Iterator[str]:
    """What the ratings ask for, on people that were held out."""
    found = result.evidence["ratings"]
    yield f"ratings of {found['pictures']} pictures of {found['people']} people"
    for at, target in enumerate(("valence", "arousal")):
        before, after = (
            f"RMSE {found[name]['rmse'][at]:.3f}, CCC {found[name]['ccc'][at]:.2f}"
            for name in ("uncorrected", "corrected")
        )
        yield f"  {target} expected against rated: {before} as it was, {after} corrected"
    yield f"wrote {result.file}; edits use it with --directions {result.file.parent}"
