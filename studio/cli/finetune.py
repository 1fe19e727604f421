"""The verb that trains a StyleGAN: finetune."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gan_bridge.datasets.expressive import ExpressiveConfig
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.plan import NetworkPlan
from studio.cli.options import Given
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.finetune import FinetuneRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "finetune")(finetune)


def finetune(
    terminal: Terminal,
    faceset: Annotated[Path, typer.Argument(help="Folder that `circumplex prepare` wrote.")],
    out: Annotated[Path, typer.Argument(help="Folder for the training.")],
    given: Annotated[Given, FinetuneRequest, ExpressiveConfig, GANTrainConfig, NetworkPlan],
) -> None:
    """Train a StyleGAN on the expressive faces of a set; a killed training continues with --resume.

    Writes chosen.png to look at, chosen.zip for the official tools, network.safetensors.
    Many processes: accelerate launch -m studio.cli …

    Example: circumplex finetune data/faces tuned --from ffhq.pkl --layers 6-15 --steps 5000
    """
    from studio.workflows import finetune

    with asking():
        request = FinetuneRequest.from_options(faceset, out, given)
    result = finetune.run(request, terminal.engine(), terminal.progress)
    terminal.result(result.summary(), *_findings(result.summary()))


def _findings(found: dict[str, Any]) -> Iterator[str]:
    """What came of it, a line each."""
    yield f"trained on {found['faces']['chosen']} faces in {found['folder']}"
    if "command" in found:
        yield f"network: {found['network'] or 'none; this was a dry run'}"
        return
    if figures := found["figures"]:
        yield (
            f"step {found['steps']}: losses G {figures['loss_g']:.3f}, D {figures['loss_d']:.3f}, "
            f"augmentation {figures['augment_p']:.2f}"
        )
    if scores := found["scores"]:
        last = scores[-1]
        yield (
            f"KID {last['kid']:.4g} ± {last['kid_error']:.2g} at step {last['step']} "
            f"({found['features']})"
        )
    network = found["best"] or found["network"]
    yield "next: " + command_line("bridge", network, "bundled", Path(found["folder"]) / "bridge")
