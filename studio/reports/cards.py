"""The figures that every report begins with, as cards."""

from collections.abc import Mapping
from typing import Any

from studio.reports.methods import interval, number, small
from studio.reports.page import card


def score_card(target: str, score: Mapping[str, Any], *notes: str) -> str:
    """Held-out R² of valence or arousal with its interval, and what else to note."""
    bounds = f"95 % CI {interval(score['r2_interval'], 3)}"
    return card(f"{target}, R²", number(score["r2"], 3), [bounds, *notes], target)


def cosine_card(directions: Mapping[str, Any]) -> str:
    """How alike the two raw vectors are: the finding, before they were made orthogonal."""
    notes = [
        f"an angle of {number(directions['angle_before'], 1)}°",
        f"afterwards: {small(directions['cosine_after'])}",
        f"basis: {directions['basis']}",
    ]
    return card("cosine of the raw vectors", number(directions["cosine_before"], 3), notes)
