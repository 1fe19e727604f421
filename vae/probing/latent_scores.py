"""What the report says of a latent space without its probes: MIG, SAP, DCI, quadrants."""

from typing import Any

import numpy as np

from faces.ground.json_values import plain
from vae.probing.coded import TARGETS, CodedFaces, sample_rows
from vae.probing.disentanglement import (
    dci,
    entropies,
    gap,
    mutual_information,
    sap,
    top_units,
    unit_correlations,
)
from vae.probing.folds import assign_folds
from vae.probing.quadrants import quadrant_accuracy

TOP_UNITS = 5
QUADRANT_ROWS = 20_000  #: rows that the logistic regression is shown at most


def latent_scores(fitted: CodedFaces, faces: CodedFaces, bins: int, seed: int) -> dict[str, Any]:
    """MIG, SAP and DCI on the unseen faces; none of them knows the probes."""
    labels = faces.labels
    varies = bool((labels.min(0) < labels.max(0)).all()) and faces.codes.shape[1] > 1
    entropy = entropies(labels, bins)
    information = mutual_information(faces.codes, labels, bins)
    correlation = unit_correlations(faces.codes, labels)
    mig = gap(information, entropy) if varies else np.full(2, np.nan)
    predictability = sap(faces.codes, labels) if varies else np.full(2, np.nan)
    return {
        "mig": {"bins": bins} | _by_target(mig),
        "sap": _by_target(predictability),
        "entropy": _by_target(entropy),
        "dci": _dci_scores(fitted, faces, seed) if varies else None,
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


def _dci_scores(fitted: CodedFaces, faces: CodedFaces, seed: int) -> dict[str, Any]:
    folds = assign_folds(len(fitted.labels), 5, fitted.groups, seed)
    scores = dci(fitted.codes, fitted.labels, faces.codes, faces.labels, folds)
    return {
        "disentanglement": plain(scores.disentanglement),
        "completeness": plain(scores.completeness),
        "informativeness": plain(scores.informativeness),
        "error": dict(zip(TARGETS, plain(scores.error), strict=True)),
    }


def quadrant_scores(faces: CodedFaces, seed: int) -> dict[str, Any] | None:
    """How well a logistic regression tells the quadrants apart; None where there are too few."""
    rows = sample_rows(len(faces.labels), QUADRANT_ROWS, seed)
    groups = None if faces.groups is None else faces.groups[rows]
    scores = quadrant_accuracy(faces.codes[rows], faces.labels[rows], groups, seed=seed)
    if scores is None:
        return None
    return {
        "n": scores.count,
        "accuracy": plain(scores.accuracy),
        "interval": plain(scores.interval),
        "majority": plain(scores.majority),
        "majority_interval": plain(scores.majority_interval),
        "balanced": plain(scores.balanced),
        "balanced_interval": plain(scores.balanced_interval),
        "chance": plain(scores.chance),
        "by_quadrant": {
            name: {"n": own.count, "recall": own.recall, "interval": plain(own.interval)}
            for name, own in scores.recalls.items()
        },
    }


def _by_target(values: np.ndarray) -> dict[str, float | None]:
    return dict(zip(TARGETS, plain(values), strict=True)) | {"mean": plain(values.mean())}
