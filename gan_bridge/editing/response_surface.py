"""Fitting the surface of a calibration to what was read in the pictures of moved faces."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.json_values import plain
from faces.ground.progress import Progress
from gan_bridge.editing.calibration import NEAR, Calibration
from vae.probing.evidence import TARGETS
from vae.probing.folds import assign_folds
from vae.probing.hull import label_hull

_PENALTIES = (0.3, 1.0, 3.0, 10.0)
_FOLDS, _HIDDEN, _ROUNDS = 5, 32, 400
#: Moves are of the order of 1, coordinates have unit spread but are many: both are brought to where
#: one penalty suits them.
_MOVE_SCALE, _FACE_SCALE = 2.0, 0.5
_MOST_COORDINATES = 64
_HULL_FACES, _HULL_SIDE, _HULL_MOVES = 64, 41, 31
#: A target is within reach where this share of faces comes near to it.
_MOST = 0.5


@dataclass(frozen=True, eq=False)
class Responses:
    """Faces, where they were moved, and what was read in their pictures.

    Attributes:
        neutral: (F, W) float64, each face's latent, moved to neutral.
        latent_targets: (F, M, 2) valence and arousal that the probes were to read in the latent.
        readings: (F, M, 2) valence and arousal in the picture, NaN where no face was found.
    """

    neutral: np.ndarray
    latent_targets: np.ndarray
    readings: np.ndarray


@dataclass(frozen=True, eq=False)
class _Examples:
    """Rows to fit on: x (N, 2 + K), readings y (N, 2), and folds (N,), a face always in one."""

    x: np.ndarray
    y: np.ndarray
    fold: np.ndarray


def face_coordinates(neutral: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (W,) and components (K, W) that give latents (F, W) coordinates of unit spread."""
    centre = neutral.mean(0)
    _, values, vectors = np.linalg.svd(neutral - centre, full_matrices=False)
    spread = values / np.sqrt(max(len(neutral) - 1, 1))
    count = min(_MOST_COORDINATES, len(neutral) // 5, int((spread > 1e-6 * spread[0]).sum()))
    return centre, vectors[:count] / spread[:count, None]


def fit_surface(
    z: np.ndarray, responses: Responses, seed: int, progress: Progress
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The surface's arrays by their names in `Calibration`, and how it holds for faces left out.

    Args:
        z: (F, K) coordinates of the faces.
        seed: of folds and initial weights, below 2³².
    """
    examples = _examples(z, responses, seed)
    x, y = examples.x, examples.y
    penalty, left_out = _choose_penalty(examples, seed, progress)
    figures = {
        "penalty": penalty,
        "pictures": len(x),
        "coordinates": z.shape[1],
        "r2": dict(zip(TARGETS, plain(1 - left_out / y.var(0)), strict=True)),
        "rmse": dict(zip(TARGETS, plain(np.sqrt(left_out)), strict=True)),
    }
    network = _fit_network(x, y, penalty, seed)
    (first, out), (bias, level) = network.coefs_, network.intercepts_
    arrays = {
        "by_move": first[:2] * _MOVE_SCALE,
        "by_face": first[2:] * _FACE_SCALE,
        "bias": bias,
        "out": out,
        "level": level,
    }
    return arrays, figures


def _examples(z: np.ndarray, responses: Responses, seed: int) -> _Examples:
    count, moves = responses.latent_targets.shape[:2]
    per_move = np.repeat(z * _FACE_SCALE, moves, axis=0)
    x = np.concatenate([responses.latent_targets.reshape(-1, 2) * _MOVE_SCALE, per_move], 1)
    y, face = responses.readings.reshape(-1, 2), np.repeat(np.arange(count), moves)
    readable = np.isfinite(y).all(1)
    x, y, face = x[readable], y[readable], face[readable]
    return _Examples(x, y, assign_folds(len(x), _FOLDS, face, seed))


def _choose_penalty(examples: _Examples, seed: int, progress: Progress) -> tuple[float, np.ndarray]:
    """The penalty of the least squared error on folds left out, and that error, (2,)."""
    x, y, fold = examples.x, examples.y, examples.fold
    predicted = {penalty: np.empty_like(y) for penalty in _PENALTIES}
    fits = [(number, penalty) for number in range(fold.max() + 1) for penalty in _PENALTIES]
    for number, penalty in progress(fits, "fit the surface", len(fits)):
        network = _fit_network(x[fold != number], y[fold != number], penalty, seed)
        predicted[penalty][fold == number] = network.predict(x[fold == number])
    errors = {penalty: ((values - y) ** 2).mean() for penalty, values in predicted.items()}
    best = min(errors, key=lambda penalty: errors[penalty])
    return best, ((predicted[best] - y) ** 2).mean(0)


def _fit_network(x: np.ndarray, y: np.ndarray, penalty: float, seed: int) -> Any:
    """One hidden layer, fitted until it settles or for `_ROUNDS` rounds, which is early enough."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=(_HIDDEN,),
        activation="tanh",
        solver="lbfgs",
        alpha=penalty,
        max_iter=_ROUNDS,
        max_fun=10 * _ROUNDS,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(x, y)


def reachable_hull(surface: Calibration, neutral: np.ndarray) -> np.ndarray:
    """Corners (M, 2) around the targets that most faces, (F, W) moved to neutral, come near to."""
    ticks = np.linspace(-1, 1, _HULL_SIDE)
    targets = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    ticks = np.linspace(-surface.reach, surface.reach, _HULL_MOVES)
    latent_targets = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    latent_targets = latent_targets[(latent_targets**2).sum(1) <= surface.reach**2]
    faces = neutral[:_HULL_FACES]
    reached = np.zeros(len(targets))
    for face in faces:
        shown = np.clip(surface.predict(face[None], latent_targets), -1, 1)
        missed = ((targets[:, None] - shown[None]) ** 2).sum(2).min(1)
        reached += missed <= NEAR**2
    corners = label_hull(targets[reached >= _MOST * len(faces)])
    return np.array(corners if corners else np.zeros((0, 2)), np.float64)
