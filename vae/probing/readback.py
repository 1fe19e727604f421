"""How much of a request a run shows in its pictures, read by its own encoder.

After a move the probes read the request in the code, by construction. Whether the decoder draws it
is another matter: here the picture is made, encoded anew and read. It is the model judging itself;
readers of another kind have to confirm it.
"""

from typing import Any

import numpy as np
import torch

from faces.ground.json_values import plain
from faces.ground.progress import Progress, silent
from vae.checkpoint import Run
from vae.codes import to_tensor, to_uint8
from vae.config import DEFAULT_TRUNCATION
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
        `faces, points, reach, truncation` and for "valence" and "arousal" each `ccc, rmse,
        pearson` and `slope`, the reading's rise for a request raised by 1.
    """
    directions.check_model(run.digest)
    mean = run.model.posterior_mean.double().cpu().numpy()
    factor = run.model.posterior_factor.double().cpu().numpy()
    noise = np.random.default_rng(seed).standard_normal((faces, len(mean)))
    codes = mean + truncation * noise @ factor.T
    ticks = np.linspace(-reach, reach, side)
    asked = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    read = []
    for valence, arousal in progress(asked, "read back", len(asked)):
        moved = torch.from_numpy(directions.move(codes, valence, arousal).astype(np.float32))
        pictures = to_uint8(run.model.decode(moved.to(run.model.posterior_mean.device)))
        levels = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)[:, : run.config.channels])
        seen = run.model.encode(to_tensor(levels).to(run.model.posterior_mean.device))[0]
        read.append(directions.predict(seen.double().cpu().numpy()))
    wanted, found = np.repeat(asked, faces, axis=0), np.concatenate(read)
    summary: dict[str, Any] = {
        "faces": faces,
        "points": len(asked),
        "reach": reach,
        "truncation": truncation,
    }
    for column, name in enumerate(("valence", "arousal")):
        x, y = wanted[:, column], found[:, column]
        scores = {"ccc": ccc(x, y), "rmse": rmse(x, y), "pearson": pearson(x, y)}
        slope = np.polyfit(x, y, 1)[0]
        summary[name] = {key: plain(value) for key, value in (scores | {"slope": slope}).items()}
    return summary
