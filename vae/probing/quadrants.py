"""How well the codes tell the quadrants of the circumplex apart, each by itself and all together.

Most faces are pleasant or mildly aroused, and hardly any is pleasant and calm: an accuracy over all
of them says little of a quadrant of thirty. So each has its count and its recall beside it, and
their mean, the balanced accuracy, counts the rare as much as the frequent.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from faces.circumplex import QUADRANTS
from vae.probing.folds import assign_folds
from vae.probing.metrics import bootstrap_interval, mean_of

Bounds = tuple[float, float]

_FEWEST = 10  #: rows that have a quadrant below which nothing is told
_Z = 1.959963984540054  #: of the normal distribution, for 95 %


@dataclass(frozen=True)
class Recall:
    """How many faces of a quadrant there are, and the share of them that is told, with bounds."""

    count: int
    recall: float
    interval: Bounds


@dataclass(frozen=True)
class Quadrants:
    """Cross-validated answers of a logistic regression on the codes.

    Attributes:
        count: rows that have a quadrant.
        accuracy, interval: share of right answers, and its 95 % bounds.
        majority, majority_interval: the same of always naming the most frequent quadrant.
        balanced, balanced_interval: mean recall of the quadrants that there are.
        chance: balanced accuracy of always naming the same one.
        recalls: of each quadrant that there is, by its name.
    """

    count: int
    accuracy: float
    interval: Bounds
    majority: float
    majority_interval: Bounds
    balanced: float
    balanced_interval: Bounds
    chance: float
    recalls: dict[str, Recall]


def quadrants(labels: np.ndarray) -> np.ndarray:
    """Position in `faces.circumplex.QUADRANTS` of each (valence, arousal), (N, 2) -> (N,) int64."""
    right, up = labels[:, 0] >= 0, labels[:, 1] >= 0
    return np.where(up, np.where(right, 0, 1), np.where(right, 3, 2))


def quadrant_accuracy(
    codes: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Quadrants | None:
    """Logistic regression on standardised codes (N, D), each fold answered by the others.

    Rows labelled (0, 0) have no quadrant and are left out. None where fewer than two quadrants
    or ten rows are left.

    Args:
        groups: (N,) identities: held out together, and intervals are of them.
    """
    has = (labels != 0).any(1)
    codes, classes = np.asarray(codes[has], np.float64), quadrants(labels[has])
    groups = None if groups is None else groups[has]
    if len(codes) < _FEWEST or len(np.unique(classes)) < 2:
        return None
    fold_of = assign_folds(len(codes), folds, groups, seed)
    answers = np.empty((len(codes), 2), np.int64)
    for fold in np.unique(fold_of):
        test = fold_of == fold
        answers[test, 0] = _logistic_answers(codes[~test], classes[~test], codes[test])
        answers[test, 1] = np.bincount(classes[~test]).argmax()
    right = answers == classes[:, None]
    rows = np.stack([np.ones(right.shape), right], axis=-1)
    low, high = bootstrap_interval(rows, mean_of, groups, seed=seed)
    recalls = {
        QUADRANTS[k]: recall_of(right[own, 0], None if groups is None else groups[own])
        for k in np.unique(classes)
        for own in [classes == k]
    }
    balanced, bounds = balanced_accuracy(recalls.values())
    return Quadrants(
        count=len(codes),
        accuracy=float(right[:, 0].mean()),
        interval=(float(low[0]), float(high[0])),
        majority=float(right[:, 1].mean()),
        majority_interval=(float(low[1]), float(high[1])),
        balanced=balanced,
        balanced_interval=bounds,
        chance=1 / len(recalls),
        recalls=recalls,
    )


def recall_of(right: np.ndarray, groups: np.ndarray | None = None) -> Recall:
    """Share of true values (N,), with Wilson's interval (Wilson 1927), which holds at 0 and 1.

    Of groups, by the number of independent rows that would be as sure of that share; where all of
    them agree, which says nothing about that, by the number of groups.
    """
    count, share = len(right), float(right.mean())
    if groups is None:
        return Recall(count, share, wilson(share, count))
    members = np.unique(groups, return_inverse=True)[1]
    sizes, apart = np.bincount(members), np.bincount(members, right - share)
    number = len(sizes)
    if share in (0.0, 1.0) or number < 2:
        return Recall(count, share, wilson(share, number))
    variance = number / (number - 1) * float(apart @ apart) / count**2
    effective = share * (1 - share) / max(variance, share * (1 - share) / count)
    return Recall(count, share, wilson(share, effective))


def wilson(share: float, count: float) -> Bounds:
    """Wilson's 95 % bounds of a share of `count` independent rows."""
    centre, spread = share + _Z**2 / (2 * count), share * (1 - share) / count
    half = _Z * float(np.sqrt(spread + _Z**2 / (4 * count**2)))
    below = 1 + _Z**2 / count
    return max(0.0, (centre - half) / below), min(1.0, (centre + half) / below)


def balanced_accuracy(recalls: Collection[Recall]) -> tuple[float, Bounds]:
    """Mean recall and its bounds, from those of the recalls (Zou and Donner 2008).

    Recalls of different classes are taken for independent.
    """
    values = np.array([each.recall for each in recalls])
    low, high = np.array([each.interval for each in recalls]).T
    mean = float(values.mean())
    below, above = (float(np.linalg.norm(values - bound)) / len(values) for bound in (low, high))
    return mean, (mean - below, mean + above)


def _logistic_answers(codes: np.ndarray, classes: np.ndarray, test: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(classes)) == 1:
        return np.full(len(test), classes[0])
    mean, deviation = codes.mean(0), codes.std(0)
    deviation[deviation <= 1e-12 * max(deviation.max(), 1e-300)] = 1.0
    model = LogisticRegression(max_iter=5000).fit((codes - mean) / deviation, classes)
    return model.predict((test - mean) / deviation)
