"""Measuring the response of a generator's pictures to moves, and checking what was fitted to it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from faces.ground.provenance import software
from gan_bridge.editing.calibration import Calibration
from gan_bridge.editing.calibration_config import CalibrationConfig
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.response_surface import (
    Responses,
    face_coordinates,
    fit_surface,
    reachable_hull,
)
from gan_bridge.generators.sampling import ArrayCache, PictureReader, Reading, read_cached, uncached
from vae.probing.evidence import TARGETS
from vae.probing.metrics import ccc

_FEWEST = 100
_CHECK_ANGLES, _CHECK_RADII = 12, (0.2, 0.4, 0.6, 0.8)


def calibrate(
    explorer: EmotionExplorer,
    reader: Reading,
    reader_name: str,
    config: CalibrationConfig | None = None,
    *,
    progress: Progress = silent,
    cache: ArrayCache = uncached,
) -> Calibration:
    """Measure, fit and check.

    Args:
        explorer: the generator with its directions, not calibrated itself.
        reader: valence and arousal (N, 2) of pictures, NaN where there is no face.
        reader_name: says which it is.
        cache: see `gan_bridge.generators.sampling.ResumableCache`.

    Raises:
        CircumplexError: the explorer is calibrated already, or the reader finds too few faces.
    """
    config = config or CalibrationConfig()
    if explorer.calibration is not None:
        raise CircumplexError("a calibration is measured without one; open the explorer without")
    moves = _MovedFaces(explorer, reader, config, progress, cache)
    seeds = range(config.seed, config.seed + config.faces)
    calibration = _fit(moves.measure(seeds), config, progress)
    evidence = {
        "software": software(),
        "generator": explorer.generator.digest,
        "directions": explorer.directions.digest,
        "layers": np.flatnonzero(explorer.default_strengths).tolist(),
        "reader": reader_name,
        "config": asdict(config),
        "surface": calibration.evidence,
    }
    fresh = range(seeds.stop, seeds.stop + config.checked)
    return replace(calibration, evidence=evidence | {"check": moves.check(calibration, fresh)})


def _fit(responses: Responses, config: CalibrationConfig, progress: Progress) -> Calibration:
    """The surface with what it can reach; its evidence is how well it holds for faces left out."""
    readable = np.isfinite(responses.readings).all(2)
    if readable.sum() < _FEWEST:
        raise CircumplexError(
            f"the reader finds a face in {int(readable.sum())} of {readable.size} pictures; "
            "calibrate a generator that makes faces, or name another reader"
        )
    neutral = responses.neutral
    centre, components = face_coordinates(neutral)
    z = (neutral - centre) @ components.T
    arrays, figures = fit_surface(z, responses, config.seed % 2**32, progress)
    surface = Calibration(
        centre=centre,
        components=components,
        reach=config.reach,
        effort=config.effort,
        hull=np.zeros((0, 2)),
        evidence=figures,
        **arrays,
    )
    return replace(surface, hull=reachable_hull(surface, neutral))


class _MovedFaces:
    """Faces of seeds, moved, and read in their pictures."""

    def __init__(
        self,
        explorer: EmotionExplorer,
        reader: Reading,
        config: CalibrationConfig,
        progress: Progress,
        cache: ArrayCache,
    ) -> None:
        self.explorer, self.config = explorer, config
        self.reader, self.pictures = reader, PictureReader(explorer.generator)
        self.progress, self.cache = progress, cache

    def measure(self, seeds: Sequence[int]) -> Responses:
        """Each face after `config.moves` moves."""
        neutral, latent_targets, readings = [], [], []
        for seed in self.progress(seeds, "move and read faces", len(seeds)):
            w = self.explorer.latent(seed, self.config.truncation)
            neutral.append(self.explorer.neutral_mean(w)[0])
            latent_targets.append(_draw_moves(seed, self.config))
            readings.append(self._read(w, latent_targets[-1], f"moved-{seed}"))
        return Responses(np.stack(neutral), np.stack(latent_targets), np.stack(readings))

    def check(self, calibration: Calibration, seeds: Sequence[int]) -> dict[str, Any]:
        """Concordance of targets with readings on fresh faces, without the calibration ("before")
        and with it ("after")."""
        targets = _check_targets()
        readings: dict[str, list[np.ndarray]] = {"before": [], "after": []}
        for seed in self.progress(seeds, "check on fresh faces", len(seeds)):
            w = self.explorer.latent(seed, self.config.truncation)
            neutral = self.explorer.neutral_mean(np.repeat(w, len(targets), axis=0))
            calibrated, _ = calibration.solve(neutral, targets)
            for name, latent_targets in (("before", targets), ("after", calibrated)):
                # another surface has other targets in the latent
                cached_as = f"{name}-{calibration.digest[:16]}-{seed}"
                readings[name].append(self._read(w, latent_targets, cached_as))
        requested = np.tile(targets, (len(seeds), 1))
        return {
            "faces": len(seeds),
            "requests": len(targets),
            **{name: _concordance(requested, np.concatenate(r)) for name, r in readings.items()},
        }

    def _read(self, w: np.ndarray, latent_targets: np.ndarray, name: str) -> np.ndarray:
        """What is read in the pictures of one face (1, L, W) moved to each of (M, 2): (M, 2)."""
        faces = np.repeat(w, len(latent_targets), axis=0)
        moved = self.explorer.move_latent(faces, *latent_targets.T)
        return read_cached(self.pictures, moved, {"read": self.reader}, name, self.cache)["read"]


def _draw_moves(seed: int, config: CalibrationConfig) -> np.ndarray:
    """Points drawn evenly from the disc of radius `reach`, (M, 2)."""
    rng = np.random.default_rng([seed, 0xCA1])
    angle = rng.uniform(0, 2 * np.pi, config.moves)
    radius = config.reach * np.sqrt(rng.uniform(0, 1, config.moves))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def _check_targets() -> np.ndarray:
    """Valence and arousal on rings around neutral, (N, 2)."""
    angles = np.arange(_CHECK_ANGLES) * 2 * np.pi / _CHECK_ANGLES
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    return np.concatenate([radius * ring for radius in _CHECK_RADII])


def _concordance(targets: np.ndarray, readings: np.ndarray) -> dict[str, Any]:
    readable = np.isfinite(readings).all(1)
    return dict(zip(TARGETS, plain(ccc(targets[readable], readings[readable])), strict=True))
