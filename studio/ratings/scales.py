"""The scales that raters answer on, and the way from an answer to [-1, 1].

Valence runs from unpleasant to pleasant, arousal from calm to excited, on every scale: a low
answer is unpleasant or calm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Answers = TypeVar("Answers", np.ndarray, "pd.Series")
TARGETS = ("valence", "arousal")
#: The words at both ends of each scale, and the question asked.
ENDS: Mapping[str, tuple[str, str]] = {
    "valence": ("unpleasant", "pleasant"),
    "arousal": ("calm", "excited"),
}
QUESTIONS: Mapping[str, str] = {
    "valence": "How does this person feel: unpleasant or pleasant?",
    "arousal": "How does this person feel: calm or excited?",
}


def to_unit(answers: Answers, low: float, high: float) -> Answers:
    """Answers from `low` to `high` (an array or a column, any shape) in [-1, 1]."""
    return (answers - (low + high) / 2) / ((high - low) / 2)


@dataclass(frozen=True)
class RatingScale:
    """How an answer is given.

    Attributes:
        name: as `--scale` names it; title: as reports do, with its source.
        low, high: the least and the largest answer.
        whole: whether answers are whole numbers.
    """

    name: str
    title: str
    low: float
    high: float
    whole: bool = True

    def to_unit(self, answers: np.ndarray) -> np.ndarray:
        """Answers of any shape as valence or arousal in [-1, 1]."""
        return to_unit(np.asarray(answers, np.float64), self.low, self.high)

    def holds(self, answers: np.ndarray) -> np.ndarray:
        """Whether answers lie on the scale; NaN does not."""
        answers = np.asarray(answers, np.float64)
        inside = (answers >= self.low) & (answers <= self.high)
        return inside & (answers == np.round(answers)) if self.whole else inside


SCALES: Mapping[str, RatingScale] = {
    scale.name: scale
    for scale in (
        RatingScale(
            "sam", "nine manikins each, after the Self-Assessment Manikin of Lang (1980)", 1, 9
        ),
        RatingScale("labelled", "nine points each, labelled at the ends and in the middle", 1, 9),
        RatingScale("grid", "the affect grid of Russell, Weiss & Mendelsohn (1989), 9 × 9", 1, 9),
        RatingScale("sliders", "two sliders", -100, 100, whole=False),
    )
}
