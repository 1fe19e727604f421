"""Which faces a run is probed on, and which it is reported on: none on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet
from faces.sets.training_faces import TrainingFaces
from vae.checkpoint import Run
from vae.codes import check_shape
from vae.probing.probes import check_labels


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """The labelled ones among some rows of a face set.

    Attributes:
        faces, rows, split: the set, its rows, and what they are called.
        unlabelled, already_seen: how many were left out for want of labels, and as known pictures.
    """

    faces: FaceSet
    rows: np.ndarray
    split: str
    unlabelled: int
    already_seen: int = 0

    @classmethod
    def of(cls, faces: FaceSet, rows: np.ndarray, split: str) -> "LabelledRows":
        labelled = np.isfinite(faces.labels(rows)).all(1)
        return cls(faces, rows[labelled], split, int(len(rows) - labelled.sum()))

    def without(self, known: set[str], runs: Sequence[Run]) -> "LabelledRows":
        """Leave out pictures whose digest is among `known`, or that a run was trained on."""
        digests = column(self.faces, "digest")[self.rows]
        new = np.array([digest not in known for digest in digests], bool)
        for run in runs:
            if trained := TrainingFaces.load(run.folder):
                new &= ~trained.contain(digests)
        return replace(self, rows=self.rows[new], already_seen=int(len(new) - new.sum()))


def choose_rows(
    runs: Sequence[Run], faces: FaceSet, test: FaceSet | None
) -> dict[str, LabelledRows]:
    """Rows to fit on ("fit") and to report on ("held_out", "test"), which no run has seen.

    Raises:
        CircumplexError: no labels to fit to, or no labelled face to report on.
    """
    for run in runs:
        check_shape(run.model, faces)
    training = faces.rows("train")
    check_labels(faces.labels(training), faces.folder)
    choices = {"fit": LabelledRows.of(faces, training, "train")}
    for split in ("val", "test"):
        unseen = LabelledRows.of(faces, faces.rows(split), split).without(set(), runs)
        if len(unseen.rows) > 1:
            choices["held_out"] = unseen
            break
    if test is not None:
        choices["test"] = _test_rows(runs, faces, training, test)
    if len(choices) == 1:
        raise CircumplexError(
            f"{faces.folder} has no labelled faces that the training has not seen to report on; "
            "prepare it with a validation split, or name another set to test on"
        )
    return choices


def _test_rows(
    runs: Sequence[Run], faces: FaceSet, training: np.ndarray, test: FaceSet
) -> LabelledRows:
    """The labelled rows of another set whose pictures are not among the training faces."""
    for run in runs:
        check_shape(run.model, test)
    known = set(column(faces, "digest")[training])
    unseen = LabelledRows.of(test, np.arange(len(test)), "all").without(known, runs)
    if len(unseen.rows) < 2:
        raise CircumplexError(
            f"{test.folder} has fewer than two labelled faces outside the training split of "
            f"{faces.folder}; test on a set that the training has not seen"
        )
    return unseen


def column(faces: FaceSet, name: str) -> np.ndarray:
    """A column of the manifest, (N,) of Python objects."""
    return faces.manifest([name])[name].to_numpy(object)
