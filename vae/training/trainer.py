"""One training of a β-VAE, from the first step to the finished run."""

import contextlib
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
from faces.ground.training.average import start_average, update_average, warmed_decay
from faces.ground.training.journal import Journal, write_sheet
from faces.ground.training.optimizers import decay_groups, set_learning_rate
from faces.ground.training.schedules import cosine_decay, linear_warmup
from faces.ground.training.streams import epoch_order
from faces.sets import FaceSet
from faces.sets.training_faces import TrainingFaces
from vae.checkpoint import Run, config_digest, save_run
from vae.codes import check_shape, to_tensor, to_uint8
from vae.config import TrainConfig, VAEConfig
from vae.model import BetaVAE
from vae.posterior import fit_posterior
from vae.training.augmentation import augment
from vae.training.batches import step_generator
from vae.training.greyness import shown_like, some_greyed
from vae.training.likeness import Likeness
from vae.training.losses import guidance_loss, latent_loss, reconstruction_loss
from vae.training.refinement import freeze_encoder, refine_terms
from vae.training.rows import choose_rows
from vae.training.scores import HoldoutScores, holdout_scores
from vae.training.state import Position, TrainingState
from vae.training.verdict import judge_reconstruction

#: The cosine schedule ends at this share of the peak learning rate.
_LAST_RATE = 0.01
_MOMENTUM = 0.1  # of batch statistics, torch's own
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
        self.rows = choose_rows(faces, config, accelerator.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = BetaVAE(model_config).to(accelerator.device)
        check_shape(model, faces)
        if refine is not None:
            self._start_from(model, refine)
        self.average = start_average(model)
        # on CPUs the statistics of the first process are broadcast instead: torch has no other way
        if accelerator.num_processes > 1 and accelerator.device.type == "cuda":
            model = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)
        self.model, self.optimizer = accelerator.prepare(model, _optimizer(model, config))
        self.unwrapped: BetaVAE = accelerator.unwrap_model(self.model)
        data = faces.identity if refine is None else f"{faces.identity} {refine.digest}"
        name = config_digest(model_config, config, data)
        self.state = TrainingState(folder, name, self.unwrapped, self.average, self.optimizer)
        self.sums = torch.zeros(len(_FIGURES), dtype=torch.float64, device=accelerator.device)
        self.best: dict[str, Tensor] = {}
        self.likeness: Likeness | None = None
        if config.perceptual:
            self.likeness = Likeness(faces.margin).to(accelerator.device)

    def _start_from(self, model: BetaVAE, run: Run) -> None:
        if run.config != model.config or not run.training.guide:
            raise CircumplexError(
                f"{run.folder} has --guide 0 or another network; refine a guided run"
            )
        if self.accelerator.num_processes > 1:
            raise CircumplexError("a decoder is refined in one process; start it without launcher")
        model.load_state_dict(run.model.state_dict())
        freeze_encoder(model)

    def run(self, resume: bool, progress: Progress, report: Report) -> None:
        """Take the steps that are left, and leave the finished run."""
        position = Position(sums=[0.0] * len(_FIGURES))
        if resume:
            position, self.best = self.state.load()
            self.sums.copy_(torch.tensor(position.sums, dtype=torch.float64))
        is_main, steps = self.accelerator.is_main_process, self.rows.steps
        remaining = (self.config.epochs - position.epoch) * steps - position.step
        with contextlib.ExitStack() as stack:
            journal = None
            if is_main:
                journal = stack.enter_context(Journal(self.folder, position.epoch, "epoch"))
            for epoch, step in progress(self._plan(position), "train", remaining):
                self._step(epoch, step)
                position.epoch, position.step = epoch, step + 1
                if position.step == steps:
                    self._end_epoch(position, journal, report)
                if is_main and (epoch * steps + step + 1) % self.config.checkpoint_steps == 0:
                    self._checkpoint(position)
            if is_main:
                self._finish(position, progress)

    def _plan(self, position: Position) -> Iterator[tuple[int, int]]:
        """The steps still to take; asked again after each, so that it sees an early stop."""
        while position.epoch < self.config.epochs and not self._patience_is_out(position):
            self.order = epoch_order(self.rows.fitted, self.config.seed, position.epoch)
            first = position.step
            for step in range(first, self.rows.steps):
                yield position.epoch, step

    def _patience_is_out(self, position: Position) -> bool:
        waited = position.epoch - position.best_epoch
        return 0 < self.config.patience <= waited

    def _step(self, epoch: int, step: int) -> None:
        done, accelerator = epoch * self.rows.steps + step, self.accelerator
        set_learning_rate(self.optimizer, self.config.learning_rate * self._rate_share(done))
        self._follow_batch_statistics(done)
        size = self.rows.batch_size
        rows = self.order[step * size : (step + 1) * size]
        rows = rows[accelerator.process_index :: accelerator.num_processes]
        generator = step_generator(self.config.seed, epoch, step, accelerator.process_index)
        images = to_tensor(self.faces.read(rows)).to(accelerator.device)
        inputs = targets = images
        if self.config.augment:
            inputs, targets = augment(images, generator, self.config.augment_strength)
        inputs = some_greyed(inputs, self.config.grey_inputs, generator)
        noise = torch.randn(len(rows), self.unwrapped.config.latent_dim, generator=generator)
        noise = noise.to(accelerator.device)
        if self.refine is None:
            terms = self._terms(inputs, targets, noise, rows, self._beta_share(done))
        else:
            terms = self._refine_terms(inputs, targets, noise, generator)
        weights = torch.from_numpy(self.rows.weights[rows]).to(accelerator.device)
        figures = torch.stack([(term * weights).mean() for term in terms])
        accelerator.backward(figures[0] / targets[0].numel())
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        update_average(self.average, self.unwrapped, warmed_decay(self.config.ema_decay, done))
        self.sums += figures.detach().double()

    def _terms(
        self, inputs: Tensor, targets: Tensor, noise: Tensor, rows: np.ndarray, beta_share: float
    ) -> tuple[Tensor, ...]:
        output, mean, log_variance, affect = self.model(inputs, noise)
        mean, log_variance = mean.float(), log_variance.float()
        output = shown_like(output, targets)
        reconstruction = reconstruction_loss(output, targets, self.config.sigma)
        if self.likeness is not None:
            reconstruction = reconstruction + self.config.perceptual * self.likeness(
                output, targets
            )
        faces = len(self.rows.fitted)
        latent = latent_loss(self.config, mean, log_variance, noise, beta_share, faces)
        labels = torch.from_numpy(self.rows.labels[rows]).to(mean.device)
        guidance = self.config.guide * guidance_loss(affect, labels, self.rows.label_variance)
        return reconstruction + latent + guidance, reconstruction, latent, guidance

    def _refine_terms(
        self, inputs: Tensor, targets: Tensor, noise: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        with self.accelerator.autocast():
            return refine_terms(
                self.unwrapped,
                self.config,
                inputs,
                targets,
                noise,
                self.rows.label_variance,
                generator,
            )

    def _rate_share(self, done: int) -> float:
        """The learning rate after so many steps, as a share of its peak."""
        total = self.config.epochs * self.rows.steps
        # a short training would end before it had warmed up, with a nearly blank decoder
        warmup = min(self.config.warmup_steps, total // 4)
        return linear_warmup(done + 1, warmup) * cosine_decay(done, total, _LAST_RATE)

    def _beta_share(self, done: int) -> float:
        """β, or the capacity, after so many steps, as a share of its last value."""
        return linear_warmup(done, self.config.beta_warmup * self.config.epochs * self.rows.steps)

    def _follow_batch_statistics(self, done: int) -> None:
        """Let the batch statistics of the first steps count in full: what they start from is no
        face's, and a short training would end before it had faded."""
        for layer in self.unwrapped.modules():
            if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
                layer.momentum = max(_MOMENTUM, 1 / (done + 1))

    def _end_epoch(self, position: Position, journal: Journal | None, report: Report) -> None:
        with self.accelerator.autocast():
            scores = holdout_scores(self.average, self.faces, self.rows, self.config)
        means = (self.accelerator.reduce(self.sums, "mean") / self.rows.steps).tolist()
        self.sums.zero_()
        position.epoch, position.step = position.epoch + 1, 0
        row: dict[str, float] = {"epoch": position.epoch}
        row |= {f"train_{name}": value for name, value in zip(_FIGURES, means, strict=True)}
        row |= {f"dev_{name}": value for name, value in scores.figures.items()}
        position.history.append(row)
        loss = scores.figures["loss"]
        if not math.isfinite(means[0]) or not math.isfinite(loss):
            raise CircumplexError(
                f"the loss became {means[0]} in epoch {position.epoch}; lower --learning-rate"
            )
        # that loss does not see what a refinement is for: its last epoch is the best
        if loss < position.best or self.refine is not None:
            position.best, position.best_epoch = loss, position.epoch
            self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        if journal:
            journal.record("metrics.csv", position.history)
            self._preview(position.epoch, scores)
        report(row)

    def _preview(self, epoch: int, scores: HoldoutScores) -> None:
        """Save faces above their reconstructions."""
        if columns := len(scores.faces):
            images = to_uint8(torch.cat([scores.faces, scores.reconstructions.float()]))
            write_sheet(self.folder / "previews" / f"epoch_{epoch:03d}.png", images, columns, 2)

    def _checkpoint(self, position: Position) -> None:
        position.sums = self.sums.tolist()
        self.state.save(position, self.best)

    def _finish(self, position: Position, progress: Progress) -> None:
        """Save the weights that were kept, with the Gaussian that its codes follow."""
        self._checkpoint(position)
        self.average.load_state_dict(self.best)
        fit_posterior(self.average, self.faces, self.rows.fitted, progress)
        training = self.faces.manifest(["digest"])["digest"].iloc[self.faces.rows("train")]
        TrainingFaces.of(training).save(self.folder)
        provenance = self._provenance(position)
        provenance["reconstruction"] = judge_reconstruction(
            self.average, self.faces, self.rows.fitted, self.rows.holdout
        )
        save_run(self.folder, self.average, self.config, provenance)

    def _provenance(self, position: Position) -> dict[str, Any]:
        figures = position.history[position.best_epoch - 1]
        provenance = {
            "software": software(),
            "faces": self.faces.identity,
            "faces_settings": self.faces.info.get("settings", {}),
            "training_faces": len(self.rows.fitted),
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
    return torch.optim.AdamW(
        decay_groups(model),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        betas=(0.9, 0.99),
        fused=True,
    )
