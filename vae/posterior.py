"""The Gaussian that a β-VAE's codes follow over its training faces."""

import numpy as np
import torch

from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.codes import to_tensor
from vae.model import BetaVAE

_BATCH = 256


@torch.inference_mode()
def fit_posterior(
    model: BetaVAE, faces: FaceSet, rows: np.ndarray, progress: Progress = silent
) -> None:
    """Set the model's `posterior_mean` and `posterior_factor` from the aggregate posterior.

    Its moments are exact: mean E[μ], covariance Cov[μ] + E[diag σ²] (law of total variance).
    """
    dimension, device = model.config.latent_dim, model.posterior_mean.device
    total = torch.zeros(dimension, dtype=torch.float64)
    products = torch.zeros(dimension, dimension, dtype=torch.float64)
    variances = torch.zeros(dimension, dtype=torch.float64)
    starts = range(0, len(rows), _BATCH)
    for start in progress(starts, "posterior", len(starts)):
        images = to_tensor(faces.read(rows[start : start + _BATCH])).to(device)
        mean, log_variance = (value.double().cpu() for value in model.encode(images))
        total += mean.sum(0)
        products += mean.T @ mean
        variances += log_variance.exp().sum(0)
    mean = total / len(rows)
    covariance = products / len(rows) - torch.outer(mean, mean) + torch.diag(variances / len(rows))
    # rounding can take a collapsed unit's variance to zero or just below
    covariance += 1e-6 * torch.eye(dimension, dtype=torch.float64)
    model.posterior_mean.copy_(mean)
    model.posterior_factor.copy_(torch.linalg.cholesky(covariance))
