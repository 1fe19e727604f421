"""Labelled faces in the form that a classifier wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.sets.sources.words import expression_of
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
        by_picture: whether they name pictures. Numbers that were measured name a face on the
            machine that measured it alone.
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
    by_picture: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    def training_faces(self, rows: np.ndarray) -> TrainingFaces | None:
        """Some rows as faces that were trained on; None where faces are not known by hash."""
        if not self.digests:
            return None
        return TrainingFaces.of(each[row] for each in self.digests for row in rows.tolist())

    def trained_on(self, training: TrainingFaces) -> np.ndarray:
        """Whether each face is one of the training faces, (N,) bool."""
        known = np.zeros(len(self), bool)
        for digests in self.digests:
            known |= training.contain(digests)
        return known


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
    by_picture: bool = False,
    remedy: str = "label them by an expression, or by a folder named after one",
) -> Samples:
    """Keep the faces that have a label and can be used; name their classes.

    Args:
        take: rows of all faces given -> inputs.
        labels: names or None.
        usable: (N,) False where there is nothing to look at; None for everywhere.
        groups: video or person; where every face has its own, there are none.
        split: of each face.
        integrity, digests, by_picture: as Samples has them.
        remedy: what to do where labels are lacking.

    Raises:
        CircumplexError: fewer than two classes are left.
    """
    words = [_class_name(label) for label in labels]
    labelled = np.array([bool(word) for word in words])
    usable = np.ones(len(words), bool) if usable is None else usable
    rows = np.flatnonzero(labelled & usable)
    names = [word for row in rows.tolist() if (word := words[row]) is not None]
    classes = _classes(names)
    if len(classes) < 2:
        told = f"{name} has {len(words)} faces, {int(labelled.sum())} of them with a label"
        usably = f", {len(rows)} of these with {kind}" if labelled.any() else ""
        only = f", all of them {classes[0]}" if classes else ""
        raise CircumplexError(
            f"{told}{usably}{only}; labels of at least two classes are needed: {remedy}"
        )
    return Samples(
        name=name,
        digest=digest,
        kind=kind,
        take=lambda chosen: take(rows[chosen]),
        labels=np.array([classes.index(word) for word in names], np.int64),
        classes=classes,
        groups=_groups(groups, rows.tolist()),
        split=_split(split, rows.tolist()),
        dropped={
            "without a label": int((~labelled).sum()),
            f"without {kind}": int((labelled & ~usable).sum()),
        },
        integrity=integrity,
        digests=tuple([each[row] for row in rows.tolist()] for each in digests),
        by_picture=by_picture,
    )


def _class_name(label: object) -> str | None:
    """The expression that a label means, or its own word; None where there is no label."""
    return expression_of(label) or label.strip() if isinstance(label, str) else None


def _classes(names: Sequence[str]) -> tuple[str, ...]:
    """The classes that occur: expressions in their own order, then others by the alphabet."""
    occurring = {*names}
    expressions = [name for name in EXPRESSIONS if name in occurring]
    return *expressions, *sorted(occurring - {*EXPRESSIONS})


def relabelled(samples: Samples, classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose class is among `classes`, and their labels as positions in it."""
    codes = np.array([classes.index(c) if c in classes else -1 for c in samples.classes])
    labels = codes[samples.labels]
    rows = np.flatnonzero(labels >= 0)
    return rows, labels[rows]


def _groups(values: Sequence[str | None] | None, rows: Sequence[int]) -> np.ndarray | None:
    if values is None:
        return None
    # a face of unknown origin is a group by itself
    names = np.array([str(values[row] or f"face {row}") for row in rows])
    return None if len(np.unique(names)) == len(names) else names


def _split(values: Sequence[str | None] | None, rows: Sequence[int]) -> np.ndarray | None:
    if values is None:
        return None
    chosen = [values[row] or "train" for row in rows]
    return np.array(chosen) if {"train"} < {*chosen} else None
