"""Verbs that make models and measure them: train, probe."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import Given, Settings
from studio.cli.output import command_line
from studio.cli.terminal import Terminal, asking, verb
from studio.workflows.probe import ProbeRequest
from studio.workflows.train import TrainRequest
from vae.config import TrainConfig, VAEConfig


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "train")(train)
    verb(app, "probe")(probe)


def train(
    terminal: Terminal,
    faceset: Annotated[Path, typer.Argument(help="Folder that `circumplex prepare` wrote.")],
    run: Annotated[Path, typer.Argument(help="Folder for the run.")],
    asked: Annotated[Settings, TrainRequest],
    given: Annotated[Given, TrainConfig, VAEConfig],
) -> None:
    """Train a β-VAE on a face set; a killed training continues with --resume.

    Where the run learned nothing (it reconstructs held-out faces no better than the mean face does)
    the exit code is 1; the run is kept.

    Image size and channels are the face set's. Many processes: accelerate launch -m studio.cli …

    Example: circumplex train data/faces runs/guided --epochs 30
    """
    from studio.workflows import train

    with asking():
        request = TrainRequest.from_options(faceset, run, given, **asked)
    result = train.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        f"trained {result.folder}: epoch {result.provenance['epoch']} kept",
        *(f"  {name} {value:.4g}" for name, value in result.provenance["dev"].items()),
        *(result.problems or ["next: " + command_line("probe", result.folder, faceset)]),
    )
    if result.problems:
        raise typer.Exit(1)


def probe(
    terminal: Terminal,
    run: Annotated[str, typer.Argument(help="Folder of a run, or bundled.")],
    faceset: Annotated[Path, typer.Argument(help="Labelled face set to fit on.")],
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Further label of the face set, as prepare --keep kept it, that gets a direction: "
            "numbers, bands such as 20-29, or two words. Made orthogonal after valence and "
            "arousal, in the order given; repeat. Of a set without these two, found beside the "
            "run's own directions.",
        ),
    ] = None,
    *,
    asked: Annotated[Settings, ProbeRequest],
) -> None:
    """Find the valence and arousal directions, with the evidence: report.json and report.html.

    Where the codes tell neither better than with shuffled labels, the exit code is 1.

    Example: circumplex probe runs/guided data/faces --test data/other --json
    """
    from studio.workflows import probe

    with asking():
        request = ProbeRequest(run, faceset, factors=tuple(factor or ()), **asked)
    result = probe.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(),
        *_findings(result.evidence),
        *result.problems,
        f"wrote {result.directions} and {result.report}",
    )
    if result.problems:
        raise typer.Exit(1)


def _findings(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    if (beside := evidence.get("factors_from")) is not None:
        yield from _beside(evidence, beside)
        return
    yield from _scores(evidence, "")
    found = evidence["directions"]
    yield f"cosine before {_number(found['cosine_before'])}, after {found['cosine_after']:.1e}"
    for factor in evidence.get("factors", ()):
        yield from factor_lines(factor)
    if other := evidence.get("compare"):
        yield from _scores(other, "compared, ")


def _beside(evidence: Mapping[str, Any], beside: Mapping[str, Any]) -> Iterator[str]:
    """The figures of the factors that were found beside directions that stay."""
    yield (
        f"{beside['faceset']['name']} has no valence and arousal: those directions stay as they are"
    )
    for name, parts in beside["parted"].items():
        yield (
            f"{name}: fitted on {parts['fit']['n']} faces, reported on {parts['held_out']['n']}, "
            f"{parts['rule']}"
        )
    for factor in evidence["factors"]:
        if factor["name"] in beside["names"]:
            yield from factor_lines(factor)


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


def factor_lines(factor: Mapping[str, Any]) -> Iterator[str]:
    """The figures of a further factor, of its labels or, carried into w, of the probe's scores."""
    name, probe = factor["name"], factor.get("probe")
    what, labels = ("R²", "labels") if probe is None else ("R² of the probe's scores", "scores")
    if probe is not None:
        yield from _probe_lines(name, probe)
    for part in ("held_out", "test"):
        if not (score := factor.get(part)):
            continue
        low, high = map(_number, score["r2_interval"])
        accuracy = score.get("balanced_accuracy")
        yield (
            f"{part} {name}: {what} {_number(score['r2'])} [{low}, {high}], shuffled {labels} "
            f"{_number(score['shuffled_r2'])}"
            + ("" if accuracy is None else f", balanced accuracy {_number(accuracy)}")
            + f" ({score['n_test']} faces, {score['unlabelled']} without the label)"
        )
        if not score["told"]:
            yield f"{name}: not told from nothing on these faces; its direction may be noise"
    cosines = ", ".join(f"{other} {_number(c)}" for other, c in factor["cosine_before"].items())
    coded = factor["classes"] and "{} is -1, {} is 1".format(*factor["classes"])
    scale = coded or f"{labels} from {factor['low']:g} to {factor['high']:g}"
    yield (
        f"{name}: {scale}, {factor['n']} faces fitted on, {factor['unlabelled']} without the "
        f"label left out; cosine before with {cosines}; after {', '.join(factor['order'])}"
    )


def _probe_lines(name: str, probe: Mapping[str, Any]) -> Iterator[str]:
    """How well the probe told the label, of which its scores are all that w can tell."""
    low, high = map(_number, probe["r2_interval"] or (None, None))
    yield (
        f"probe of {name}: R² of the label {_number(probe['r2'])} [{low}, {high}], shuffled labels "
        f"{_number(probe['shuffled_r2'])}; labels from {probe['low']:g} to {probe['high']:g}"
    )
    if probe["told"] is False:
        yield f"{name}: its probe is not told from nothing; what is carried over may be noise"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
