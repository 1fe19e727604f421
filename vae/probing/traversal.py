"""Pictures along the directions of a run, for a reader to look at."""

import numpy as np
import torch

from vae.checkpoint import Run
from vae.codes import to_uint8
from vae.probing.directions import Directions


def traverse(
    run: Run,
    directions: Directions,
    values: np.ndarray,
    faces: int = 3,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Pictures along each direction, the other prediction left at its own value.

    Args:
        values: (n,) predictions to move to, such as -0.8 … 0.8.
        faces: rows: the mean face, then draws from the aggregate posterior.

    Returns:
        "valence" and "arousal", each (faces, n, S, S, 3) uint8 RGB.
    """
    directions.check_model(run.digest)
    mean = run.model.posterior_mean.double().cpu().numpy()
    factor = run.model.posterior_factor.double().cpu().numpy()
    noise = np.random.default_rng(seed).standard_normal((faces, len(mean)))
    noise[0] = 0.0
    z = mean + noise @ factor.T
    predicted = directions.predict(z)
    strips: dict[str, list[np.ndarray]] = {"valence": [], "arousal": []}
    for value in values:
        strips["valence"].append(_decode(run, directions.move(z, value, predicted[:, 1])))
        strips["arousal"].append(_decode(run, directions.move(z, predicted[:, 0], value)))
    return {name: np.stack(images, axis=1) for name, images in strips.items()}


@torch.inference_mode()
def _decode(run: Run, z: np.ndarray) -> np.ndarray:
    device = run.model.posterior_mean.device
    return to_uint8(run.model.decode(torch.from_numpy(z.astype(np.float32)).to(device)))
