"""Which faces make up each batch: a function of the seed, the epoch and the step, and nothing else.

Because no generator is carried from step to step, training resumes exactly from any step.
"""

import numpy as np
import torch

from faces.circumplex import EXPRESSIONS
from faces.ground.training.streams import folded_seed, stream
from faces.sets import FaceSet


def split_holdout(
    rows: np.ndarray, share: float, seed: int, people: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Split the training rows into (fitted, held out), ascending, at least one row in each.

    Args:
        people: identity of each of `rows`, null where it is not known: faces of one person stay
            together, unless all are of one.
    """
    if people is not None and len(set(people)) > 1:
        return _split_people(rows, share, seed, people)
    shuffled = np.random.default_rng([seed, 0xDE]).permutation(rows)
    count = min(max(1, round(len(rows) * share)), len(rows) - 1)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])


def steps_per_epoch(faces: int, batch_size: int) -> int:
    """Whole batches of an epoch, at least one; the rest is left out of this epoch's order."""
    return max(1, faces // batch_size)


def step_generator(seed: int, epoch: int, step: int, rank: int) -> torch.Generator:
    """The generator of one step's augmentation and noise, on the CPU."""
    return stream(folded_seed(seed, 2, epoch, step, rank, bits=63))


def loss_weights(faces: FaceSet, rows: np.ndarray, balance: float) -> np.ndarray:
    """Loss weight of every face of the set, (N,) float32, with mean 1 over `rows`.

    The class weight of the face's expression, `total / (classes × count)`, raised to `balance`;
    a face without an expression weighs as the mean does.
    """
    if balance == 0:
        return np.ones(len(faces), np.float32)
    by_code = np.append(faces.class_weights().astype(np.float64) ** balance, np.nan)
    expressions = faces.manifest(["expression"])["expression"]
    codes = expressions.map({name: code for code, name in enumerate(EXPRESSIONS)})
    weights = by_code[codes.fillna(len(EXPRESSIONS)).astype(int).to_numpy()]
    weights = weights / np.nanmean(weights[rows])
    return np.nan_to_num(weights, nan=1.0).astype(np.float32)


def _split_people(
    rows: np.ndarray, share: float, seed: int, people: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    known = [isinstance(who, str) for who in people]
    keys = np.where(known, people.astype(str), [f"row {row}" for row in rows])
    members = np.unique(keys, return_inverse=True)[1]
    fitted, holdout = split_holdout(np.arange(members.max() + 1), share, seed)
    return rows[np.isin(members, fitted)], rows[np.isin(members, holdout)]
