"""One training of a β-VAE, from the first step to the finished run."""

import contextlib
import copy
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from faces.ground.errors import CircumplexError
from faces.ground.json_values import plain
from faces.ground.progress import Progress
from faces.ground.provenance import software
from faces.sets import FaceSet
from faces.sets.training_faces import TrainingFaces
from vae.checkpoint import Run, config_digest, save_run
from vae.codes import check_shape, to_tensor
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE
from vae.posterior import fit_posterior
from vae.training.augmentation import augment
from vae.training.batches import (
    epoch_order,
    loss_weights,
    split_dev,
    step_generator,
    steps_per_epoch,
)
from vae.training.journal import Journal
from vae.training.losses import guidance_loss, latent_loss, reconstruction_loss
from vae.training.refinement import freeze_encoder, refine_terms
from vae.training.scores import dev_figures
from vae.training.state import Position, load_state, save_state

#: The cosine schedule ends at this share of the peak learning rate.
_LAST_RATE = 0.01
_FIGURES = ("loss", "reconstruction", "latent", "guidance")

Report = Callable[[dict[str, float]], None]


class Trainer:
    """The networks, the optimizer and the rows of one training; `run` is its life."""

    def __init__(
        self,
        accelerator: Accelerator,
        faces: FaceSet,
        folder: Path,
        model_config: VAEConfig,
        config: TrainConfig,
        refine: Run | None,
    ) -> None:
        self.accelerator, self.faces, self.folder, self.config = accelerator, faces, folder, config
        self.refine = refine
        begun = faces.identity if refine is None else f"{faces.identity} {refine.digest}"
        self.name = config_digest(model_config, config, begun)
        self._choose_rows()
        torch.manual_seed(config.seed)
        model = BetaVAE(model_config).to(accelerator.device)
        check_shape(model, faces)
        if refine is not None:
            self._start_from(model, refine)
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        # on CPUs the statistics of the first process are broadcast instead: torch has no other way
        if accelerator.num_processes > 1 and accelerator.device.type == "cuda":
            model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)
        self.model, self.optimizer = accelerator.prepare(model, _optimizer(model, config))
        self.bare_model: BetaVAE = accelerator.unwrap_model(self.model)
        self.sums = torch.zeros(len(_FIGURES), dtype=torch.float64, device=accelerator.device)
        self.best: dict[str, Tensor] = {}

    def _start_from(self, model: BetaVAE, run: Run) -> None:
        if run.config != model.config or not run.training.guide:
            raise CircumplexError(
                f"{run.folder} has --guide 0 or another network; refine a guided run"
            )
        if self.accelerator.num_processes > 1:
            raise CircumplexError("a decoder is refined in one process; start it without launcher")
        model.load_state_dict(run.model.state_dict())
        freeze_encoder(model)

    def _choose_rows(self) -> None:
        rows = self.faces.rows("train")
        if len(rows) < 2:
            raise CircumplexError(
                f"{self.faces.folder} has {len(rows)} training face(s); at least 2 are needed"
            )
        people = self.faces.manifest(["identity"])["identity"].iloc[rows]
        self.rows, self.dev_rows = split_dev(
            rows,
            self.config.dev_share,
            self.config.seed,
            people.to_numpy(object) if people.notna().any() else None,
        )
        self.batch_size = min(self.config.batch_size, len(self.rows))
        self.steps = steps_per_epoch(len(self.rows), self.batch_size)
        self.labels = self.faces.labels(np.arange(len(self.faces)))
        labels = self.labels[self.rows]
        if self.config.guide and np.isnan(labels).all(axis=0).any():
            raise CircumplexError(
                f"{self.faces.folder} has no valence and arousal labels to guide with; "
                "use --guide 0 for the plain β-VAE"
            )
        self.label_variance = _variances(labels).to(self.accelerator.device)
        self.weights = loss_weights(self.faces, self.rows, self.config.class_balance)

    def run(self, resume: bool, progress: Progress, report: Report) -> None:
        position = Position(sums=[0.0] * len(_FIGURES))
        if resume:
            position, self.best = load_state(
                self.folder, self.name, self.bare_model, self.average, self.optimizer
            )
            self.sums.copy_(torch.tensor(position.sums, dtype=torch.float64))
        is_main = self.accelerator.is_main_process
        journal = Journal(self.folder, position.history) if is_main else None
        left = (self.config.epochs - position.epoch) * self.steps - position.step
        with contextlib.closing(journal) if journal else contextlib.nullcontext():
            for epoch, step in progress(self._plan(position), "train", left):
                self._step(epoch, step)
                position.epoch, position.step = epoch, step + 1
                if position.step == self.steps:
                    self._end_epoch(position, journal, report)
                if is_main and (epoch * self.steps + step + 1) % self.config.checkpoint_steps == 0:
                    self._checkpoint(position)
            if is_main:
                self._finish(position, progress)

    def _plan(self, position: Position) -> Iterator[tuple[int, int]]:
        """The steps still to take; asked again after each, so that it sees an early stop."""
        while position.epoch < self.config.epochs and not self._patience_is_out(position):
            self.order = epoch_order(self.rows, self.config.seed, position.epoch)
            first = position.step
            for step in range(first, self.steps):
                yield position.epoch, step

    def _patience_is_out(self, position: Position) -> bool:
        waited = position.epoch - position.best_epoch
        return 0 < self.config.patience <= waited

    def _step(self, epoch: int, step: int) -> None:
        done, accelerator = epoch * self.steps + step, self.accelerator
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._rate(done)
        rows = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        rows = rows[accelerator.process_index :: accelerator.num_processes]
        generator = step_generator(self.config.seed, epoch, step, accelerator.process_index)
        images = to_tensor(self.faces.read(rows)).to(accelerator.device)
        inputs, targets = augment(images, generator) if self.config.augment else (images, images)
        noise = torch.randn(len(rows), self.bare_model.config.latent_dim, generator=generator)
        noise = noise.to(accelerator.device)
        if self.refine is None:
            terms = self._terms(inputs, targets, noise, rows, self._risen(done))
        else:
            terms = self._refine_terms(inputs, targets, noise, generator)
        weights = torch.from_numpy(self.weights[rows]).to(accelerator.device)
        figures = torch.stack([(term * weights).mean() for term in terms])
        accelerator.backward(figures[0] / targets[0].numel())
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        self._follow(done)
        self.sums += figures.detach().double()

    def _terms(
        self, inputs: Tensor, targets: Tensor, noise: Tensor, rows: np.ndarray, risen: float
    ) -> tuple[Tensor, ...]:
        output, mean, log_variance, affect = self.model(inputs, noise)
        mean, log_variance = mean.float(), log_variance.float()
        reconstruction = reconstruction_loss(output, targets, self.config.sigma)
        latent = latent_loss(self.config, mean, log_variance, noise, risen, len(self.rows))
        labels = torch.from_numpy(self.labels[rows]).to(mean.device)
        guidance = self.config.guide * guidance_loss(affect, labels, self.label_variance)
        return reconstruction + latent + guidance, reconstruction, latent, guidance

    def _refine_terms(
        self, inputs: Tensor, targets: Tensor, noise: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        with self.accelerator.autocast():
            return refine_terms(
                self.bare_model,
                self.config,
                inputs,
                targets,
                noise,
                self.label_variance,
                generator,
            )

    def _rate(self, done: int) -> float:
        total = self.config.epochs * self.steps
        cosine = 0.5 * (1 + math.cos(math.pi * done / total))
        # a short training would end before it had warmed up, with a nearly blank decoder
        warmup = min(self.config.warmup_steps, total // 4)
        warm = min(1.0, (done + 1) / max(1, warmup))
        return warm * (_LAST_RATE + (1 - _LAST_RATE) * cosine)

    def _risen(self, done: int) -> float:
        rise = self.config.beta_warmup * self.config.epochs * self.steps
        return min(1.0, done / rise) if rise else 1.0

    @torch.no_grad()
    def _follow(self, done: int) -> None:
        """Move the average towards the model; faster at first, when the average is the start."""
        decay = min(self.config.ema_decay, (1 + done) / (10 + done))
        current = self.bare_model.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])

    def _end_epoch(self, position: Position, journal: Journal | None, report: Report) -> None:
        with self.accelerator.autocast():
            figures, sheet = dev_figures(
                self.average,
                self.faces,
                self.dev_rows,
                self.labels[self.dev_rows],
                self.config,
                self.label_variance,
            )
        means = (self.accelerator.reduce(self.sums, "mean") / self.steps).tolist()
        self.sums.zero_()
        position.epoch, position.step = position.epoch + 1, 0
        row = {"epoch": position.epoch}
        row |= {f"train_{name}": value for name, value in zip(_FIGURES, means, strict=True)}
        row |= {f"dev_{name}": value for name, value in figures.items()}
        position.history.append(row)
        if not math.isfinite(means[0]) or not math.isfinite(figures["loss"]):
            raise CircumplexError(
                f"the loss became {means[0]} in epoch {position.epoch}; lower --learning-rate"
            )
        # the dev loss does not see what a refinement is for: its last epoch is kept
        if figures["loss"] < position.best or self.refine is not None:
            position.best, position.best_epoch = figures["loss"], position.epoch
            self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        if journal:
            journal.epoch(position.history)
            journal.preview(position.epoch, *sheet)
        report(row)

    def _checkpoint(self, position: Position) -> None:
        position.sums = self.sums.tolist()
        save_state(
            self.folder,
            self.name,
            position,
            self.bare_model,
            self.average,
            self.best,
            self.optimizer,
        )

    def _finish(self, position: Position, progress: Progress) -> None:
        """Keep the best epoch's weights, with the Gaussian that its codes follow."""
        self._checkpoint(position)
        self.average.load_state_dict(self.best)
        fit_posterior(self.average, self.faces, self.rows, progress)
        training = self.faces.manifest(["digest"])["digest"].iloc[self.faces.rows("train")]
        TrainingFaces.of(training).save(self.folder)
        save_run(self.folder, self.average, self.config, self._provenance(position))

    def _provenance(self, position: Position) -> dict[str, Any]:
        figures = position.history[position.best_epoch - 1]
        provenance = {
            "software": software(),
            "faces": self.faces.identity,
            "faces_settings": self.faces.info.get("settings", {}),
            "training_faces": len(self.rows),
            "epoch": position.best_epoch,
            "dev": {name: plain(value) for name, value in figures.items()},
        }
        if self.refine is not None:
            provenance["base"] = {
                "digest": self.refine.digest,
                "training": json.loads(self.refine.training.to_json()),
                "provenance": self.refine.provenance,
            }
        return provenance


def _optimizer(model: BetaVAE, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW that decays matrices and kernels, not biases and norms."""
    trained = [value for value in model.parameters() if value.requires_grad]
    decayed = [value for value in trained if value.ndim > 1]
    plain = [value for value in trained if value.ndim <= 1]
    groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        groups,
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        betas=(0.9, 0.99),
        fused=True,
    )


def _variances(labels: np.ndarray) -> Tensor:
    """Variance of each label over the known ones, (2,); 1 where none is known or all are equal."""
    known = [column[~np.isnan(column)] for column in labels.T]
    variances = [float(values.var()) if len(values) else 1.0 for values in known]
    return torch.tensor([value or 1.0 for value in variances])
