"""What an edit changes beside valence and arousal, against the neutral face of the same seed.

    per unit     slopes of the change on requested valence and arousal, of one plane fitted to all
                 edits by least squares (with a constant); of a change without a sign, such as a
                 distance, on their absolute values
    mean         of the change's size over all edits
    faces within share of faces whose own figure keeps the limit

Intervals are 95 % bootstraps over faces.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from studio.evaluation.agreement import figure, mean_figure, mean_rows
from studio.evaluation.config import Budget
from studio.evaluation.edits import EditReadings
from vae.probing.evidence import TARGETS
from vae.probing.metrics import mean_of

POSE = ("yaw", "pitch", "roll")
#: Which edits a limit is about.
ALL, FARTHEST, PER_UNIT = "all edits", "the largest intensity", "a unit of valence or arousal"


@dataclass(frozen=True)
class SideEffect:
    """Something that is to stay.

    Attributes:
        label, unit: for people; signed: whether a change has a direction.
        limit: the setting of Budget, or None where none is stated; about: which edits it is of.
        least: whether the limit is a lower one.
    """

    label: str
    unit: str
    signed: bool
    limit: str | None
    about: str
    least: bool = False


#: By name, in the order of the page.
SIDE_EFFECTS: Mapping[str, SideEffect] = {
    "identity_distance": SideEffect("identity distance", "", False, "identity", FARTHEST),
    **{name: SideEffect(name, "°", True, "pose_per_unit", PER_UNIT) for name in POSE},
    "light": SideEffect("light (mean luma)", "levels", True, "light_per_unit", PER_UNIT),
    "contrast": SideEffect("contrast (SD of luma)", "levels", True, "light_per_unit", PER_UNIT),
    "sharpness": SideEffect("sharpness", "%", True, "sharpness_per_unit", PER_UNIT),
    "female": SideEffect("looks female (probability)", "", True, None, ALL),
    "sex_changed": SideEffect("apparent sex is another", "share", False, "sex", ALL),
    "age": SideEffect("apparent age", "years", True, "age", ALL),
    "found": SideEffect("face found", "share", False, "found", ALL, least=True),
}


def changes(readings: EditReadings) -> dict[str, np.ndarray]:
    """Each side effect in every edit, (S, P), NaN where it could not be read."""
    female, age = np.moveaxis(readings.appearance, -1, 0)
    light, contrast, sharpness = np.moveaxis(readings.picture, -1, 0)
    turned = readings.pose[:, 1:] - readings.pose[:, :1]
    known = np.isfinite(female[:, 1:]) & np.isfinite(female[:, :1])
    other = (female[:, 1:] > 0.5) != (female[:, :1] > 0.5)
    before = np.where(sharpness[:, :1] > 0, sharpness[:, :1], np.nan)
    return {
        "identity_distance": identity_distance(readings),
        **{name: turned[..., axis] for axis, name in enumerate(POSE)},
        "light": light[:, 1:] - light[:, :1],
        "contrast": contrast[:, 1:] - contrast[:, :1],
        "sharpness": 100 * (sharpness[:, 1:] / before - 1),
        "female": female[:, 1:] - female[:, :1],
        "sex_changed": np.where(known, other.astype(float), np.nan),
        "age": age[:, 1:] - age[:, :1],
        "found": readings.found[:, 1:].astype(float),
    }


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


def side_effects(readings: EditReadings, budget: Budget, seed: int = 0) -> dict[str, Any]:
    """Every side effect by name, as plain JSON values.

    Returns:
        label, unit; `mean` size over all edits, `per_unit` of valence and arousal, each with value
        and interval; `missing` edits; `limit`, what it is of, and whether it is kept (None where
        nothing was read), with the share of faces that keep it; None without a limit.
    """
    found = changes(readings)
    return {
        name: {
            "label": effect.label,
            "unit": effect.unit,
            "signed": effect.signed,
            "mean": mean_figure(np.abs(found[name]), seed),
            "per_unit": _per_unit(found[name], readings.expected_change, effect.signed, seed),
            "missing": int((~np.isfinite(found[name])).sum()),
            "limit": _limit(found[name], readings, effect, budget, seed),
        }
        for name, effect in SIDE_EFFECTS.items()
    }


def slope_rows(values: np.ndarray, points: np.ndarray, signed: bool) -> np.ndarray:
    """What the slopes of values (S, P) on points (P, 2) are made of, a row a face: (S, 3, 4), the
    normal equations of a plane beside their right side."""
    at = np.concatenate([np.ones((len(points), 1)), points if signed else np.abs(points)], 1)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    left = np.einsum("sp,pi,pj->sij", known.astype(float), at, at)
    return np.concatenate([left, (filled @ at)[..., None]], axis=-1)


def slopes(sums: np.ndarray) -> np.ndarray:
    """Slopes (…, 2) on valence and arousal, of summed `slope_rows` (…, 3, 4); NaN where the points
    do not tell them apart."""
    left, right = sums[..., :3], sums[..., 3:]
    scale = np.maximum(np.einsum("...ii->...", left), 1e-12)[..., None, None]
    sound = np.linalg.det(left / scale) > 1e-9
    safe = np.where(sound[..., None, None], left, np.eye(3))
    found = np.linalg.solve(safe, right)[..., 1:, 0]
    return np.where(sound[..., None], found, np.nan)


def _per_unit(values: np.ndarray, points: np.ndarray, signed: bool, seed: int) -> dict[str, Any]:
    both = figure(slope_rows(values, points, signed), slopes, seed)
    bounds = np.array(both["interval"], dtype=object)
    return {
        name: {"value": both["value"][k], "interval": bounds[:, k].tolist()}
        for k, name in enumerate(TARGETS)
    }


def _limit(
    values: np.ndarray, readings: EditReadings, effect: SideEffect, budget: Budget, seed: int
) -> dict[str, Any] | None:
    """What the budget allows, whether the mean over faces keeps it, and how many faces do."""
    if effect.limit is None:
        return None
    most = float(getattr(budget, effect.limit))
    rows, statistic = _limited(values, readings, effect)
    whole = np.abs(statistic(rows.sum(0)))
    each = np.abs(statistic(rows))
    each = each.max(-1) if each.ndim > 1 else each  # the larger of both slopes
    known = np.isfinite(each)
    keeps = (each >= most) if effect.least else (each <= most)
    worst = whole.min() if effect.least else whole.max()
    kept = None
    if np.isfinite(worst):
        kept = bool(worst >= most) if effect.least else bool(worst <= most)
    return {
        "setting": effect.limit,
        "value": most,
        "of": effect.about,
        "least": effect.least,
        "kept": kept,
        "found": plain(worst),
        "faces_within": mean_figure(np.where(known, keeps, np.nan)[:, None], seed),
    }


def _limited(
    values: np.ndarray, readings: EditReadings, effect: SideEffect
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Rows of faces and the statistic of theirs that a limit is about."""
    if effect.about == PER_UNIT:
        return slope_rows(values, readings.expected_change, effect.signed), slopes
    last = readings.directions if effect.about == FARTHEST else 0
    return mean_rows(np.abs(values[:, -last:])), mean_of
