"""The verb that carries directions into a StyleGAN: bridge."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gan_bridge.bridging.config import BridgeConfig
from studio.cli.models import factor_lines
from studio.cli.options import Settings
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.bridge import BridgeRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "bridge")(bridge)


def bridge(
    terminal: Terminal,
    generator: Annotated[str, typer.Argument(help="A StyleGAN, .safetensors, .pkl or .pt.")],
    run: Annotated[str, typer.Argument(help="Folder of a probed run, or bundled.")],
    out: Annotated[Path, typer.Argument(help="Folder for directions, profile and report.")],
    config: BridgeConfig,
    asked: Annotated[Settings, BridgeRequest],
) -> None:
    """Find valence and arousal in a StyleGAN, through a β-VAE and its probes.

    A killed call continues where it was. Then: circumplex grid -g GENERATOR --directions OUT

    Example: circumplex bridge ffhq.pkl bundled bridges/ffhq --without yaw,pitch,roll
    """
    from studio.workflows import bridge

    with asking():
        request = BridgeRequest(generator=generator, run=run, out=out, config=config, **asked)
    result = bridge.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *_findings(result.evidence),
        f"{result.seconds['synthesis']:.0f} s in the generator, {result.seconds['rest']:.0f} s "
        "in all the rest",
        f"wrote {result.directions} and {result.report}",
        "next: " + command_line("grid", out / "grid.png", "-g", generator, "--directions", out),
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
    for factor in evidence.get("factors", ()):
        yield from factor_lines(factor)
    layers = profile["layers"]
    yield f"default layers {layers[0]}-{layers[-1]} of {evidence['generator']['num_layers']}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
