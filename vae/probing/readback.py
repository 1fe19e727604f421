"""How much of a request a run shows in its pictures, read by its own encoder.

After a move the probes read the request in the code, by construction. Whether the decoder draws it
is another matter: here the picture is decoded, encoded anew and read. It is the model judging
itself; readers of another kind have to confirm it.
"""

from typing import Any

import numpy as np
import torch

from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from vae.checkpoint import Run
from vae.codes import to_tensor, to_uint8
from vae.config import DEFAULT_TRUNCATION
from vae.probing.coded import TARGETS
from vae.probing.directions import Directions
from vae.probing.metrics import ccc, pearson, rmse


@torch.inference_mode()
def read_back(
    run: Run,
    directions: Directions,
    faces: int = 32,
    side: int = 5,
    reach: float = 0.8,
    truncation: float = DEFAULT_TRUNCATION,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Requested against read valence and arousal over a grid of requests for sampled faces.

    Args:
        faces: draws from the aggregate posterior, scaled by `truncation` about its mean.
        side, reach: side² requests on [-reach, reach]².

    Returns:
        `faces, points, reach, truncation` and for each target `ccc, rmse, pearson` and `slope`,
        the reading's rise for a request raised by 1.
    """
    directions.check_model(run.digest)
    mean = run.model.posterior_mean.double().cpu().numpy()
    factor = run.model.posterior_factor.double().cpu().numpy()
    noise = np.random.default_rng(seed).standard_normal((faces, len(mean)))
    codes = mean + truncation * noise @ factor.T
    ticks = np.linspace(-reach, reach, side)
    targets = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    readings = [
        directions.predict(_encode_again(run, directions.move(codes, valence, arousal)))
        for valence, arousal in progress(targets, "read back", len(targets))
    ]
    requested, read = np.repeat(targets, faces, axis=0), np.concatenate(readings)
    settings = {"faces": faces, "points": len(targets), "reach": reach, "truncation": truncation}
    return settings | {
        name: _agreement(requested[:, k], read[:, k]) for k, name in enumerate(TARGETS)
    }


def _encode_again(run: Run, codes: np.ndarray) -> np.ndarray:
    """The mean codes (N, D) float64 of the pictures, in 256 levels, that codes (N, D) decode to."""
    device = run.model.posterior_mean.device
    z = torch.from_numpy(codes.astype(np.float32)).to(device)
    pictures = to_uint8(run.model.decode(z))
    levels = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)[:, : run.config.channels])
    return run.model.encode(to_tensor(levels).to(device))[0].double().cpu().numpy()


def _agreement(requested: np.ndarray, read: np.ndarray) -> dict[str, Any]:
    scores = {
        "ccc": ccc(requested, read),
        "rmse": rmse(requested, read),
        "pearson": pearson(requested, read),
        "slope": np.polyfit(requested, read, 1)[0],
    }
    return {name: plain(value) for name, value in scores.items()}
