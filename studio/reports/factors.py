"""Further factors as a report shows them: how well each is told, and what its direction leaves."""

from collections.abc import Mapping
from typing import Any

from studio.reports.formatting import interval, number, small, with_interval
from studio.reports.page import Row
from vae.probing.evidence import TARGETS, measured

HEAD = (
    *("", "labels fitted on", "on", "R²", "labels shuffled", "R² alone", "balanced accuracy"),
    *("cosine before, with valence", "with arousal", "after"),
    "one SD of it moves valence, arousal by",
)
#: Of factors that a bridge carried over: what w is fitted to are the probe's scores.
SCORES_HEAD = (
    *("", "the probe's R² of the label", "scores fitted on", "on", "R² of the probe's scores"),
    *("scores shuffled", "R² alone", "balanced accuracy", *HEAD[7:]),
)
CAPTION = (
    "Ridge regressions, measured on faces that they never saw; brackets: 95 % bootstrap "
    "intervals. Each direction is made orthogonal to valence, arousal and the factors above it, "
    "in this order; R² alone is read off what is left. Cosines before are those of the raw "
    "weights, and the finding."
)


SCORES_CAPTION = (
    f"{CAPTION} What is regressed on w are the scores of the probe, not labels: a high R² says "
    "that w tells what the probe says, and the first column how much of the label that is."
)


def factor_rows(evidence: Mapping[str, Any], *, carried: bool = False) -> list[Row]:
    """A row for each further factor and each set of faces it was measured on; none for none.

    Args:
        carried: over by a bridge, so that the second column is the probe's own R².
    """
    return [
        _row(factor, factor[part], carried)
        for factor in evidence.get("factors", ())
        for part, _ in measured(factor)
    ]


def _row(factor: Mapping[str, Any], score: Mapping[str, Any], carried: bool) -> Row:
    before, after = factor["cosine_before"], factor["cosine_after"]
    two = "balanced_accuracy" in score
    return [
        factor["name"],
        *([_probe(factor.get("probe"))] if carried else []),
        (_scale(factor), f"{factor['n']:,} faces, {factor['unlabelled']:,} without"),
        (f"{score['n_test']:,} faces", f"{score['unlabelled']:,} without"),
        with_interval(score, "r2", 3),
        small(score["shuffled_r2"]),
        number(score["r2_alone"], 3),
        with_interval(score, "balanced_accuracy", 3) if two else "—",
        *(number(before[target], 3) for target in TARGETS),
        small(max((after[target] for target in TARGETS), key=abs)),
        ", ".join(small(factor["moves"][target]) for target in TARGETS),
    ]


def _probe(probe: Mapping[str, Any] | None) -> tuple[str, str]:
    """R² of the label, and whether it is more than chance; nothing of a bridge that noted none."""
    if probe is None:
        return "—", ""
    bounds = interval(probe["r2_interval"] or (None, None), 3)
    chance = f"labels shuffled: {small(probe['shuffled_r2'])}"
    warning = "; not told from nothing, may be noise" if probe["told"] is False else ""
    return f"{number(probe['r2'], 3)} {bounds}", f"{chance}{warning}"


def _scale(factor: Mapping[str, Any]) -> str:
    """What its numbers are."""
    if factor["classes"] is not None:
        return "−1 {}, 1 {}".format(*factor["classes"])
    ends = (number(factor[name], 2) for name in ("low", "high", "mean", "sd"))
    return "{} to {}, mean {}, SD {}".format(*ends)
