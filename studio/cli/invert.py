"""The verb that finds a photo's latent: invert."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gan_bridge.inversion.config import EncoderConfig, InvertConfig, PivotConfig
from studio.cli.pictures import Generator, Label
from studio.cli.terminal import Terminal, asking, verb

if TYPE_CHECKING:
    from studio.workflows.invert import InvertResult

_PHOTO, _WEIGHTS = "Which face", "Weights that help, by path"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "invert")(invert)


def _option(help_text: str, panel: str, **more: Any) -> Any:
    return typer.Option(help=help_text, rich_help_panel=panel, **more)


def invert(
    terminal: Terminal,
    photo: Annotated[Path, typer.Argument(help="A picture with a face.")],
    out: Annotated[Path, typer.Argument(help="Folder for latent, sheet and tuned network.")],
    generator: Generator = "stylegan3",
    space: Annotated[
        str, typer.Option(help="w, one latent for all layers, or w+, one for each.")
    ] = InvertConfig.space,
    steps: Annotated[
        int, typer.Option(help="Of the optimisation, at most; 0 keeps the start.")
    ] = InvertConfig.steps,
    pivot: Annotated[
        int,
        typer.Option(help="Steps that tune a copy of the network around the latent; 0 for none."),
    ] = PivotConfig.steps,
    encoder: Annotated[
        Path | None,
        typer.Option(help="Encoder to start from; trained and written there on first use."),
    ] = None,
    encoder_steps: Annotated[
        int, typer.Option(help="Of that training; it is not resumed.")
    ] = EncoderConfig.steps,
    face: Annotated[
        int | None, _option("Which face of several, by size from 1.", _PHOTO, show_default="1")
    ] = None,
    margin: Annotated[
        float | None,
        _option(
            "Widens the crop, as a share of its side.",
            _PHOTO,
            show_default="that of the generator's faces",
        ),
    ] = None,
    perceptual: Annotated[
        Path | None, _option("VGG16 of torchvision, for texture.", _WEIGHTS)
    ] = None,
    identity: Annotated[
        Path | None, _option("InceptionResnetV1 of facenet-pytorch, for identity.", _WEIGHTS)
    ] = None,
    label: Label = None,
    seed: Annotated[int, typer.Option(help="The one seed.")] = InvertConfig.seed,
) -> None:
    """Find the latent of a photo's face, and say whether it is good enough to edit.

    Then: circumplex edit happy.png --latent OUT/inverted.safetensors --valence 0.7

    Example: circumplex invert me.jpg inverted/me -g ffhq.pkl --encoder ffhq-encoder.safetensors
    """
    from studio.workflows import invert
    from studio.workflows.invert import InvertRequest

    with asking():
        request = InvertRequest(
            photo=photo,
            out=out,
            generator=generator,
            label=label,
            face=face,
            margin=margin,
            encoder=encoder,
            perceptual=perceptual,
            identity=identity,
            config=InvertConfig(space=space, steps=steps, seed=seed),
            pivot=PivotConfig(steps=pivot, seed=seed),
            training=EncoderConfig(space=space, steps=encoder_steps, seed=seed),
        )
    result = invert.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_lines(result, generator))


def _lines(result: "InvertResult", generator: str) -> Iterator[str]:
    found = result.inversion
    yield from result.notes
    yield f"start ({found.start}): {found.before.psnr:.1f} dB"
    tuned = f" and {found.pivot_steps} of tuning" if found.network is not None else ""
    yield (
        f"found: {found.psnr:.1f} dB after {found.steps} steps{tuned}; w lies "
        f"{found.distance:.2f} SD from the mean (the generator's own: about 1)"
    )
    gate = found.gate
    yield (
        f"bounds from {gate.samples} own samples: at least {gate.psnr:.1f} dB, multi-scale error "
        f"at most {gate.error:.3f}, w within {gate.distance:.2f} SD"
    )
    if found.verdict.passed:
        yield "good enough to edit"
    else:
        yield f"too poor to edit: {'; '.join(found.verdict.reasons)}; edits need --force"
    yield f"wrote {result.latent} and {result.sheet}"
    shown = str(generator if result.network is None else result.network)
    if found.w.shape[1] > 1:
        shown += " --directions BRIDGE"
    yield f"next: circumplex edit edited.png --latent {result.latent} -g {shown} --valence 0.7"
