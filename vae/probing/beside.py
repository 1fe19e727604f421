"""Further factors beside directions that are there already: faces with the factor's label will do,
whether or not they carry valence and arousal."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.ground.provenance import library_versions
from faces.sets import FaceSet
from faces.sets.label_columns import LabelColumn, read_label_column
from vae.checkpoint import Run
from vae.codes import check_shape
from vae.probing.directions import Directions
from vae.probing.encoding import encode_codes, identities
from vae.probing.factor_fitting import LabelledFaces, add_factor, check_labels
from vae.probing.rows import LabelledRows

#: Share of the training split that is held out, by person, where a set has no other split.
HELD_OUT = 0.1


def carries_affect(faces: FaceSet) -> bool:
    """Whether any face of the training split has valence and arousal."""
    return bool(np.isfinite(faces.labels(faces.rows("train"))).all(1).any())


def probe_factors(
    run: Run,
    directions: Directions,
    known: Mapping[str, Any],
    faces: FaceSet,
    names: Sequence[str],
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Directions, dict[str, Any]]:
    """The directions with a further factor for each of the names, fitted on the training split.

    Reported on the `val` split, else `test`; without either a seeded tenth of the training split is
    held out, whole people where the set says who is who.

    Args:
        known: the evidence of the directions, which stays as it is.
        names: columns of the face set.

    Returns:
        The directions, and the evidence with `factors`, and `factors_from`: software, seed, faceset
        {name, digest}, fit {n}, held_out {n}, rule (how they were parted), names.

    Raises:
        CircumplexError: directions of another run or with that factor, no such column, too few
            faces with it, or none to report on.
    """
    directions.check_model(run.digest)
    check_shape(run.model, faces)
    for name in names:
        if name in directions.factors or list(names).count(name) > 1:
            raise CircumplexError(f"there is a direction of {name} already; name each factor once")
    columns = [read_label_column(faces, name) for name in names]
    fit, held_out, rule = _choose_rows(run, faces, columns, seed)
    for column in columns:
        check_labels(column.values[fit], column.name, faces.folder)
        _check_reported(column, held_out, faces)
    found = []
    # Windows keeps what is still mapped: its own cleaning of temporary files takes it
    with tempfile.TemporaryDirectory(
        prefix="circumplex-codes-", ignore_cleanup_errors=True
    ) as folder:
        parts = {
            part: (rows, encode_codes(run, faces, rows, Path(folder) / part, progress))
            for part, rows in (("fit", fit), ("held_out", held_out))
        }
        for column in columns:
            labelled = {
                part: LabelledFaces(codes, column.values[rows], identities(faces, rows))
                for part, (rows, codes) in parts.items()
            }
            directions, told = add_factor(
                directions, column.name, labelled, column.classes, seed=seed
            )
            found.append(told)
    about = {
        "software": library_versions(),
        "seed": seed,
        "faceset": {"name": faces.folder.name, "digest": faces.identity},
        "fit": {"n": len(fit)},
        "held_out": {"n": len(held_out)},
        "rule": rule,
        "names": list(names),
    }
    factors = [*known.get("factors", ()), *found]
    return directions, {**known, "factors": factors, "factors_from": about}


def _choose_rows(
    run: Run, faces: FaceSet, columns: Sequence[LabelColumn], seed: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows to fit on and to report on, of faces that carry a label, and how they were parted."""
    labelled = np.logical_or.reduce([np.isfinite(column.values) for column in columns])
    training = faces.rows("train")[labelled[faces.rows("train")]]
    for split in ("val", "test"):
        rows = faces.rows(split)
        unseen = _unseen(run, faces, rows[labelled[rows]], split)
        if len(unseen) > 1:
            return training, unseen, f"the {split} split"
    people = identities(faces, training)
    units = np.arange(len(training)) if people is None else people
    order = np.random.default_rng(seed).permutation(np.unique(units))
    sizes = np.array([(units == unit).sum() for unit in order])
    enough = max(2, int((np.cumsum(sizes) < HELD_OUT * len(training)).sum()) + 1)
    out = np.isin(units, order[:enough])
    by = "face" if people is None else "person"
    unseen = _unseen(run, faces, training[out], "train")
    return training[~out], unseen, f"a tenth of the train split, by {by}: the set has no other"


def _unseen(run: Run, faces: FaceSet, rows: np.ndarray, split: str) -> np.ndarray:
    """Those of rows whose pictures the run was not trained on."""
    return LabelledRows(faces, rows, split, 0).without(set(), [run]).rows


def _check_reported(column: LabelColumn, rows: np.ndarray, faces: FaceSet) -> None:
    if (count := int(np.isfinite(column.values[rows]).sum())) < 2:
        raise CircumplexError(
            f"{faces.folder}: {count} of the faces to report on carry {column.name}; no probe of "
            "it could be tested, give more faces with it"
        )
