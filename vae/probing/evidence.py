"""What is known about a run's directions, as the plain numbers of report.json.

Everything is measured on rows that the probes never saw. The keys:

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
        components {count: {valence and arousal: {r2, r2_interval}}} (ridge on so many principal
            components of the pixels, from `vae.probing.components`),
        mig {bins, valence, arousal, mean}, sap {…}, dci {disentanglement, completeness,
        informativeness, error}, quadrants {n, accuracy, interval, majority,
        majority_interval, balanced, balanced_interval, chance, by_quadrant {name: {n, recall,
        interval}}} or None, label_histogram, expressions {name: {n, label, predicted}},
        predictions {label [[v, a]], predicted [[v, a]]} (a sample of the rows).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from vae.probing.coded import TARGETS as TARGETS
from vae.probing.coded import CodedFaces as CodedFaces
from vae.probing.coded import sample_rows as sample_rows
from vae.probing.directions import Directions
from vae.probing.latent_scores import latent_scores, quadrant_scores
from vae.probing.metrics import METRICS, intervals, pair_sums
from vae.probing.probes import PENALTIES, Probes, alone_r2, shuffled_r2

SHUFFLES = 10  #: refits on shuffled labels
PLOTTED = 1000  #: predictions in the plots
HISTOGRAM_BINS = 20


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
        The keys at the head of this module.
    """
    evidence: dict[str, Any] = {
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
    latent = latent_scores(fitted, faces, bins, seed)
    targets = target_scores(probes, directions, fitted, faces, predicted, seed)
    for k, name in enumerate(TARGETS):
        targets[name] |= {key: latent[key][name] for key in ("mig", "sap", "entropy")}
        targets[name]["top_units"] = latent["top_units"][k]
    plotted = sample_rows(len(predicted), PLOTTED, seed)
    return {
        **_identify(faces),
        "already_seen": faces.already_seen,
        **targets,
        "mig": latent["mig"],
        "sap": latent["sap"],
        "dci": latent["dci"],
        "quadrants": quadrant_scores(faces, seed),
        "label_histogram": label_histogram(faces.labels),
        "expressions": _by_expression(faces, predicted),
        "predictions": {
            "label": np.round(faces.labels[plotted].astype(float), 4).tolist(),
            "predicted": np.round(predicted[plotted], 4).tolist(),
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
    assert before is not None  # directions compute it where it was not stored
    return {
        "basis": directions.basis,
        "space": directions.space,
        "model": directions.model,
        "cosine_before": plain(before),
        "cosine_after": plain(directions.cosine_after),
        "angle_before": plain(np.degrees(np.arccos(np.clip(before, -1, 1)))),
        "step": dict(zip(TARGETS, plain(directions.step), strict=True)),
    }
