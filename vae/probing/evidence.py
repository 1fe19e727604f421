"""What is known about a run's directions, as the plain numbers of report.json.

Everything is measured on rows that the probes never saw; see `gather_evidence` for the keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from vae.probing.directions import Directions
from vae.probing.folds import assign_folds
from vae.probing.metrics import (
    METRICS,
    dci,
    entropies,
    gap,
    intervals,
    mutual_information,
    pair_sums,
    quadrant_accuracy,
    sap,
    top_units,
    unit_correlations,
)
from vae.probing.probes import PENALTIES, Probes, alone_r2, shuffled_r2

TARGETS = ("valence", "arousal")
SHUFFLES = 10  #: refits on shuffled labels
TOP_UNITS = 5
PLOTTED = 1000  #: predictions kept for the plots
QUADRANT_ROWS = 20_000  #: rows that the logistic regression is shown at most
HISTOGRAM_BINS = 20


@dataclass(frozen=True, eq=False)
class CodedFaces:
    """Labelled faces as codes.

    Attributes:
        name, digest: of the face set; split: which of its rows ("all" for the whole set).
        codes: (N, D) float32, may be memory-mapped; labels: (N, 2) valence and arousal, no NaN.
        groups: (N,) identities, or None where the set has none.
        expression: (N,) names or None, or None where the set has none.
        unlabelled: rows of the split left out for want of labels.
        already_seen: rows left out because the same picture is among those fitted on.
    """

    name: str
    digest: str
    split: str
    codes: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None
    expression: np.ndarray | None = None
    unlabelled: int = 0
    already_seen: int = 0

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.labels.shape != (len(self.codes), 2):
            raise ValueError(f"codes {self.codes.shape} and labels {self.labels.shape} do not pair")
        if not np.isfinite(self.labels).all():
            raise ValueError("leave rows without labels out of the evidence")


def gather_evidence(
    probes: Probes,
    directions: Directions,
    fitted: CodedFaces,
    unseen: Mapping[str, CodedFaces],
    *,
    bins: int = 20,
    seed: int = 0,
) -> dict[str, Any]:
    """Everything that report.json says about one run, as plain JSON values (None: not defined).

    Args:
        probes, directions: fitted on `fitted`.
        unseen: "held_out" and "test", either or both.

    Returns:
        fit: set, digest, split, n, unlabelled, identities, folds, penalties [least, most, how
            many], label_histogram {edges, counts[arousal][valence]}.
        directions: basis, space, cosine_before, cosine_after, angle_before (degrees),
            step {valence, arousal} (length along the unit vector per unit of prediction).
        held_out, test (where given): set, digest, split, n, unlabelled, already_seen, identities,
            valence and arousal, each with
                r2, ccc, rmse, pearson and r2_interval … (95 % bootstrap, by identity),
                shuffled_r2, shuffled_r2_interval (mean and range of the middle 95 % of refits),
                r2_alone (off the unit vector alone), r2_alone_before (off the raw vector alone),
                penalty, n_train, n_test, mig, sap, entropy,
                top_units [{unit, information (nats), correlation}];
            mig {bins, valence, arousal, mean}, sap {…}, dci {disentanglement, completeness,
            informativeness, error}, quadrants {n, accuracy, interval, majority,
            majority_interval} or None, label_histogram, expressions {name: {n, label, predicted}},
            predictions {label [[v, a]], predicted [[v, a]]} (a sample of the rows).
    """
    evidence = {
        "fit": {
            **_identify(fitted),
            "folds": probes.folds,
            "penalties": [min(PENALTIES), max(PENALTIES), len(PENALTIES)],
            "label_histogram": label_histogram(fitted.labels),
        },
        "directions": describe_directions(directions),
    }
    for name, faces in unseen.items():
        evidence[name] = _evaluate(probes, directions, fitted, faces, bins, seed)
    return evidence


def label_histogram(labels: np.ndarray, bins: int = HISTOGRAM_BINS) -> dict[str, Any]:
    """Counts of labels (N, 2) on the square [-1, 1]²: edges, and counts[arousal][valence]."""
    edges = np.linspace(-1, 1, bins + 1)
    counts, _, _ = np.histogram2d(labels[:, 1], labels[:, 0], bins=(edges, edges))
    return {"edges": edges.tolist(), "counts": counts.astype(int).tolist()}


def measured(evidence: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The evaluations that the evidence holds, in the order held_out, test."""
    return [(name, evidence[name]) for name in ("held_out", "test") if evidence.get(name)]


def _evaluate(
    probes: Probes,
    directions: Directions,
    fitted: CodedFaces,
    faces: CodedFaces,
    bins: int,
    seed: int,
) -> dict[str, Any]:
    predicted = probes.predict(faces.codes)
    latent = _latent_scores(fitted, faces, bins, seed)
    targets = target_scores(probes, directions, fitted, faces, predicted, seed)
    for k, name in enumerate(TARGETS):
        targets[name] |= {key: latent[key][name] for key in ("mig", "sap", "entropy")}
        targets[name]["top_units"] = latent["top_units"][k]
    kept = sample_rows(len(predicted), PLOTTED, seed)
    return {
        **_identify(faces),
        "already_seen": faces.already_seen,
        **targets,
        "mig": latent["mig"],
        "sap": latent["sap"],
        "dci": latent["dci"],
        "quadrants": _quadrant_scores(faces, seed),
        "label_histogram": label_histogram(faces.labels),
        "expressions": _by_expression(faces, predicted),
        "predictions": {
            "label": np.round(faces.labels[kept].astype(float), 4).tolist(),
            "predicted": np.round(predicted[kept], 4).tolist(),
        },
    }


def target_scores(
    probes: Probes,
    directions: Directions,
    fitted: CodedFaces,
    faces: CodedFaces,
    predicted: np.ndarray,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Scores of the two predictions with intervals and baselines: keys from r2 to n_test."""
    pairs = (fitted.codes, fitted.labels, faces.codes, faces.labels)
    sums = pair_sums(faces.labels, predicted).sum(0)
    bounds = intervals(faces.labels, predicted, faces.groups, seed=seed)
    shuffled = shuffled_r2(*pairs, fitted.groups, SHUFFLES, seed)
    spread = np.quantile(shuffled, [0.025, 0.975], axis=0)
    after = alone_r2(*pairs, np.stack([directions.valence, directions.arousal]))
    before = alone_r2(*pairs, directions.weights)
    scores: dict[str, dict[str, Any]] = {}
    for k, name in enumerate(TARGETS):
        scores[name] = {}
        for metric, score in METRICS.items():
            scores[name][metric] = plain(score(sums)[k])
            scores[name][f"{metric}_interval"] = plain(bounds[metric][:, k])
        scores[name] |= {
            "shuffled_r2": plain(shuffled[:, k].mean()),
            "shuffled_r2_interval": plain(spread[:, k]),
            "r2_alone": plain(after[k]),
            "r2_alone_before": plain(before[k]),
            "penalty": plain(probes.penalty[k]),
            "n_train": probes.count,
            "n_test": len(predicted),
        }
    return scores


def _latent_scores(fitted: CodedFaces, faces: CodedFaces, bins: int, seed: int) -> dict[str, Any]:
    """MIG, SAP and DCI on the unseen faces; none of them knows the probes."""
    labels = faces.labels
    varies = bool((labels.min(0) < labels.max(0)).all()) and faces.codes.shape[1] > 1
    entropy = entropies(labels, bins)
    information = mutual_information(faces.codes, labels, bins)
    correlation = unit_correlations(faces.codes, labels)
    mig = gap(information, entropy) if varies else np.full(2, np.nan)
    predictability = sap(faces.codes, labels) if varies else np.full(2, np.nan)
    scores: dict[str, Any] = {
        "mig": {"bins": bins} | _by_target(mig),
        "sap": _by_target(predictability),
        "entropy": _by_target(entropy),
        "dci": None,
        "top_units": [
            [
                {
                    "unit": int(unit),
                    "information": plain(information[unit, k]),
                    "correlation": plain(correlation[unit, k]),
                }
                for unit in units
            ]
            for k, units in enumerate(top_units(information, TOP_UNITS))
        ],
    }
    if varies:
        folds = assign_folds(len(fitted.labels), 5, fitted.groups, seed)
        result = dci(fitted.codes, fitted.labels, faces.codes, labels, folds)
        scores["dci"] = {
            "disentanglement": plain(result.disentanglement),
            "completeness": plain(result.completeness),
            "informativeness": plain(result.informativeness),
            "error": dict(zip(TARGETS, plain(result.error), strict=True)),
        }
    return scores


def _quadrant_scores(faces: CodedFaces, seed: int) -> dict[str, Any] | None:
    kept = sample_rows(len(faces.labels), QUADRANT_ROWS, seed)
    groups = None if faces.groups is None else faces.groups[kept]
    found = quadrant_accuracy(faces.codes[kept], faces.labels[kept], groups, seed=seed)
    if found is None:
        return None
    return {
        "n": found.count,
        "accuracy": plain(found.accuracy),
        "interval": plain(found.interval),
        "majority": plain(found.majority),
        "majority_interval": plain(found.majority_interval),
    }


def _by_expression(faces: CodedFaces, predicted: np.ndarray) -> dict[str, Any]:
    """Mean label and mean prediction of each expression's faces."""
    if faces.expression is None:
        return {}
    means = {}
    for name in sorted({name for name in faces.expression if isinstance(name, str)}):
        rows = faces.expression == name
        means[name] = {
            "n": int(rows.sum()),
            "label": plain(faces.labels[rows].mean(0)),
            "predicted": plain(predicted[rows].mean(0)),
        }
    return means


def _identify(faces: CodedFaces) -> dict[str, Any]:
    return {
        "set": faces.name,
        "digest": faces.digest,
        "split": faces.split,
        "n": len(faces.labels),
        "unlabelled": faces.unlabelled,
        "identities": None if faces.groups is None else len(np.unique(faces.groups)),
    }


def describe_directions(directions: Directions) -> dict[str, Any]:
    """The entry `directions` of the evidence."""
    before = directions.cosine_before
    return {
        "basis": directions.basis,
        "space": directions.space,
        "model": directions.model,
        "cosine_before": plain(before),
        "cosine_after": plain(directions.cosine_after),
        "angle_before": plain(np.degrees(np.arccos(np.clip(before, -1, 1)))),
        "step": dict(zip(TARGETS, plain(directions.step), strict=True)),
    }


def _by_target(values: np.ndarray) -> dict[str, float | None]:
    return dict(zip(TARGETS, plain(values), strict=True)) | {"mean": plain(values.mean())}


def sample_rows(count: int, most: int, seed: int) -> np.ndarray:
    """At most so many of `count` rows, ascending, the same for a seed."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
