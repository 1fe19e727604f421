"""Further factors beside directions that are there already: faces with the factor's label will do,
whether or not they carry valence and arousal."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

#: Share of the training split that is held out, by person, where no other split will do.
HELD_OUT = 0.1
#: Faces with the label below which a split is reported on only if HELD_OUT would be no more.
FEWEST_REPORTED = 20


@dataclass(frozen=True, eq=False)
class Parted:
    """The faces that carry one factor: rows to fit on, rows to report on, and how that came."""

    fit: np.ndarray
    held_out: np.ndarray
    rule: str

    def labelled(
        self, faces: FaceSet, column: LabelColumn, rows: np.ndarray, codes: np.ndarray
    ) -> dict[str, LabelledFaces]:
        """Both parts, of the codes (N, D) of rows (N,) that ascend and hold them."""
        return {
            part: LabelledFaces(
                codes[np.searchsorted(rows, own)], column.values[own], identities(faces, own)
            )
            for part, own in (("fit", self.fit), ("held_out", self.held_out))
        }

    def describe(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "fit": {"n": len(self.fit)},
            "held_out": {"n": len(self.held_out)},
            "rule": self.rule,
        }


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

    Each is reported on the `val` split, else `test`, where FEWEST_REPORTED of its faces carry it;
    else a seeded tenth of the training split is held out, whole people where the set says who is
    who, unless one of those splits has as many.

    Args:
        known: the evidence of the directions, which stays as it is.
        names: columns of the face set.

    Returns:
        The directions, and the evidence with `factors`, and `factors_from`: software, seed, faceset
        {name, digest}, names, and parted, by name: fit {n}, held_out {n}, rule (how that came).

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
    parted = [_part(run, faces, column, seed) for column in columns]
    for column, parts in zip(columns, parted, strict=True):
        check_labels(column.values[parts.fit], column.name, faces.folder)
        _check_reported(column, parts.held_out, faces)
    rows = np.unique(np.concatenate([r for parts in parted for r in (parts.fit, parts.held_out)]))
    found = []
    # Windows keeps what is still mapped: its own cleaning of temporary files takes it
    with tempfile.TemporaryDirectory(
        prefix="circumplex-codes-", ignore_cleanup_errors=True
    ) as folder:
        codes = encode_codes(run, faces, rows, Path(folder) / "codes", progress)
        for column, parts in zip(columns, parted, strict=True):
            labelled = parts.labelled(faces, column, rows, codes)
            directions, told = add_factor(
                directions, column.name, labelled, column.classes, seed=seed
            )
            found.append(told)
    about = {
        "software": library_versions(),
        "seed": seed,
        "faceset": {"name": faces.folder.name, "digest": faces.identity},
        "names": list(names),
        "parted": {name: parts.describe() for name, parts in zip(names, parted, strict=True)},
    }
    factors = [*known.get("factors", ()), *found]
    return directions, {**known, "factors": factors, "factors_from": about}


def _part(run: Run, faces: FaceSet, column: LabelColumn, seed: int) -> Parted:
    """What one factor is fitted to and reported on: a split of its own, if that has faces enough
    for a verdict, else the larger of what it has and a tenth of the training split."""
    labelled = np.isfinite(column.values)
    training = faces.rows("train")[labelled[faces.rows("train")]]
    splits = {}
    for split in ("val", "test"):
        rows = faces.rows(split)
        splits[split] = _unseen(run, faces, rows[labelled[rows]], split)
        if len(splits[split]) >= FEWEST_REPORTED:
            return Parted(training, splits[split], f"the {split} split")
    fit, held_out, by = _hold_out(run, faces, training, seed)
    largest = max(splits, key=lambda split: len(splits[split]))
    count = len(splits[largest])
    if count and count >= len(held_out):
        return Parted(training, splits[largest], f"the {largest} split")
    other = f"the {largest} split has only {count} with it" if count else "the set has no other"
    return Parted(fit, held_out, f"a tenth of the train split, by {by}: {other}")


def _hold_out(
    run: Run, faces: FaceSet, training: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows to fit on, a tenth or a little more to report on, and by what they were parted."""
    people = identities(faces, training)
    units = np.arange(len(training)) if people is None else people
    order = np.random.default_rng(seed).permutation(np.unique(units))
    sizes = np.array([(units == unit).sum() for unit in order])
    enough = max(2, int((np.cumsum(sizes) < HELD_OUT * len(training)).sum()) + 1)
    out = np.isin(units, order[:enough])
    by = "face" if people is None else "person"
    return training[~out], _unseen(run, faces, training[out], "train"), by


def _unseen(run: Run, faces: FaceSet, rows: np.ndarray, split: str) -> np.ndarray:
    """Those of rows whose pictures the run was not trained on."""
    return LabelledRows(faces, rows, split, 0).without(set(), [run]).rows


def _check_reported(column: LabelColumn, rows: np.ndarray, faces: FaceSet) -> None:
    if (count := int(np.isfinite(column.values[rows]).sum())) < 2:
        raise CircumplexError(
            f"{faces.folder}: {count} of the faces to report on carry {column.name}; no probe of "
            "it could be tested, give more faces with it"
        )
