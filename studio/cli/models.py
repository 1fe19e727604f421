"""Verbs that make models and measure them: train, probe."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.terminal import Terminal, asking, verb
from vae.config import TrainConfig, VAEConfig

_DEFAULTS = {
    field.name: field.default for record in (VAEConfig, TrainConfig) for field in fields(record)
}
_SCHEDULE = "Schedule of the training"
_NETWORK = "Network"


def _option(name: str, help_text: str, panel: str, flag: str | None = None) -> Any:
    """An option without a value of its own: what is not given comes from the record, or, with
    --resume, from the run."""
    flags = [flag] if flag else []
    return typer.Option(
        *flags, help=help_text, show_default=str(_DEFAULTS[name]), rich_help_panel=panel
    )


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "train")(train)
    verb(app, "probe")(probe)


def train(
    terminal: Terminal,
    faceset: Annotated[Path, typer.Argument(help="Folder that `circumplex prepare` wrote.")],
    run: Annotated[Path, typer.Argument(help="Folder for the run.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a training that was interrupted.")
    ] = False,
    refine: Annotated[
        str | None,
        typer.Option(help="Keep this guided run's encoder; teach its decoder to show affect."),
    ] = None,
    guide: Annotated[
        float | None,
        _option("guide", "Weight of the valence/arousal head; 0 is the plain β-VAE.", _SCHEDULE),
    ] = None,
    beta: Annotated[
        float | None, _option("beta", "Weight β of the latent term.", _SCHEDULE)
    ] = None,
    schedule: Annotated[str | None, _option("schedule", "beta, capacity or tc.", _SCHEDULE)] = None,
    capacity: Annotated[
        float | None, _option("capacity", "Final capacity in nats (schedule capacity).", _SCHEDULE)
    ] = None,
    epochs: Annotated[int | None, _option("epochs", "Passes over the faces.", _SCHEDULE)] = None,
    batch_size: Annotated[int | None, _option("batch_size", "Faces a step.", _SCHEDULE)] = None,
    learning_rate: Annotated[
        float | None, _option("learning_rate", "Peak of the cosine schedule.", _SCHEDULE)
    ] = None,
    warmup_steps: Annotated[
        int | None, _option("warmup_steps", "Steps until the peak.", _SCHEDULE)
    ] = None,
    checkpoint_steps: Annotated[
        int | None, _option("checkpoint_steps", "Steps between two saved states.", _SCHEDULE)
    ] = None,
    express: Annotated[
        float | None, _option("express", "Weight of the expression term (--refine).", _SCHEDULE)
    ] = None,
    class_balance: Annotated[
        float | None,
        _option("class_balance", "Exponent on the class weights; 0 is unweighted.", _SCHEDULE),
    ] = None,
    augment: Annotated[
        bool | None,
        _option("augment", "Flip, shift, relight the faces.", _SCHEDULE, "--augment/--no-augment"),
    ] = None,
    patience: Annotated[
        int | None,
        _option("patience", "Epochs without a better loss before stopping; 0 never.", _SCHEDULE),
    ] = None,
    precision: Annotated[str | None, _option("precision", "bf16 or no.", _SCHEDULE)] = None,
    seed: Annotated[int | None, _option("seed", "The one seed.", _SCHEDULE)] = None,
    latent_dim: Annotated[int | None, _option("latent_dim", "Latent units.", _NETWORK)] = None,
    encoder_width: Annotated[
        int | None, _option("encoder_width", "Channels of the first stage.", _NETWORK)
    ] = None,
    decoder_width: Annotated[
        int | None, _option("decoder_width", "Channels of the last stage.", _NETWORK)
    ] = None,
) -> None:
    """Train a β-VAE on a face set; a killed training continues with --resume.

    Image size and channels are the face set's. Many processes: accelerate launch -m studio.cli …

    Example: circumplex train data/faces runs/guided --epochs 30
    """
    given = {
        name: value for name, value in locals().items() if name in _DEFAULTS and value is not None
    }
    from studio.workflows import train
    from studio.workflows.train import TrainRequest

    with asking():
        request = TrainRequest.from_options(faceset, run, given, resume, refine)
    result = train.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"trained {result.folder}: epoch {result.provenance['epoch']} kept",
        *(f"  {name} {value:.4g}" for name, value in result.provenance["dev"].items()),
        f"next: circumplex probe {result.folder} {faceset}",
    )


def probe(
    terminal: Terminal,
    run: Annotated[str, typer.Argument(help="Folder of a run, or bundled.")],
    faceset: Annotated[Path, typer.Argument(help="Labelled face set to fit on.")],
    test: Annotated[
        Path | None, typer.Option(help="A face set never seen, to report on as well.")
    ] = None,
    basis: Annotated[
        str, typer.Option(help="orthogonal (Gram–Schmidt), dual or pattern.")
    ] = "orthogonal",
    compare: Annotated[
        str | None, typer.Option(help="Another run to measure beside it, such as the plain β-VAE.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the results.",
            show_default="the run's; bundled-probe for the bundled run",
        ),
    ] = None,
) -> None:
    """Find the valence and arousal directions, with the evidence: report.json and report.html.

    Example: circumplex probe runs/guided data/faces --test data/other --json
    """
    from studio.workflows import probe
    from studio.workflows.probe import ProbeRequest

    with asking():
        request = ProbeRequest(run, faceset, test, basis, compare, out)
    result = probe.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *_findings(result.evidence),
        f"wrote {result.directions} and {result.report}",
    )


def _findings(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    yield from _scores(evidence, "")
    found = evidence["directions"]
    yield f"cosine before {_number(found['cosine_before'])}, after {found['cosine_after']:.1e}"
    if other := evidence.get("compare"):
        yield from _scores(other, "compared, ")


def _scores(evidence: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in ("held_out", "test"):
        if not (found := evidence.get(name)):
            continue
        for label in ("valence", "arousal"):
            score = found[label]
            low, high = map(_number, score["r2_interval"])
            yield (
                f"{prefix}{name} {label}: R² {_number(score['r2'])} [{low}, {high}], "
                f"shuffled labels {_number(score['shuffled_r2'])}, CCC {_number(score['ccc'])}, "
                f"MIG {_number(score['mig'])} ({found['n']} faces)"
            )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
