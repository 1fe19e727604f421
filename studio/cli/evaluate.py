"""The verb that has edits judged by readers: evaluate."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import Settings
from studio.cli.terminal import Terminal, asking, verb
from studio.evaluation.config import Budget, EvaluateConfig
from studio.workflows.evaluate import EvaluateRequest


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "evaluate")(evaluate)


def evaluate(
    terminal: Terminal,
    generator: Annotated[
        str,
        typer.Argument(
            help="stylegan3 or bundled (the β-VAE), the folder of a run, a .safetensors or .pkl."
        ),
    ] = "stylegan3",
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page and tables.")] = Path(
        "evaluation"
    ),
    *,
    config: EvaluateConfig,
    budget: Budget,
    asked: Annotated[Settings, EvaluateRequest],
) -> None:
    """Measure what edits do: valence, arousal, identity and pose, by readers that made none of it.

    A killed call continues where it was.

    Example: circumplex evaluate stylegan3 --out evaluation --seeds 0-15
    """
    from studio.workflows import evaluate

    with asking():
        config = replace(config, budget=budget)
        request = EvaluateRequest(generator=generator, out=out, config=config, **asked)
    result = evaluate.run(request, terminal.engine(), terminal.progress)
    terminal.result(
        result.summary(), *_findings(result.evidence), f"wrote {result.report} and {result.table}"
    )


def _findings(evidence: Mapping[str, Any]) -> Iterator[str]:
    """The figures that matter most, a line each."""
    for name, reader in evidence["readers"].items():
        if reader["valence"] is None:
            yield f"{name}: too few faces could be read"
            continue
        scores = ", ".join(
            f"{target} CCC {_bounded(reader[target])}" for target in ("valence", "arousal")
        )
        yield f"{name}: {scores} ({reader['n']} edits)"
    turned = ", ".join(
        f"{name} {each['drift']['mean']:.1f}°"
        for name, each in evidence["pose"].items()
        if each["drift"]["mean"] is not None
    )
    yield f"head turned: {turned}; faces found: {evidence['found']['edited']['mean']:.1%}"
    identity = evidence["identity_distance"]
    moved, strangers = identity["edited"]["mean"], identity["strangers"]
    if moved is not None and strangers is not None:
        yield f"identity distance: {moved:.3f} (two different faces: {strangers:.3f})"
    yield f"within the budget up to an intensity of {evidence['limit']['all']:g}"
    for name, why in evidence["absent"].items():
        yield f"not measured: {name}: {why}"


def _bounded(score: Mapping[str, Any]) -> str:
    """CCC with its interval, where several faces give one."""
    low, high = score["ccc_interval"]
    return f"{score['ccc']:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")
