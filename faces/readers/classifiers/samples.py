"""Labelled faces in the form that a classifier wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.sets.sources.rows import expression_of
from faces.sets.training_faces import TrainingFaces


@dataclass(frozen=True, eq=False)
class Samples:
    """Faces that have a label and whatever the classifier looks at.

    Attributes:
        name, digest: where they come from, and SHA-256 of it; of pictures, the same whatever
            machine measured them.
        kind: "pixels", "landmarks", "features" or "pose".
        take: rows -> inputs: pixels uint8 (n, C, S, S), else float32 (n, D).
        labels: (N,) positions in `classes`.
        classes: names; expressions in their own order, then others by the alphabet.
        groups: (N,) video or person of each face, None where the data name neither.
        split: (N,) "train", "val" or "test" of each face, None where the data have no split.
        dropped: why and how many faces are not here.
        integrity: SHA-256 of the bytes here, by which version 0.1.0 named the data.
        digests: SHA-256 of each face, N, in one way or in several; () where they are not known.
    """

    name: str
    digest: str
    kind: str
    take: Callable[[np.ndarray], np.ndarray]
    labels: np.ndarray
    classes: tuple[str, ...]
    groups: np.ndarray | None = None
    split: np.ndarray | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    integrity: str | None = None
    digests: tuple[Sequence[str], ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def training_faces(self, rows: np.ndarray) -> TrainingFaces | None:
        """Some rows as faces that were trained on; None where faces are not known by hash."""
        if not self.digests:
            return None
        return TrainingFaces.of(way[row] for way in self.digests for row in rows)

    def among(self, trained: TrainingFaces) -> np.ndarray:
        """Whether each face is one of those trained on, (N,) bool."""
        found = np.zeros(len(self), bool)
        for way in self.digests:
            found |= trained.contain(way)
        return found


def make_samples(
    name: str,
    digest: str,
    kind: str,
    take: Callable[[np.ndarray], np.ndarray],
    labels: Sequence[str | None],
    *,
    usable: np.ndarray | None = None,
    groups: Sequence[str | None] | None = None,
    split: Sequence[str | None] | None = None,
    integrity: str | None = None,
    digests: Sequence[Sequence[str]] = (),
) -> Samples:
    """Keep the faces that have a label and can be used; name their classes.

    Args:
        take: rows of all faces given -> inputs.
        labels: names or None.
        usable: (N,) False where there is nothing to look at; None for everywhere.
        groups: video or person; where every face has its own, there are none.
        split: of each face.
        integrity, digests: as Samples has them.

    Raises:
        CircumplexError: fewer than two classes are left.
    """
    words = [None if not isinstance(w, str) else expression_of(w) or w.strip() for w in labels]
    known = np.array([bool(word) for word in words])
    usable = np.ones(len(words), bool) if usable is None else usable
    rows = np.flatnonzero(known & usable)
    found = {words[row] for row in rows}
    classes = (*(c for c in EXPRESSIONS if c in found), *sorted(found - {*EXPRESSIONS}))
    if len(classes) < 2:
        raise CircumplexError(
            f"{name} has {len(rows)} usable faces of {len(classes)} class(es); a classifier needs "
            "labels of at least two (an expression, or a folder named after one)"
        )
    code = {word: position for position, word in enumerate(classes)}
    return Samples(
        name=name,
        digest=digest,
        kind=kind,
        take=lambda chosen: take(rows[chosen]),
        labels=np.array([code[words[row]] for row in rows], np.int64),
        classes=classes,
        groups=_groups(groups, rows),
        split=_split(split, rows),
        dropped={
            "without a label": int((~known).sum()),
            f"without {kind}": int((known & ~usable).sum()),
        },
        integrity=integrity,
        digests=tuple([way[row] for row in rows] for way in digests),
    )


def relabelled(samples: Samples, classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose class is among `classes`, and their labels as positions in it."""
    places = np.array([classes.index(c) if c in classes else -1 for c in samples.classes])
    labels = places[samples.labels]
    rows = np.flatnonzero(labels >= 0)
    return rows, labels[rows]


def _groups(values: Sequence[str | None] | None, rows: np.ndarray) -> np.ndarray | None:
    if values is None:
        return None
    # a face of nobody known stands for itself
    names = np.array([str(values[row] or f"face {row}") for row in rows])
    return None if len(np.unique(names)) == len(names) else names


def _split(values: Sequence[str | None] | None, rows: np.ndarray) -> np.ndarray | None:
    if values is None:
        return None
    split = np.array([values[row] or "train" for row in rows])
    return split if {"train"} < {*split} else None
