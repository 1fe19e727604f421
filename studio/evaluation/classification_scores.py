"""Scores of a classifier on faces that it has not seen, as plain JSON values.

Conventions: rows of the confusion matrix are the labels, columns the answers. A share with nothing
to divide by is None. Intervals are 95 % percentile bootstrap, whole groups drawn where there are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from vae.probing.metrics import bootstrap_interval, mean_of

BINS = 10  #: of equal width, of the confidence


def score(
    labels: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Everything that a report says of answers.

    Args:
        labels: (N,) positions in `classes`; probabilities: (N, K), rows sum to 1.
        groups: (N,) video or person of each face, or None.

    Returns:
        n, accuracy and macro_f1 with `_interval`, balanced_accuracy (mean recall), majority (share
        of the most frequent class); per_class {name: {n, precision, recall, f1}};
        confusion [label][answer]; calibration {ece, nll, brier, bins [{low, high, n, confidence,
        accuracy}]}.
    """
    answers = probabilities.argmax(1)
    count = len(classes)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    labelled = confusion.sum(1)
    _, recall, f1 = _precision_recall_f1(confusion)
    right = (answers == labels).astype(np.float64)
    pairs = np.stack([np.ones_like(right), right], axis=-1)
    return {
        "n": len(labels),
        "accuracy": plain(right.mean()),
        "accuracy_interval": plain(bootstrap_interval(pairs, mean_of, groups, seed=seed)),
        "macro_f1": plain(np.mean(f1[labelled > 0])),
        "macro_f1_interval": plain(_f1_interval(labels, answers, count, groups, seed)),
        "balanced_accuracy": plain(np.mean(recall[labelled > 0])),
        "majority": plain(labelled.max() / len(labels)),
        "per_class": _per_class(classes, confusion),
        "confusion": confusion.tolist(),
        "calibration": _calibration(labels, probabilities),
    }


def _precision_recall_f1(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each class, (K,) each; NaN where there is nothing to divide by."""
    hits, labelled, answered = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    f1 = _ratio(2 * hits, labelled + answered)
    return _ratio(hits, answered), _ratio(hits, labelled), f1


def _per_class(classes: Sequence[str], confusion: np.ndarray) -> dict[str, dict[str, Any]]:
    labelled = confusion.sum(1)
    precision, recall, f1 = _precision_recall_f1(confusion)
    return {
        name: {
            "n": int(labelled[k]),
            "precision": plain(precision[k]),
            "recall": plain(recall[k]),
            "f1": plain(f1[k]) if labelled[k] else None,
        }
        for k, name in enumerate(classes)
    }


def _calibration(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Confidence against accuracy (Guo et al. 2017, eq. 3), log loss and Brier score."""
    confidence = probabilities.max(1).astype(np.float64)
    right = (probabilities.argmax(1) == labels).astype(np.float64)
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    truth = np.eye(probabilities.shape[1])[labels]
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for k in range(BINS):
        inside = place == k
        if inside.any():
            pair = confidence[inside].mean(), right[inside].mean()
            error += inside.mean() * abs(pair[0] - pair[1])
        bins.append(
            {
                "low": k / BINS,
                "high": (k + 1) / BINS,
                "n": int(inside.sum()),
                "confidence": plain(pair[0]) if inside.any() else None,
                "accuracy": plain(pair[1]) if inside.any() else None,
            }
        )
    return {
        "ece": plain(error),
        "nll": plain(-np.log(own.clip(1e-12)).mean()),
        "brier": plain(((probabilities - truth) ** 2).sum(1).mean()),
        "bins": bins,
    }


def _f1_interval(
    labels: np.ndarray, answers: np.ndarray, count: int, groups: np.ndarray | None, seed: int
) -> np.ndarray:
    """Interval of the macro F1, over the classes that a resample holds."""
    one = np.eye(count)
    rows = np.stack([one[labels] * one[answers], one[labels], one[answers]], axis=1)

    def macro(sums: np.ndarray) -> np.ndarray:
        hits, labelled, answered = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, count), -2, 0)
        below, present = labelled + answered, labelled > 0
        f1 = np.divide(2 * hits, below, out=np.zeros_like(below), where=below > 0)
        return (f1 * present).sum(-1) / present.sum(-1).clip(1)

    return bootstrap_interval(rows.reshape(len(rows), -1), macro, groups, seed=seed)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
