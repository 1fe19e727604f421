"""Whether a training learned to reconstruct, measured against what needs no learning.

A network that reconstructs faces no better than the mean face does looks finished and is of no use.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.checkpoint import Run
from vae.codes import to_tensor, to_uint8
from vae.model import BetaVAE

_BATCH = 256
_SURE, _LEAST = 2.0, 0.01  # standard errors, and share of the error, that count as better


@torch.inference_mode()
def judge_reconstruction(
    model: BetaVAE,
    faces: FaceSet,
    fitted: np.ndarray,
    held_out: np.ndarray,
    progress: Progress = silent,
    other: FaceSet | None = None,
) -> dict[str, Any]:
    """Reconstructions from the mean code beside the mean face, on faces not fitted to.

    Args:
        fitted: rows whose mean is the mean face; held_out: rows to reconstruct.
        other: the set that `held_out` counts in, where it is not `faces`.

    Returns:
        `mse` and `mean_face_mse` on the image range [-1, 1], `faces`, and `learned`: whether the
        error is smaller by more than a hundredth and two standard errors, face by face.
    """
    device = model.posterior_mean.device
    mean = _mean_face(faces, fitted).to(device)
    ours, theirs = [], []
    starts = range(0, len(held_out), _BATCH)
    for start in progress(starts, "judge", len(starts)):
        images = to_tensor((other or faces).read(held_out[start : start + _BATCH])).to(device)
        output = model.decode(model.encode(images)[0]).float()
        ours.append((output - images).square().flatten(1).mean(1).double().cpu().numpy())
        theirs.append((mean - images).square().flatten(1).mean(1).double().cpu().numpy())
    error, baseline = np.concatenate(ours), np.concatenate(theirs)
    gain = baseline - error
    unsure = gain.std(ddof=1) / math.sqrt(len(gain)) if len(gain) > 1 else 0.0
    return {
        "mse": float(error.mean()),
        "mean_face_mse": float(baseline.mean()),
        "faces": len(gain),
        "learned": bool(gain.mean() > max(_SURE * unsure, _LEAST * baseline.mean())),
    }


def reconstruction_problems(reconstruction: Mapping[str, Any]) -> list[str]:
    """What is wrong with a run, a sentence each; none for one that learned.

    Args:
        reconstruction: of `judge_reconstruction`.
    """
    if reconstruction["learned"]:
        return []
    return [
        "this run learned nothing: its reconstruction of held-out faces (MSE "
        f"{reconstruction['mse']:.4f}) is no better than the mean face "
        f"({reconstruction['mean_face_mse']:.4f}); train on more faces or for more epochs"
    ]


def reconstruct(
    run: Run, faces: FaceSet, test: FaceSet | None = None, most: int = 10
) -> np.ndarray:
    """Unseen faces above their reconstructions from the mean code, (2, n, S, S, 3) uint8 RGB.

    Args:
        test: shown where `faces` has no split that is held out.
        most: faces shown, the first of the split.
    """
    held = next((s for s in ("val", "test") if len(faces.rows(s)) > 1), None)
    shown = faces if held or test is None else test
    rows = shown.rows(held) if held else np.arange(len(shown))
    images = to_tensor(shown.read(rows[:most])).to(run.model.posterior_mean.device)
    with torch.inference_mode():
        output = run.model.decode(run.model.encode(images)[0])
    return np.stack([to_uint8(images), to_uint8(output)])


def _mean_face(faces: FaceSet, rows: np.ndarray) -> torch.Tensor:
    """C×S×S in [-1, 1]."""
    total = np.zeros((faces.channels, faces.size, faces.size))
    for start in range(0, len(rows), _BATCH):
        total += faces.read(rows[start : start + _BATCH]).sum(0, dtype=np.float64)
    return torch.from_numpy(total / len(rows) / 127.5 - 1).float()
