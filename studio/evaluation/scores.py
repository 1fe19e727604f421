"""What an evaluation says: requested against measured, and what else moved, as plain numbers."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from vae.probing.evidence import TARGETS
from vae.probing.metrics import METRICS, bootstrap_interval, intervals, mean_of, pair_sums

POSE = ("yaw", "pitch", "roll")
#: A change of the reading shorter than this has no direction to speak of.
_STILL = 0.02
_FEWEST = 3


def score(readings: EditReadings, budget: Budget, seed: int = 0) -> dict[str, Any]:
    """Everything that evaluation.json says beside its settings, as plain JSON values.

    Returns:
        readers: by name, what `_concordance` gives, with `cells`, the same by direction and
        intensity; agreement: concordance of each pair of readers on the same pictures;
        identity_distance, pose, found: what the edits cost; limit: the largest intensity whose mean
        cost keeps the budget, for all directions together and for each.

    Every interval is a 95 % bootstrap over identities: the edits of one face are not independent.
    """
    identity = identity_distance(readings)
    strangers = stranger_distance(readings)
    turn = np.abs(readings.pose[:, 1:] - readings.pose[:, :1])  # (S, P, 3)
    found = readings.found[:, 1:]
    costs = {"turn": turn, "identity_distance": identity, "found": found}
    return {
        "faces": len(readings.seeds),
        "readers": {
            name: _reader(readings, values, seed) for name, values in readings.affect.items()
        },
        "agreement": _agreement(readings, seed),
        "identity_distance": {
            "by": readings.identity_by,
            "edited": _mean(identity, seed),
            "strangers": plain(strangers),
            "cells": _cells(readings, identity),
        },
        "pose": {
            name: _cost(readings, turn[..., axis], "drift", seed) for axis, name in enumerate(POSE)
        },
        "found": {
            "neutral": plain(readings.found[:, 0].mean()),
            **_cost(readings, found.astype(float), "edited", seed),
        },
        "limit": _limit(readings, costs, strangers, budget),
    }


def _cost(readings: EditReadings, values: np.ndarray, name: str, seed: int) -> dict[str, Any]:
    """The mean of (S, P) under `name`, and `cells`."""
    return {name: _mean(values, seed), "cells": _cells(readings, values)}


def identity_distance(readings: EditReadings) -> np.ndarray:
    """Euclidean distance of the identity of each edit from that of its neutral face, (S, P), NaN if
    missing."""
    return np.linalg.norm(readings.identity[:, 1:] - readings.identity[:, :1], axis=-1)


def stranger_distance(readings: EditReadings) -> float:
    """The mean of the same between the neutral faces of each two seeds; NaN of one face alone."""
    faces = readings.identity[:, 0]
    faces = faces[np.isfinite(faces).all(1)]
    first, second = np.triu_indices(len(faces), 1)
    if not len(first):
        return float("nan")
    return float(np.linalg.norm(faces[first] - faces[second], axis=-1).mean())


def _reader(readings: EditReadings, values: np.ndarray, seed: int) -> dict[str, Any]:
    """One reader's (S, 1 + P, 2) against what was requested."""
    requested = np.broadcast_to(readings.points, (len(values), *readings.points.shape))
    edited = values[:, 1:]
    change = edited - values[:, :1]
    apart = _angle_between(change, requested)
    error = np.linalg.norm(edited - requested, axis=-1)
    return {
        **_concordance(requested, edited, seed),
        "angle_error": _mean(apart, seed),
        "still": plain((np.linalg.norm(change, axis=-1) < _STILL).mean()),
        "cells": {
            "error": _cells(readings, error),
            "angle_error": _cells(readings, apart),
            **{name: _cells(readings, edited[..., k]) for k, name in enumerate(TARGETS)},
        },
        "by_intensity": [
            {"intensity": each, **_concordance(requested[:, at], edited[:, at], seed)}
            for each, at in _rings(readings)
        ],
    }


def _concordance(requested: np.ndarray, read: np.ndarray, seed: int) -> dict[str, Any]:
    """CCC, RMSE, r and the slope of what was read on what was requested, by target: (S, P, 2)."""
    known = np.isfinite(read).all(-1) & np.isfinite(requested).all(-1)
    if known.sum() < _FEWEST:
        return {"n": int(known.sum()), **dict.fromkeys(TARGETS)}
    truth, found = requested[known], read[known]
    groups = np.nonzero(known)[0]
    bounds = intervals(truth, found, groups, seed=seed)
    sums = pair_sums(truth, found).sum(0)
    result: dict[str, Any] = {"n": len(truth)}
    for k, name in enumerate(TARGETS):
        result[name] = {"slope": plain(_slope(sums[k]))}
        for metric in ("ccc", "rmse", "pearson"):
            result[name][metric] = plain(METRICS[metric](sums[k]))
            result[name][f"{metric}_interval"] = plain(bounds[metric][:, k])
    return result


def _slope(sums: np.ndarray) -> float:
    n, t, p, tt, _, tp = sums
    spread = tt - t * t / n
    return float((tp - t * p / n) / spread) if spread > 0 else float("nan")


def _angle_between(change: np.ndarray, requested: np.ndarray) -> np.ndarray:
    """Degrees between two fields of (valence, arousal), NaN where the reading hardly moved."""
    turned = np.arctan2(change[..., 1], change[..., 0]) - np.arctan2(
        requested[..., 1], requested[..., 0]
    )
    degrees = np.degrees(np.abs((turned + np.pi) % (2 * np.pi) - np.pi))
    return np.where(np.linalg.norm(change, axis=-1) < _STILL, np.nan, degrees)


def _agreement(readings: EditReadings, seed: int) -> list[dict[str, Any]]:
    """Concordance of each two readers over all pictures, neutral ones included."""
    return [
        {"readers": [one, two], **_concordance(readings.affect[one], readings.affect[two], seed)}
        for one, two in combinations(readings.affect, 2)
    ]


def _mean(values: np.ndarray, seed: int) -> dict[str, Any]:
    """Mean of (S, P) over what is known, with its interval over identities."""
    known = np.isfinite(values)
    sums = np.stack([known.sum(1), np.where(known, values, 0).sum(1)], -1).astype(float)
    bounds = bootstrap_interval(sums, mean_of, seed=seed)
    return {"mean": plain(mean_of(sums.sum(0))), "interval": plain(bounds)}


def _cells(readings: EditReadings, values: np.ndarray) -> list[list[float | None]]:
    """Mean over the identities at each intensity (row) and direction (column)."""
    known = np.isfinite(values)
    count = known.sum(0)
    total = np.where(known, values, 0).sum(0)
    means = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return [plain(means[at]) for _, at in _rings(readings)]


def _rings(readings: EditReadings) -> list[tuple[float, slice]]:
    """Each intensity with where its points stand."""
    width = readings.directions
    return [
        (each, slice(k * width, (k + 1) * width)) for k, each in enumerate(readings.intensities)
    ]


def _limit(
    readings: EditReadings, costs: Mapping[str, np.ndarray], strangers: float, budget: Budget
) -> dict[str, Any]:
    """The largest intensity up to which every mean cost keeps the budget; 0 where none does."""
    most = strangers * (1 - budget.identity)

    def keeps(at: slice | list[int]) -> bool:
        turn, distance = costs["turn"][:, at], costs["identity_distance"][:, at]
        known = np.isfinite(turn).all(-1) & np.isfinite(distance)
        return bool(
            known.any()
            and costs["found"][:, at].mean() >= budget.found
            and (turn[known].mean(0) <= budget.pose).all()
            # with one identity alone there is no stranger to compare with
            and not distance[known].mean() > most
        )

    rings = _rings(readings)
    return {
        "budget": asdict(budget),
        "all": _largest([(each, keeps(at)) for each, at in rings]),
        "directions": [
            _largest([(each, keeps([at.start + column])) for each, at in rings])
            for column in range(readings.directions)
        ],
    }


def _largest(within_budget: list[tuple[float, bool]]) -> float:
    """The last intensity, from the smallest on, before a budget is broken."""
    largest = 0.0
    for intensity, holds in within_budget:
        if not holds:
            break
        largest = intensity
    return largest
