"""What an evaluation says: requested against measured, and what else moved, as plain numbers."""

from collections.abc import Collection
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.agreement import (
    agreement,
    all_scores,
    mean_figure,
    pair_sums_by_face,
    subsets,
)
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from studio.evaluation.reliability import reliability
from studio.evaluation.side_effects import changes, side_effects, stranger_distance
from vae.probing.evidence import TARGETS

#: A change of the reading shorter than this has no direction to speak of.
_STILL = 0.02


def score(
    readings: EditReadings,
    budget: Budget,
    seed: int = 0,
    covered: np.ndarray | None = None,
    independent: Collection[str] = (),
) -> dict[str, Any]:
    """Everything that evaluation.json says of the readings, as plain JSON values.

    Args:
        seed: of the bootstrap.
        covered: (P,) bool, the points that faces show; None where that is not known.
        independent: readers that took no part in the edits.

    Returns:
        faces; subsets: points by subset; readers: by name, `agreement` with the request (of
        `studio.evaluation.agreement`), angle errors, and `cells` by intensity (row) and direction;
        pairs: agreement and reliability of each two readers on the same pictures; reliability: of
        all readers, and of the independent ones; side_effects, with `cells`; strangers: mean
        identity distance of two neutral faces; limit: the largest intensity whose mean cost keeps
        the budget, for all directions together and for each.

    Every interval is a 95 % bootstrap over faces: the edits of one face are not independent.
    """
    rows = subsets(readings.points, readings.intensities, covered)
    moved = changes(readings)
    return {
        "faces": len(readings.seeds),
        "subsets": {name: int(each.sum()) for name, each in rows.items()},
        "readers": {
            name: _reader(readings, values, rows, seed) for name, values in readings.affect.items()
        },
        "pairs": _pairs(readings, seed),
        "reliability": {
            "all": _reliability(readings, list(readings.affect), seed),
            "took_no_part": _reliability(
                readings, [name for name in readings.affect if name in independent], seed
            ),
        },
        "side_effects": {
            name: {**each, "cells": cells(readings, moved[name])}
            for name, each in side_effects(readings, budget, seed).items()
        },
        "identity": {
            "by": readings.identity_by,
            "strangers": plain(stranger_distance(readings)),
        },
        "found_neutral": plain(readings.found[:, 0].mean()),
        "limit": _limit(readings, moved, budget),
    }


def requested_of(readings: EditReadings) -> np.ndarray:
    """What was requested of each edit, in the readers' terms, (S, P, 2)."""
    return np.broadcast_to(readings.expected[1:], (len(readings.seeds), *readings.points.shape))


def cells(readings: EditReadings, values: np.ndarray) -> list[list[float | None]]:
    """Mean of values (S, P) over the faces at each intensity (row) and direction (column)."""
    known = np.isfinite(values)
    count = known.sum(0)
    total = np.where(known, values, 0).sum(0)
    means = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return [plain(row) for row in means.reshape(len(readings.intensities), readings.directions)]


def _reader(
    readings: EditReadings, values: np.ndarray, rows: dict[str, np.ndarray], seed: int
) -> dict[str, Any]:
    """One reader's (S, 1 + P, 2) against what was requested."""
    requested, edited = requested_of(readings), values[:, 1:]
    change = edited - values[:, :1]
    apart = _angle_between(change, readings.expected_change)
    missed = edited - requested
    return {
        "agreement": agreement(requested, edited, rows, seed),
        "angle_error": mean_figure(apart, seed),
        "still": plain((np.linalg.norm(change, axis=-1) < _STILL).mean()),
        "along_ccc": _along(readings, edited - readings.expected[0]),
        "cells": {
            "error": cells(readings, np.linalg.norm(missed, axis=-1)),
            "angle_error": cells(readings, apart),
            **{f"{name}_bias": cells(readings, missed[..., k]) for k, name in enumerate(TARGETS)},
            **{name: cells(readings, edited[..., k]) for k, name in enumerate(TARGETS)},
        },
    }


def _along(readings: EditReadings, moved: np.ndarray) -> list[float | None]:
    """Concordance of how far readings are to lie from where neutral is to be with their part that
    way, (S, P, 2) from there, in each direction over all intensities; None of a single one."""
    change, count = readings.expected_change, readings.directions
    asked = np.linalg.norm(change, axis=1, keepdims=True)
    ways = np.divide(change, asked, out=np.zeros_like(change), where=asked > 0)
    along = (moved * ways).sum(-1, keepdims=True)
    sums = pair_sums_by_face(asked, along).sum(0)  # (P, 1, 6)
    by_direction = sums.reshape(-1, count, 6).sum(0)
    return list(plain(all_scores(by_direction)[:, 0]))


def _angle_between(change: np.ndarray, requested: np.ndarray) -> np.ndarray:
    """Degrees between two fields of (valence, arousal), NaN where the reading hardly moved."""
    turned = np.arctan2(change[..., 1], change[..., 0]) - np.arctan2(
        requested[..., 1], requested[..., 0]
    )
    degrees = np.degrees(np.abs((turned + np.pi) % (2 * np.pi) - np.pi))
    return np.where(np.linalg.norm(change, axis=-1) < _STILL, np.nan, degrees)


def _pairs(readings: EditReadings, seed: int) -> list[dict[str, Any]]:
    """Each two readers: concordance over all pictures, neutral ones included, and reliability at
    the same request."""
    every = {"all": np.ones(1 + len(readings.points), bool)}
    return [
        {
            "readers": [one, two],
            **agreement(readings.affect[one], readings.affect[two], every, seed)["all"],
            "same_request": _reliability(readings, [one, two], seed),
        }
        for one, two in combinations(readings.affect, 2)
    ]


def _reliability(readings: EditReadings, names: list[str], seed: int) -> dict[str, Any]:
    """Of some readers over all pictures, neutral ones included."""
    if not names:
        return {"readers": [], "n": 0, **dict.fromkeys(TARGETS)}
    stacked = np.stack([readings.affect[name] for name in names], axis=2)
    return {"readers": names, **reliability(stacked, seed)}


def _limit(readings: EditReadings, moved: dict[str, np.ndarray], budget: Budget) -> dict[str, Any]:
    """The largest intensity up to which every mean cost keeps the budget; 0 where none does."""
    means = {
        name: np.array(cells(readings, np.abs(values)), float) for name, values in moved.items()
    }
    most = {"identity_distance": budget.identity, "sex_changed": budget.sex, "age": budget.age}
    most |= dict.fromkeys(("yaw", "pitch", "roll"), budget.pose)
    with np.errstate(invalid="ignore"):  # what was not read keeps no budget
        keeps = np.all([means[name] <= bound for name, bound in most.items()], axis=0)
        keeps &= means["found"] >= budget.found
    return {
        "budget": asdict(budget),
        "all": _largest(readings, _all_keep(readings, moved, most, budget)),
        "directions": [_largest(readings, column) for column in keeps.T],
    }


def _all_keep(
    readings: EditReadings, moved: dict[str, np.ndarray], most: dict[str, float], budget: Budget
) -> np.ndarray:
    """Whether the edits of each intensity, of all directions together, keep the budget."""
    count, width = len(readings.intensities), readings.directions

    def mean(name: str) -> np.ndarray:
        values = np.abs(moved[name]).reshape(len(readings.seeds), count, width)
        known = np.isfinite(values)
        total, number = np.where(known, values, 0).sum((0, 2)), known.sum((0, 2))
        return np.divide(total, number, out=np.full(count, np.inf), where=number > 0)

    keeps = np.all([mean(name) <= bound for name, bound in most.items()], axis=0)
    return keeps & (mean("found") >= budget.found)


def _largest(readings: EditReadings, keeps: np.ndarray) -> float:
    """The last intensity, from the smallest on, before a budget is broken."""
    broken = np.flatnonzero(~keeps)
    last = broken[0] if len(broken) else len(keeps)
    return float(readings.intensities[last - 1]) if last else 0.0
