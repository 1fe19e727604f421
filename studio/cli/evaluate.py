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
    """Measure what edits do: valence and arousal by every reader, marked by the part that it had in
    making them; and what else changes: the person, pose, light, apparent sex and age.

    A killed call continues where it was.

    Example: circumplex evaluate stylegan3 --out evaluation --seeds 20000-20015 --against grey
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
    if evidence["requests_in_terms_of"] == "ratings":
        yield "requests in terms of ratings, set against readings in the readers' terms"
    for name, reader in evidence["readers"].items():
        scores, part = reader["agreement"]["all"], evidence["parts"][name]["part"]
        if scores["valence"] is None:
            yield f"{name}: too few faces could be read"
            continue
        said = ", ".join(
            f"{target} CCC {_bounded(scores[target], 'ccc')}" for target in ("valence", "arousal")
        )
        missing = f", {scores['missing']} without a reading" if scores["missing"] else ""
        yield f"{name} ({part}): {said} ({scores['n']} edits{missing})"
    yield from _worth(evidence)
    for each in evidence["side_effects"].values():
        if each["limit"] is not None and each["limit"]["kept"] is False:
            limit = each["limit"]
            sign = "at least" if limit["least"] else "at most"
            yield (
                f"over budget: {each['label']}: {limit['found']:.3g}, {sign} {limit['value']:g} "
                f"{each['unit']} for {limit['of']}"
            )
    yield f"within the budget of each point up to an intensity of {evidence['limit']['all']:g}"
    if evidence["seeds"]["overlap"]:
        yield f"{evidence['seeds']['overlap']} seeds took part in fitting what is measured"
    yield from (f"not measured: {name}: {why}" for name, why in evidence["absent"].items())


def _worth(evidence: Mapping[str, Any]) -> Iterator[str]:
    """How far a single reading can be relied on."""
    found = evidence["reliability"]["all"]
    if found["valence"] is not None:
        said = ", ".join(
            f"{target} ICC(2,1) {_bounded(found[target], 'icc2')}, one reading "
            f"±{found[target]['half_width']:.2f}"
            for target in ("valence", "arousal")
        )
        yield f"readers among themselves at one request: {said}"
    if evidence["kinship"] is not None:
        kin = evidence["kinship"]
        amount = ", ".join(
            f"{kin[target]['equivalent']:.1f} ({target})" for target in ("valence", "arousal")
        )
        yield f"{len(kin['readers'])} readers err as {amount} independent ones would"


def _bounded(score: Mapping[str, Any], key: str) -> str:
    """A figure with its interval, where several faces give one."""
    if score[key] is None:
        return "not defined"
    low, high = score[f"{key}_interval"]
    return f"{score[key]:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")
