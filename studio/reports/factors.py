"""Further factors as a report shows them: how well each is told, and what its direction leaves."""

from collections.abc import Mapping
from typing import Any

from studio.reports.formatting import number, small, with_interval
from studio.reports.page import Row
from vae.probing.evidence import TARGETS, measured

HEAD = (
    *("", "labels fitted on", "on", "R²", "labels shuffled", "R² alone", "balanced accuracy"),
    *("cosine before, with valence", "with arousal", "after"),
    "one SD of it moves valence, arousal by",
)
CAPTION = (
    "Ridge regressions, measured on faces that they never saw; brackets: 95 % bootstrap "
    "intervals. Each direction is made orthogonal to valence, arousal and the factors above it, "
    "in this order; R² alone is read off what is left. Cosines before are those of the raw "
    "weights, and the finding."
)


def factor_rows(evidence: Mapping[str, Any]) -> list[Row]:
    """A row for each further factor and each set of faces it was measured on; none for none."""
    return [
        _row(factor, factor[part])
        for factor in evidence.get("factors", ())
        for part, _ in measured(factor)
    ]


def _row(factor: Mapping[str, Any], score: Mapping[str, Any]) -> Row:
    before, after = factor["cosine_before"], factor["cosine_after"]
    two = "balanced_accuracy" in score
    return [
        factor["name"],
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


def _scale(factor: Mapping[str, Any]) -> str:
    """What its numbers are."""
    if factor["classes"] is not None:
        return "−1 {}, 1 {}".format(*factor["classes"])
    ends = (number(factor[name], 2) for name in ("low", "high", "mean", "sd"))
    return "{} to {}, mean {}, SD {}".format(*ends)
