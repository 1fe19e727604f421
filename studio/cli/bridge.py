"""The verb that carries directions into a StyleGAN: bridge."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gan_bridge.bridging.config import BridgeConfig
from studio.cli.pictures import Label
from studio.cli.terminal import Terminal, asking, verb

_DEFAULT = BridgeConfig


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "bridge")(bridge)


def bridge(
    terminal: Terminal,
    generator: Annotated[str, typer.Argument(help="A StyleGAN, .safetensors or .pkl.")],
    run: Annotated[str, typer.Argument(help="Folder of a probed run, or bundled.")],
    out: Annotated[Path, typer.Argument(help="Folder for directions, profile and report.")],
    samples: Annotated[
        int, typer.Option(help="Faces drawn and scored; the last fifth is held out.")
    ] = _DEFAULT.samples,
    truncation: Annotated[
        float, typer.Option(help="Of the faces: 1 is the full spread, towards 0 the mean face.")
    ] = _DEFAULT.truncation,
    basis: Annotated[
        str, typer.Option(help="orthogonal (Gram–Schmidt), dual or pattern.")
    ] = _DEFAULT.basis,
    without: Annotated[
        str, typer.Option(help="Taken out of the directions: some of yaw,pitch,roll,identity.")
    ] = "",
    identity: Annotated[
        Path | None, typer.Option(help="File of InceptionResnetV1 weights, for identity.")
    ] = None,
    crop: Annotated[
        str, typer.Option(help="whole picture, detect the face in it, or auto.")
    ] = _DEFAULT.crop,
    faces: Annotated[
        int, typer.Option(help="Faces that the layer profile is measured on.")
    ] = _DEFAULT.faces,
    label: Label = None,
    seed: Annotated[int, typer.Option(help="Of the first face.")] = _DEFAULT.seed,
) -> None:
    """Find valence and arousal in a StyleGAN, through a β-VAE and its probes.

    A killed call continues where it was. Then: circumplex grid -g GENERATOR --directions OUT

    Example: circumplex bridge ffhq.pkl bundled bridges/ffhq --without yaw,pitch,roll
    """
    from faces.ground.parsing import parse_names
    from studio.workflows import bridge
    from studio.workflows.bridge import BridgeRequest

    with asking():
        config = BridgeConfig(samples, truncation, basis, parse_names(without), crop, faces, seed)
        request = BridgeRequest(generator, run, out, config, identity, label)
    result = bridge.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *_findings(result.evidence),
        f"{result.seconds['synthesis']:.0f} s in the generator, {result.seconds['rest']:.0f} s "
        "in all the rest",
        f"wrote {result.directions} and {result.report}",
        f"next: circumplex grid grid.png -g {generator} --directions {out}",
    )


def _findings(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    held = evidence["held_out"]
    for name in ("valence", "arousal"):
        score = held[name]
        low, high = (_number(bound) for bound in score["r2_interval"])
        yield (
            f"{name}: held-out R² {_number(score['r2'])} [{low}, {high}], shuffled "
            f"{_number(score['shuffled_r2'])}, alone {_number(score['r2_alone'])} ({held['n']} "
            "samples)"
        )
        if score["r2_interval"][0] is not None and score["r2_interval"][0] <= 0:
            yield f"{name}: not told from nothing on these samples; its direction may be noise"
    found, profile = evidence["directions"], evidence["profile"]
    yield f"cosine before {_number(found['cosine_before'])}, after {found['cosine_after']:.1e}"
    for nuisance in evidence["nuisances"]:
        cosines = ", ".join(f"{name} {_number(c)}" for name, c in nuisance["cosine"].items())
        yield (f"without {nuisance['name']}: R² {_number(nuisance['r2'])}, cosine with {cosines}")
    layers = profile["layers"]
    yield f"default layers {layers[0]}-{layers[-1]} of {evidence['generator']['num_layers']}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
