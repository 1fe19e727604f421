"""What an editor is worth, on fresh faces: what is shown of requests, and what else changes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from gan_bridge.editing.editor_faces import EditedFaces, FaceViewer
from gan_bridge.editing.explorer import EmotionExplorer
from gan_bridge.editing.face_senses import Senses
from vae.probing.evidence import TARGETS
from vae.probing.metrics import ccc

_ANGLES, _RADII = 12, (0.4, 0.8)
_AT_ONCE = 12


@dataclass(frozen=True)
class _Checked:
    """Over all faces and requests: readings (N, 2), distance of embeddings from the same face at
    neutral (N,), and what else changed from there, (N, 4): probability of female, years, pitch in
    degrees, mean luminance in levels."""

    readings: np.ndarray
    distance: np.ndarray
    changes: np.ndarray


def check_requests(
    explorers: dict[str, EmotionExplorer],
    viewer: FaceViewer,
    faces: EditedFaces,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Requests on two rings, by each explorer: concordance with what is read in the picture by the
    bundled pixel reader (which trains editors), and what else changes, in the mean.

    Args:
        explorers: by name, all of one generator.
    """
    angles = np.arange(_ANGLES) * 2 * np.pi / _ANGLES
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    targets = np.concatenate([radius * ring for radius in _RADII])
    report: dict[str, Any] = {"faces": len(faces.w), "requests": len(targets)}
    for name, explorer in explorers.items():
        found = _check(explorer, viewer, faces, targets, progress)
        requested = np.tile(targets, (len(faces.w), 1))
        concordance = ccc(requested, found.readings)
        years, pitch, light = np.abs(found.changes[:, 1:]).mean(0)
        report[name] = {
            **dict(zip(TARGETS, plain(concordance), strict=True)),
            "identity_distance": float(found.distance.mean()),
            "sex_changed": float((np.abs(found.changes[:, 0]) > 0.5).mean()),
            "years": float(years),
            "pitch_deg": float(pitch),
            "light_levels": float(light),
        }
    return report


@torch.no_grad()
def _check(
    explorer: EmotionExplorer,
    viewer: FaceViewer,
    faces: EditedFaces,
    targets: np.ndarray,
    progress: Progress,
) -> _Checked:
    parts: list[tuple[np.ndarray, ...]] = []
    for row in progress(range(len(faces.w)), "check on fresh faces", len(faces.w)):
        w = faces.w[row : row + 1].numpy()
        crop = None if faces.crops is None else faces.crops[row]
        neutral = _see(explorer, viewer, w, crop, np.zeros((1, 2)))
        edited = _see(explorer, viewer, w, crop, targets)
        distance = (edited.embedding - neutral.embedding).norm(dim=1)
        changes = [
            edited.female - neutral.female,
            edited.age - neutral.age,
            edited.pitch - neutral.pitch,
            edited.light[:, 0] - neutral.light[:, 0],
        ]
        parts.append((edited.affect[0].numpy(), distance.numpy(), torch.stack(changes, 1).numpy()))
    readings, distance_all, changes_all = (
        np.concatenate([part[k] for part in parts]) for k in range(3)
    )
    return _Checked(readings, distance_all, changes_all)


def _see(
    explorer: EmotionExplorer,
    viewer: FaceViewer,
    w: np.ndarray,
    crop: np.ndarray | None,
    targets: np.ndarray,
) -> Senses:
    moved = explorer.move(np.repeat(w, len(targets), axis=0), *targets.T)
    parts = [viewer.see(part, crop) for part in torch.from_numpy(moved).split(_AT_ONCE)]
    return Senses.joined(parts)
