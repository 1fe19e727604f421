"""The verb that has edits judged by readers: evaluate."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.pictures import Directions, Label, Layers, Raw, Truncation
from studio.cli.terminal import Terminal, asking, verb
from vae.config import DEFAULT_TRUNCATION


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
    seeds: Annotated[str, typer.Option(help="Faces, as 0-63 or 1,5,9.")] = "0-63",
    angles: Annotated[int, typer.Option("--angles", help="Angles of the circle.")] = 28,
    intensities: Annotated[str, typer.Option(help="Radii, rising, up to 1.")] = "0.2,0.4,0.6,0.8",
    truncation: Truncation = DEFAULT_TRUNCATION,
    directions: Directions = None,
    layers: Layers = None,
    label: Label = None,
    raw: Raw = False,
    identity: Annotated[
        Path | None, typer.Option(help="File of InceptionResnetV1 weights, for identity.")
    ] = None,
    pose_budget: Annotated[
        float, typer.Option(help="Degrees that an edit may turn the head, on average.")
    ] = 3.0,
    identity_budget: Annotated[
        float, typer.Option(help="Share of the likeness to oneself, from a stranger's on, to keep.")
    ] = 0.5,
    found_budget: Annotated[float, typer.Option(help="Share of faces that must be found.")] = 0.95,
) -> None:
    """Measure what edits do: valence, arousal, identity and pose, by readers that made none of it.

    A killed call continues where it was.

    Example: circumplex evaluate stylegan3 --out evaluation --seeds 0-15
    """
    from faces.ground.parsing import parse_numbers
    from studio.evaluation.config import Budget, EvaluateConfig
    from studio.stimuli.points import parse_seeds
    from studio.workflows import evaluate
    from studio.workflows.evaluate import EvaluateRequest

    with asking():
        config = EvaluateConfig(
            seeds=parse_seeds(seeds),
            directions=angles,
            intensities=parse_numbers(intensities),
            truncation=truncation,
            layers=layers,
            budget=Budget(pose_budget, identity_budget, found_budget),
        )
        request = EvaluateRequest(out, generator, directions, label, config, identity, raw)
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
    kept, strangers = evidence["identity"]["edited"]["mean"], evidence["identity"]["strangers"]
    if kept is not None and strangers is not None:
        yield f"identity kept: {kept:.3f} (two different faces: {strangers:.3f})"
    yield f"within the budget up to an intensity of {evidence['limit']['all']:g}"
    for name, why in evidence["absent"].items():
        yield f"not measured: {name}: {why}"


def _bounded(score: Mapping[str, Any]) -> str:
    """CCC with its interval, where several faces give one."""
    low, high = score["ccc_interval"]
    return f"{score['ccc']:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")
