"""The faces of a training: those it is fitted to, those held out of it, and what they weigh."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from faces.sets import FaceSet
from vae.config import TrainConfig
from vae.training.batches import loss_weights, split_holdout, steps_per_epoch


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Row numbers of a face set's training split, and its numbers.

    Attributes:
        fitted, holdout: rows to train on, and rows that choose the best epoch.
        batch_size, steps: of an epoch.
        labels: (N, 2) valence and arousal of the whole set, NaN where there is none.
        label_variance: (2,) of the fitted rows.
        weights: (N,) float32, of each face's loss.
    """

    fitted: np.ndarray
    holdout: np.ndarray
    batch_size: int
    steps: int
    labels: np.ndarray
    label_variance: Tensor
    weights: np.ndarray


def choose_rows(faces: FaceSet, config: TrainConfig, device: torch.device) -> TrainingRows:
    """Split the training rows; the label variance lies on `device`.

    Raises:
        CircumplexError: too few faces, or none with the labels that the guide needs.
    """
    rows = faces.rows("train")
    if len(rows) < 2:
        raise CircumplexError(
            f"{faces.folder} has {len(rows)} training face(s); at least 2 are needed"
        )
    people = faces.manifest(["identity"])["identity"].iloc[rows]
    known = people.to_numpy(object) if people.notna().any() else None
    fitted, holdout = split_holdout(rows, config.dev_share, config.seed, known)
    labels = faces.labels(np.arange(len(faces)))
    if config.guide and np.isnan(labels[fitted]).all(axis=0).any():
        raise CircumplexError(
            f"{faces.folder} has no valence and arousal labels to guide with; "
            "use --guide 0 for the plain β-VAE"
        )
    batch_size = min(config.batch_size, len(fitted))
    return TrainingRows(
        fitted=fitted,
        holdout=holdout,
        batch_size=batch_size,
        steps=steps_per_epoch(len(fitted), batch_size),
        labels=labels,
        label_variance=_variances(labels[fitted]).to(device),
        weights=loss_weights(faces, fitted, config.class_balance),
    )


def _variances(labels: np.ndarray) -> Tensor:
    """Variance of each label over the known ones, (2,); 1 where none is known or all are equal."""
    known = [column[~np.isnan(column)] for column in labels.T]
    variances = [float(values.var()) if len(values) else 1.0 for values in known]
    return torch.tensor([value or 1.0 for value in variances])
