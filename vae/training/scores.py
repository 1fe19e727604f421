"""How well a β-VAE does on faces it was not fitted to: loss, reconstruction, guidance."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from faces.ground.progress import Progress, silent
from faces.sets import FaceSet
from vae.codes import check_shape, to_tensor
from vae.config import TrainConfig
from vae.model import BetaVAE
from vae.training.greyness import shown_like
from vae.training.losses import guidance_loss, kl_divergence, latent_loss, reconstruction_loss
from vae.training.rows import TrainingRows

_BATCH = 256


@dataclass(frozen=True)
class HoldoutScores:
    """What a model scores on the held-out rows.

    Attributes:
        figures: `loss` (the objective at full β), `psnr` (dB, from the mean code), `kl` (nats) and,
            when guided, `r2_valence` and `r2_arousal` of the linear head.
        faces, reconstructions: some of them to look at, each N×C×S×S in [-1, 1].
    """

    figures: dict[str, float]
    faces: Tensor
    reconstructions: Tensor


@torch.inference_mode()
def reconstruction_psnr(
    model: BetaVAE, faces: FaceSet, rows: np.ndarray, progress: Progress = silent
) -> float:
    """PSNR in dB, over all pixels of `rows`, of the reconstruction from the mean code."""
    check_shape(model, faces)
    error, device = 0.0, model.posterior_mean.device
    starts = range(0, len(rows), _BATCH)
    for start in progress(starts, "reconstruct", len(starts)):
        images = to_tensor(faces.read(rows[start : start + _BATCH])).to(device)
        output = model.decode(model.encode(images)[0])
        error += _squared_error(output, images).sum().item()
    return psnr(error / len(rows))


@torch.inference_mode()
def holdout_scores(
    model: BetaVAE, faces: FaceSet, rows: TrainingRows, config: TrainConfig
) -> HoldoutScores:
    """Score the model on the held-out rows of a training."""
    generator = torch.Generator().manual_seed(config.seed)
    device, holdout = model.posterior_mean.device, rows.holdout
    sums = torch.zeros(3, dtype=torch.float64)
    predicted, sheet = [], (torch.empty(0), torch.empty(0))
    for start in range(0, len(holdout), _BATCH):
        batch = holdout[start : start + _BATCH]
        images = to_tensor(faces.read(batch)).to(device)
        noise = torch.randn(len(batch), model.config.latent_dim, generator=generator).to(device)
        terms, output, affect = _batch_terms(model, images, noise, rows, batch, config)
        sums += terms
        predicted.append(affect)
        if start == 0:
            sheet = (images[: config.preview_faces], output[: config.preview_faces])
    loss, error, kl = (sums / len(holdout)).tolist()
    figures = {"loss": loss, "psnr": psnr(error), "kl": kl}
    if config.guide:
        r2 = _r2(np.concatenate(predicted), rows.labels[holdout])
        figures |= {"r2_valence": r2[0], "r2_arousal": r2[1]}
    return HoldoutScores(figures, *sheet)


def psnr(squared_error: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean squared error on the range [-1, 1]."""
    return float(10 * torch.log10(torch.tensor(4.0 / max(squared_error, 1e-12))))


def _batch_terms(
    model: BetaVAE,
    images: Tensor,
    noise: Tensor,
    rows: TrainingRows,
    batch: np.ndarray,
    config: TrainConfig,
) -> tuple[Tensor, Tensor, np.ndarray]:
    """Sums of loss, squared error and KL, (3,); reconstructions from the mean codes; affect."""
    noisy, mean, log_variance, affect = model(images, noise)
    output, mean, log_variance = model.decode(mean), mean.float(), log_variance.float()
    labels = torch.from_numpy(rows.labels[batch]).to(images.device)
    noisy = shown_like(noisy, images)
    loss = reconstruction_loss(noisy, images, config.sigma)
    loss += latent_loss(config, mean, log_variance, noise, 1.0, len(rows.holdout))
    loss += config.guide * guidance_loss(affect, labels, rows.label_variance)
    kl = kl_divergence(mean, log_variance).sum(1)
    sums = torch.stack(
        [loss.sum(), _squared_error(shown_like(output, images), images).sum(), kl.sum()]
    ).cpu()
    return sums, output, affect.float().cpu().numpy()


def _squared_error(output: Tensor, images: Tensor) -> Tensor:
    """Mean over the pixels of each face, (N,)."""
    return (output.float() - images).square().flatten(1).mean(1)


def _r2(predicted: np.ndarray, labels: np.ndarray) -> list[float]:
    """R² of each column over its known labels; NaN where fewer than two are known."""
    scores = []
    for guess, truth in zip(predicted.T, labels.T, strict=True):
        known = ~np.isnan(truth)
        spread = truth[known].var() if known.sum() > 1 else 0.0
        error = np.square(truth[known] - guess[known]).mean() if spread else np.nan
        scores.append(float(1 - error / spread) if spread else float("nan"))
    return scores
