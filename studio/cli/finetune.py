"""The verb that trains a StyleGAN: finetune."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from gan_bridge.datasets.expressive import ExpressiveConfig
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.plan import NetworkPlan
from studio.cli.terminal import Terminal, asking, verb

_DEFAULTS = {
    field.name: field.default
    for record in (ExpressiveConfig, NetworkPlan, GANTrainConfig)
    for field in fields(record)
}
_DEFAULTS |= {"start": "random", "subset": "expressive", "run": None, "encoder": "auto"}
_FACES, _SCHEDULE = "Faces", "Schedule of the training"
_NETWORK = "Network of a random start"


def _option(name: str, help_text: str, panel: str, flag: str | None = None) -> Any:
    """An option without a value of its own: what is not given comes from the record, or, with
    --resume, from the training."""
    default = _DEFAULTS[name]
    return typer.Option(
        *([flag] if flag else []),
        help=help_text,
        show_default=None if default is None else str(default),
        rich_help_panel=panel,
    )


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "finetune")(finetune)


def finetune(
    terminal: Terminal,
    faceset: Annotated[Path, typer.Argument(help="Folder that `circumplex prepare` wrote.")],
    out: Annotated[Path, typer.Argument(help="Folder for the training.")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Official pickle or native network to start from, or random.",
            show_default="random",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a training that was interrupted.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="own, or official: train.py of the submodule, on CUDA.")
    ] = "own",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Official engine: only print what would be done.")
    ] = False,
    subset: Annotated[
        str | None, _option("subset", "expressive faces of the training split, or all.", _FACES)
    ] = None,
    count: Annotated[
        int | None, _option("count", "At most so many expressive faces.", _FACES)
    ] = None,
    quantile: Annotated[
        float | None,
        _option("quantile", "Share of each direction's faces, nearest neutral, left out.", _FACES),
    ] = None,
    run: Annotated[
        str | None,
        _option("run", "Probed run whose readings must agree with the labels.", _FACES),
    ] = None,
    encoder: Annotated[
        str | None,
        _option("encoder", "What the score looks through: auto, random, or a run.", _FACES),
    ] = None,
    steps: Annotated[int | None, _option("steps", "Updates of each network.", _SCHEDULE)] = None,
    batch_size: Annotated[int | None, _option("batch_size", "Faces a step.", _SCHEDULE)] = None,
    train_layers: Annotated[
        str | None,
        _option(
            "train_layers", "all, mapping, synthesis, 0-5, names as L3_*.", _SCHEDULE, "--layers"
        ),
    ] = None,
    freeze_d: Annotated[
        int | None, _option("freeze_d", "First discriminator blocks left as they are.", _SCHEDULE)
    ] = None,
    g_rate: Annotated[float | None, _option("g_rate", "Generator's rate.", _SCHEDULE)] = None,
    d_rate: Annotated[float | None, _option("d_rate", "Discriminator's rate.", _SCHEDULE)] = None,
    r1_gamma: Annotated[
        float | None,
        _option(
            "r1_gamma", "Weight of R1; 0.001 S² / batch size if not given.", _SCHEDULE, "--gamma"
        ),
    ] = None,
    augment_p: Annotated[
        float | None, _option("augment_p", "Augmentation probability at first.", _SCHEDULE)
    ] = None,
    ada_target: Annotated[
        float | None,
        _option("ada_target", "Mean sign D(real) to hold; 0 keeps the probability.", _SCHEDULE),
    ] = None,
    mirror: Annotated[
        bool | None,
        _option("mirror", "Mirror half of the faces.", _SCHEDULE, "--mirror/--no-mirror"),
    ] = None,
    ema_kimg: Annotated[
        float | None, _option("ema_kimg", "Half-life of the moving average.", _SCHEDULE)
    ] = None,
    snapshot_steps: Annotated[
        int | None, _option("snapshot_steps", "Steps between networks, sheet, score.", _SCHEDULE)
    ] = None,
    precision: Annotated[str | None, _option("precision", "bf16 or no.", _SCHEDULE)] = None,
    seed: Annotated[int | None, _option("seed", "The one seed.", _SCHEDULE)] = None,
    kind: Annotated[
        str | None, _option("kind", "stylegan3-t, stylegan3-r or stylegan2.", _NETWORK)
    ] = None,
    channel_base: Annotated[
        int | None, _option("channel_base", "Channels; S² / 2 if not given.", _NETWORK)
    ] = None,
    channel_max: Annotated[
        int | None, _option("channel_max", "Most channels; 2 S if not given.", _NETWORK)
    ] = None,
    w_dim: Annotated[
        int | None, _option("w_dim", "Width of z and w; 4 S if not given.", _NETWORK)
    ] = None,
    mapping_layers: Annotated[
        int | None, _option("mapping_layers", "Depth of the mapping.", _NETWORK)
    ] = None,
    num_layers: Annotated[
        int | None, _option("num_layers", "Layers of StyleGAN3.", _NETWORK)
    ] = None,
    margin_size: Annotated[
        int | None, _option("margin_size", "Pixels beyond the picture.", _NETWORK)
    ] = None,
) -> None:
    """Train a StyleGAN on the expressive faces of a set; a killed training continues with --resume.

    Writes chosen.png to look at, chosen.zip for the official tools, network.safetensors.
    Many processes: accelerate launch -m studio.cli …

    Example: circumplex finetune data/faces tuned --from ffhq.pkl --layers 6-15 --steps 5000
    """
    given = {
        name: value for name, value in locals().items() if name in _DEFAULTS and value is not None
    }
    from studio.workflows import finetune
    from studio.workflows.finetune import FinetuneRequest

    with asking():
        request = FinetuneRequest.from_options(
            faceset, out, given, resume, engine=engine, dry_run=dry_run
        )
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
    yield f"next: circumplex bridge {network} bundled {found['folder']}/bridge"
