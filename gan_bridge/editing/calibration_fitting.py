"""Measuring the response of a generator's pictures to moves, and fitting the surface of it."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from gan_bridge.editing.calibration import NEAR, Calibration
from gan_bridge.editing.calibration_config import CalibrationConfig
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.generators.sampling import ArrayCache, PictureReader, Reading, read_cached, uncached
from vae.probing.evidence import TARGETS
from vae.probing.folds import assign_folds
from vae.probing.hull import label_hull
from vae.probing.metrics import ccc

_PENALTIES = (0.3, 1.0, 3.0, 10.0)
_FOLDS, _HIDDEN, _ROUNDS = 5, 32, 400
_FEWEST = 100
#: Moves are of the order of 1, coordinates have unit spread but are many: both are brought to where
#: one penalty suits them.
_MOVE_SCALE, _FACE_SCALE = 2.0, 0.5
_MOST_COORDINATES = 64
_CHECK_ANGLES, _CHECK_RADII = 12, (0.2, 0.4, 0.6, 0.8)
_HULL_FACES, _HULL_SIDE, _HULL_MOVES = 64, 41, 31
#: A request is within reach where this share of faces comes near to it.
_MOST = 0.5


def calibrate(
    explorer: EmotionExplorer,
    reader: Reading,
    reader_name: str,
    config: CalibrationConfig | None = None,
    *,
    progress: Progress = silent,
    keep: ArrayCache = uncached,
) -> Calibration:
    """Measure, fit and check.

    Args:
        explorer: the generator with its directions, not calibrated itself.
        reader: valence and arousal (N, 2) of pictures, NaN where there is no face.
        reader_name: says which it is.
        keep: see `gan_bridge.generators.sampling.ResumableCache`.

    Raises:
        CircumplexError: the explorer is calibrated already, or the reader finds too few faces.
    """
    config = config or CalibrationConfig()
    if explorer.calibration is not None:
        raise CircumplexError("a calibration is measured without one; open the explorer without")
    pictures = PictureReader(explorer.generator)
    seeds = range(config.seed, config.seed + config.faces)
    neutral, goals, found = _measure(explorer, pictures, reader, seeds, config, progress, keep)
    seen = np.isfinite(found).all(2)
    if seen.sum() < _FEWEST:
        raise CircumplexError(
            f"the reader finds a face in {int(seen.sum())} of {seen.size} pictures; calibrate a "
            "generator that makes faces, or name another reader"
        )
    centre, components = _coordinates(neutral)
    surface, figures = _fit(
        (neutral - centre) @ components.T, goals, found, config.seed % 2**32, progress
    )
    evidence: dict[str, Any] = {
        "software": software(),
        "generator": explorer.generator.digest,
        "directions": explorer.directions.digest,
        "layers": np.flatnonzero(explorer.default_strengths).tolist(),
        "reader": reader_name,
        "config": asdict(config),
        "surface": figures,
    }
    whole = {"centre": centre, "components": components, "reach": config.reach}
    whole |= {"effort": config.effort, **surface}
    unknown = Calibration(**whole, hull=np.zeros((0, 2)), evidence={})
    made = Calibration(**whole, hull=_reachable(unknown, neutral), evidence=evidence)
    fresh = range(seeds.stop, seeds.stop + config.checked)
    evidence["check"] = _check(explorer, made, pictures, reader, fresh, config, progress, keep)
    return made


def _measure(
    explorer: EmotionExplorer,
    pictures: PictureReader,
    reader: Reading,
    seeds: Sequence[int],
    config: CalibrationConfig,
    progress: Progress,
    keep: ArrayCache,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Neutral latents (F, W), moves (F, M, 2) and what was read in their pictures (F, M, 2)."""
    neutral, goals, found = [], [], []
    for seed in progress(seeds, "move and read faces", len(seeds)):
        start = explorer.latent(seed, config.truncation)
        neutral.append(explorer.neutral_mean(start)[0])
        goals.append(_draw_moves(seed, config))
        w = np.repeat(start, config.moves, axis=0)
        moved = explorer.move_latent(w, *goals[-1].T)
        found.append(read_cached(pictures, moved, {"read": reader}, f"moved-{seed}", keep)["read"])
    return np.stack(neutral), np.stack(goals), np.stack(found)


def _draw_moves(seed: int, config: CalibrationConfig) -> np.ndarray:
    """Points drawn evenly from the disc of radius `reach`, (M, 2)."""
    rng = np.random.default_rng([seed, 0xCA1])
    angle = rng.uniform(0, 2 * np.pi, config.moves)
    radius = config.reach * np.sqrt(rng.uniform(0, 1, config.moves))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def _coordinates(neutral: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (W,) and components (K, W) that turn latents into coordinates of unit spread."""
    centre = neutral.mean(0)
    _, values, vectors = np.linalg.svd(neutral - centre, full_matrices=False)
    spread = values / np.sqrt(max(len(neutral) - 1, 1))
    count = min(_MOST_COORDINATES, len(neutral) // 5, int((spread > 1e-6 * spread[0]).sum()))
    return centre, vectors[:count] / spread[:count, None]


def _fit(
    z: np.ndarray, goals: np.ndarray, found: np.ndarray, seed: int, progress: Progress
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The surface's arrays, and how well it holds for faces left out.

    Args:
        z: (F, K) coordinates; goals, found: (F, M, 2) moves, and what was read.
    """
    count, moves = goals.shape[:2]
    faces = np.repeat(z * _FACE_SCALE, moves, axis=0)
    x = np.concatenate([goals.reshape(-1, 2) * _MOVE_SCALE, faces], 1)
    y, people = found.reshape(-1, 2), np.repeat(np.arange(count), moves)
    seen = np.isfinite(y).all(1)
    x, y, people = x[seen], y[seen], people[seen]
    fold = assign_folds(len(x), _FOLDS, people, seed)
    guesses = {penalty: np.empty_like(y) for penalty in _PENALTIES}
    plan = [(number, penalty) for number in range(fold.max() + 1) for penalty in _PENALTIES]
    for number, penalty in progress(plan, "fit the surface", len(plan)):
        network = _network(x[fold != number], y[fold != number], penalty, seed)
        guesses[penalty][fold == number] = network.predict(x[fold == number])
    errors = {penalty: ((guess - y) ** 2).mean() for penalty, guess in guesses.items()}
    best = min(errors, key=lambda penalty: errors[penalty])
    left_out = ((guesses[best] - y) ** 2).mean(0)
    figures = {
        "penalty": best,
        "pictures": len(x),
        "coordinates": z.shape[1],
        "r2": dict(zip(TARGETS, plain(1 - left_out / y.var(0)), strict=True)),
        "rmse": dict(zip(TARGETS, plain(np.sqrt(left_out)), strict=True)),
    }
    network = _network(x, y, best, seed)
    (first, out), (bias, level) = network.coefs_, network.intercepts_
    arrays = {
        "by_move": first[:2] * _MOVE_SCALE,
        "by_face": first[2:] * _FACE_SCALE,
        "bias": bias,
        "out": out,
        "level": level,
    }
    return arrays, figures


def _network(x: np.ndarray, y: np.ndarray, penalty: float, seed: int) -> Any:
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


def _reachable(surface: Calibration, neutral: np.ndarray) -> np.ndarray:
    """Corners (M, 2) around the requests that most faces come near to."""
    ticks = np.linspace(-1, 1, _HULL_SIDE)
    wanted = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    ticks = np.linspace(-surface.reach, surface.reach, _HULL_MOVES)
    moves = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    moves = moves[(moves**2).sum(1) <= surface.reach**2]
    faces = neutral[:_HULL_FACES]
    reached = np.zeros(len(wanted))
    for face in faces:
        shown = np.clip(surface.read(face[None], moves), -1, 1)
        missed = ((wanted[:, None] - shown[None]) ** 2).sum(2).min(1)
        reached += missed <= NEAR**2
    corners = label_hull(wanted[reached >= _MOST * len(faces)])
    return np.array(corners if corners else np.zeros((0, 2)), np.float64)


def _check(
    explorer: EmotionExplorer,
    made: Calibration,
    pictures: PictureReader,
    reader: Reading,
    seeds: Sequence[int],
    config: CalibrationConfig,
    progress: Progress,
    keep: ArrayCache,
) -> dict[str, Any]:
    """Concordance of requests with readings on fresh faces, with and without the calibration."""
    angles = np.arange(_CHECK_ANGLES) * 2 * np.pi / _CHECK_ANGLES
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    wanted = np.concatenate([radius * ring for radius in _CHECK_RADII])
    found: dict[str, list[np.ndarray]] = {"before": [], "after": []}
    for seed in progress(seeds, "check on fresh faces", len(seeds)):
        w = np.repeat(explorer.latent(seed, config.truncation), len(wanted), axis=0)
        goals, _ = made.solve(explorer.neutral_mean(w), wanted)
        for name, aim in (("before", wanted), ("after", goals)):
            moved = explorer.move_latent(w, *aim.T)
            cached_as = f"{name}-{made.digest[:16]}-{seed}"  # another surface aims elsewhere
            read = read_cached(pictures, moved, {"read": reader}, cached_as, keep)["read"]
            found[name].append(read)
    goal = np.tile(wanted, (len(seeds), 1))
    return {
        "faces": len(seeds),
        "requests": len(wanted),
        **{name: _concordance(goal, np.concatenate(read)) for name, read in found.items()},
    }


def _concordance(wanted: np.ndarray, read: np.ndarray) -> dict[str, Any]:
    seen = np.isfinite(read).all(1)
    return dict(zip(TARGETS, plain(ccc(wanted[seen], read[seen])), strict=True))
