"""A further factor found in codes: its probe, its direction, and the evidence about both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from faces.sets import FaceSet
from faces.sets.label_columns import LabelColumn, read_label_column
from faces.sets.manifest import MANIFEST
from vae.probing.coded import TARGETS, CodedFaces
from vae.probing.directions import Directions
from vae.probing.evidence import probe_scores
from vae.probing.factors import Factor, orthogonal_part
from vae.probing.metrics import bootstrap_interval
from vae.probing.probes import FEWEST, fit_probes
from vae.probing.rows import LabelledRows
from vae.probing.verdict import beats_chance


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """Codes (N, D) with one further label (N,), NaN where there is none, and identities."""

    codes: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None

    def labelled(self) -> "LabelledFaces":
        """Those that carry the label."""
        known = np.isfinite(self.labels)
        groups = None if self.groups is None else self.groups[known]
        return LabelledFaces(self.codes[known], self.labels[known], groups)


@dataclass(frozen=True, eq=False)
class FactorLabels:
    """The labels of one further factor, for the rows of "fit" and of what it is reported on."""

    name: str
    classes: tuple[str, str] | None
    by_part: dict[str, np.ndarray]

    def beside(self, coded: Mapping[str, CodedFaces]) -> dict[str, LabelledFaces]:
        """The same with the codes of the parts that carry it."""
        return {
            part: LabelledFaces(coded[part].codes, labels, coded[part].groups)
            for part, labels in self.by_part.items()
        }


def read_factor_labels(
    names: Sequence[str], choices: Mapping[str, LabelledRows]
) -> list[FactorLabels]:
    """The labels of further factors, of the chosen rows; a test set may lack them.

    Raises:
        CircumplexError: a name given twice, no such column, no label, or too few faces with it.
    """
    if len(set(names)) < len(names):
        raise CircumplexError("a factor is named twice; give each --factor once")
    return [_read_labels(name, choices) for name in names]


def _read_labels(name: str, choices: Mapping[str, LabelledRows]) -> FactorLabels:
    fit = choices["fit"]
    column = read_label_column(fit.faces, name)
    found = {"fit": check_labels(column.values[fit.rows], name, fit.faces.folder)}
    for part, chosen in choices.items():
        if part == "fit":
            continue
        labels = _labels_of(chosen.faces, column, fit.faces)[chosen.rows]
        if np.isfinite(labels).sum() >= 2:
            found[part] = labels
    if len(found) == 1:
        raise CircumplexError(
            f"{fit.faces.folder}: fewer than two of the faces to report on carry {name}; "
            "no probe of it could be tested, leave it out"
        )
    return FactorLabels(name, column.classes, found)


def _labels_of(faces: FaceSet, column: LabelColumn, fitted: FaceSet) -> np.ndarray:
    """The labels of a set, coded as in the set fitted on; NaN where it has no such column."""
    import pyarrow.parquet as parquet

    if faces is fitted:
        return column.values
    if column.name not in parquet.read_schema(faces.folder / MANIFEST).names:
        return np.full(len(faces), np.nan)
    return read_label_column(faces, column.name, column.classes).values


def check_labels(labels: np.ndarray, name: str, where: object) -> np.ndarray:
    """Labels (N,), for a probe to be fitted to.

    Raises:
        CircumplexError: too few faces carry one, or all carry the same.
    """
    known = labels[np.isfinite(labels)]
    if len(known) < FEWEST:
        raise CircumplexError(
            f"{where}: only {len(known)} of {len(labels)} faces to fit on carry {name}; a probe "
            f"needs at least {FEWEST}"
        )
    if np.ptp(known) == 0:
        raise CircumplexError(
            f"{where}: {name} is {known[0]:g} in all {len(known)} faces to fit on that carry it; "
            "it must vary for a direction to be found"
        )
    return labels


def add_factor(
    directions: Directions,
    name: str,
    parts: Mapping[str, LabelledFaces],
    classes: tuple[str, str] | None = None,
    without: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[Directions, dict[str, Any]]:
    """The directions with one more factor, and what is known of it.

    Args:
        parts: "fit", and "held_out" or "test", either or both.
        classes: the words that -1 and 1 stand for.
        without: (K, D) weights of what a move is to leave alone beside the factors before it.

    Returns:
        Directions, and plain JSON values: name, order (the factors before it), classes, mean, sd,
        low, high (of the labels fitted on), n, unlabelled, step (length along the vector for each
        unit), cosine_before, cosine_after (of weights, and of vectors, with each factor before it),
        moves (what one SD of it adds to the readings of valence and arousal), and for each part
        reported on the keys of `probe_scores`, unlabelled, told (whether its R² beats that of
        shuffled labels), and of two classes balanced_accuracy with its interval.

    Raises:
        CircumplexError: it cannot be told from the factors before it.
    """
    fit = parts["fit"]
    probes = fit_probes(fit.codes, fit.labels[:, None], fit.groups, seed=seed)
    earlier = _weights(directions)
    barred = earlier if without is None else np.concatenate([earlier, without])
    vector = orthogonal_part(name, probes.weights[0], barred)
    known = fit.labels[np.isfinite(fit.labels)].astype(np.float64)
    factor = Factor(
        name=name,
        weights=probes.weights[0],
        # the probe's own centre is that of the faces that carry the label
        intercept=float(probes.predict(directions.centre[None])[0, 0]),
        vector=vector,
        low=float(known.min()),
        high=float(known.max()),
        mean=float(known.mean()),
        sd=float(known.std()),
        count=len(known),
        classes=classes,
    )
    scores = {
        part: _score(name, probes, vector, fit, faces.labelled(), classes, seed)
        | {"unlabelled": int(np.isnan(faces.labels).sum())}
        for part, faces in parts.items()
        if part != "fit"
    }
    first = next(iter(scores.values()))
    low, high = first["r2_interval"]
    factor = replace(
        factor,
        r2=first["r2"],
        r2_interval=None if low is None else (low, high),
        shuffled_r2=first["shuffled_r2"],
        r2_alone=first["r2_alone"],
        told=first["told"],
    )
    described = _describe(directions, factor) | {"unlabelled": len(fit.labels) - len(known)}
    return replace(directions, others=(*directions.others, factor)), described | scores


def _weights(directions: Directions) -> np.ndarray:
    """Of all factors in their order, (K, D)."""
    return np.stack([*directions.weights, *(factor.weights for factor in directions.others)])


def _score(
    name: str,
    probes: Any,
    vector: np.ndarray,
    fit: LabelledFaces,
    faces: LabelledFaces,
    classes: tuple[str, str] | None,
    seed: int,
) -> dict[str, Any]:
    predicted = probes.predict(faces.codes)
    pairs = (fit.codes, fit.labels[:, None], faces.codes, faces.labels[:, None])
    groups = (fit.groups, faces.groups)
    scores = probe_scores([name], probes, vector[None], pairs, groups, predicted, seed)[name]
    scores["told"] = beats_chance(scores)
    if classes is None or not (np.abs(faces.labels) == 1).all():  # scores of classes are no classes
        return scores
    of_fit, labels = probes.predict(fit.codes)[:, 0], fit.labels
    # halfway between the classes' mean predictions, so that the rarer class is not passed over
    threshold = (of_fit[labels < 0].mean() + of_fit[labels > 0].mean()) / 2
    return scores | _balanced_accuracy(faces, predicted[:, 0] > threshold, seed)


def _balanced_accuracy(faces: LabelledFaces, second: np.ndarray, seed: int) -> dict[str, Any]:
    """Mean of both classes' shares of right answers, chance is 0.5; `second` (N,) are answers."""
    of_second = faces.labels > 0
    right = second == of_second
    rows = np.stack([~of_second, ~of_second & right, of_second, of_second & right], axis=1)

    def score(sums: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):  # a class that is absent: NaN
            return (sums[..., 1] / sums[..., 0] + sums[..., 3] / sums[..., 2]) / 2

    counts = rows.astype(np.float64)
    bounds = bootstrap_interval(counts, score, faces.groups, seed=seed)
    return {
        "balanced_accuracy": plain(score(counts.sum(0))),
        "balanced_accuracy_interval": plain(bounds),
    }


def _describe(directions: Directions, factor: Factor) -> dict[str, Any]:
    """What is known of a factor beside its scores; `directions` are those before it."""
    vectors = np.stack(
        [directions.valence, directions.arousal, *(each.vector for each in directions.others)]
    )
    moved = directions.weights @ factor.vector * factor.step * factor.sd
    return {
        "name": factor.name,
        "order": list(directions.factors),
        "classes": factor.classes and list(factor.classes),
        "mean": factor.mean,
        "sd": factor.sd,
        "low": factor.low,
        "high": factor.high,
        "n": factor.count,
        "step": factor.step,
        "cosine_before": _cosines(directions, _weights(directions), factor.weights),
        "cosine_after": _cosines(directions, vectors, factor.vector),
        "moves": dict(zip(TARGETS, plain(moved), strict=True)),
    }


def _cosines(directions: Directions, rows: np.ndarray, vector: np.ndarray) -> dict[str, Any]:
    cosines = rows @ vector / (np.linalg.norm(rows, axis=1) * np.linalg.norm(vector))
    return dict(zip(directions.factors, plain(cosines), strict=True))
