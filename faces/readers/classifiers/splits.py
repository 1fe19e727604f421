"""Which faces are trained on and which are scored.

Frames of one video, or pictures of one person, are alike: with some on either side of a split, a
classifier is scored on faces that it has nearly seen. So whole groups are held out, and the split
by face exists only to show by how much it flatters.
"""

from dataclasses import dataclass

import numpy as np

from faces.ground.errors import CircumplexError
from faces.readers.classifiers.samples import Samples
from faces.sets.balance import share

GIVEN, GROUPED, UNGROUPED = "given", "grouped", "ungrouped"


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of Samples.

    Attributes:
        kind: "given" by the data, "grouped" by video or person, or "ungrouped", by face.
        train, test: rows, ascending.
        groups: how many groups are held out, None where there are none.
        shared: groups that have faces on both sides.
    """

    kind: str
    train: np.ndarray
    test: np.ndarray
    groups: int | None = None
    shared: int = 0


def split_samples(samples: Samples, held_out: float, seed: int, kind: str | None = None) -> Split:
    """The split of the data; where they have none, groups are held out, else faces.

    Args:
        held_out: share of each class that is held out.
        seed: decides who, by hash and not by order.
        kind: one of the three; None takes the best that the data allow.

    Raises:
        CircumplexError: the data do not allow it, or nothing is left to train on or to score.
    """
    if kind is None:
        by_hash = GROUPED if samples.groups is not None else UNGROUPED
        kind = GIVEN if samples.split is not None else by_hash
    if kind == GIVEN:
        if samples.split is None:
            raise CircumplexError(f"{samples.name} has no split of its own")
        test = samples.split == ("val" if "val" in samples.split else "test")
        train = samples.split == "train"
    else:
        groups = samples.groups
        if kind == UNGROUPED:
            groups = np.char.add("face ", np.arange(len(samples)).astype(str))
        if groups is None:
            raise CircumplexError(f"{samples.name} names neither videos nor people to group by")
        test = _hold_out(samples.labels, groups, held_out, seed)
        train = ~test
    _check(samples, train, test)
    return Split(
        kind,
        np.flatnonzero(train),
        np.flatnonzero(test),
        *_count_groups(samples.groups, train, test),
    )


def _hold_out(labels: np.ndarray, groups: np.ndarray, held_out: float, seed: int) -> np.ndarray:
    """Mask of the faces held out: of each class, the same share of its groups."""
    names, members = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), int(labels.max()) + 1), np.int64)
    np.add.at(counts, (members, labels), 1)
    main = counts.argmax(1)  # a group of several classes stands with its most frequent one
    rank = np.array([share(seed, f"held out {name}") for name in names])
    is_held_out = np.zeros(len(names), bool)
    for label in np.unique(main):
        of_class = np.flatnonzero(main == label)
        if len(of_class) > 1:
            wanted = min(max(1, round(held_out * len(of_class))), len(of_class) - 1)
            is_held_out[of_class[np.argsort(rank[of_class])[:wanted]]] = True
    return is_held_out[members]


def _check(samples: Samples, train: np.ndarray, test: np.ndarray) -> None:
    if not test.any():
        raise CircumplexError(
            f"{samples.name} leaves nothing to score: every class is one video or person; give "
            "more of them, or a table with a split"
        )
    if len(np.unique(samples.labels[train])) < 2:
        raise CircumplexError(f"{samples.name} leaves fewer than two classes to train on")


def _count_groups(
    groups: np.ndarray | None, train: np.ndarray, test: np.ndarray
) -> tuple[int | None, int]:
    """How many groups are held out, and how many have faces on both sides."""
    if groups is None:
        return None, 0
    held_out = np.unique(groups[test])
    return len(held_out), int(np.isin(held_out, groups[train]).sum())
