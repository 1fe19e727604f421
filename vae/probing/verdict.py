"""Whether codes tell labels at all, measured against shuffled labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from vae.checkpoint import Run
from vae.probing.evidence import TARGETS, measured
from vae.probing.metrics import above_chance

_SAME = 1e-6  # of the largest code, a spread that is rounding and no more


def judge_labels(evidence: Mapping[str, Any]) -> bool:
    """Whether the codes tell a label on unseen faces better than shuffled labels are told.

    Args:
        evidence: of `gather_evidence`; the first set of unseen faces decides.
    """
    scores = measured(evidence)[0][1]
    return any(beats_chance(scores[target]) for target in TARGETS)


def beats_chance(score: Mapping[str, Any]) -> bool:
    """Whether an R² on unseen faces lies above that of shuffled labels, intervals and all."""
    return above_chance(score["r2_interval"][0], score["shuffled_r2_interval"][1])


def label_problems(evidence: Mapping[str, Any]) -> list[str]:
    """What is wrong with directions, a sentence each; none where the codes tell a label."""
    if judge_labels(evidence):
        return []
    return [
        "these codes tell neither valence nor arousal: R² on unseen faces is no better than with "
        "shuffled labels; train on more faces, for more epochs, or guided"
    ]


def refuse_constant(run: Run, codes: np.ndarray) -> None:
    """Codes that are the same for every face have no directions, and no score means anything.

    Raises:
        CircumplexError: they are.
    """
    low, high = codes.min(0).astype(np.float64), codes.max(0).astype(np.float64)
    if not (high - low > _SAME * max(-low.min(), high.max())).any():
        raise CircumplexError(
            f"{run.folder} gives every face the same code: it learned nothing; train it on more "
            "faces or for more epochs"
        )
