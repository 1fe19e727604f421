"""One training of a generator against a discriminator; `Trainer.run` is its life."""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from faces.ground.digests import bytes_digest, json_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import replacing
from faces.ground.progress import Progress
from faces.ground.provenance import software
from faces.ground.training.journal import Journal, write_sheet
from faces.ground.training.streams import EndlessOrder
from faces.sets import FaceSet
from gan_bridge.generators.stylegan import to_levels, to_pixels
from gan_bridge.networks.files import save_networks
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.curves import draw_curves
from gan_bridge.training.guide import Guide
from gan_bridge.training.guided import GuidedSteps
from gan_bridge.training.score import Features, Kid, kid
from gan_bridge.training.start import Start
from gan_bridge.training.state import Position, TrainingState
from gan_bridge.training.steps import Steps
from gan_bridge.training.streams import stream
from vae.codes import to_tensor
from vae.training.batches import split_holdout
from vae.training.greyness import grey_rows

LAST, BEST = "network.safetensors", "best.safetensors"
_PICTURES_AT_ONCE = 32
_READ_AT_ONCE = 512
#: Fewer held-out faces than this give no score worth the name.
_FEWEST_SCORED = 20

Report = Callable[[dict[str, float]], None]


class Trainer:
    """Rows, networks and files of one training; what a step does is `Steps`'s business."""

    def __init__(
        self,
        accelerator: Accelerator,
        faces: FaceSet,
        rows: np.ndarray,
        folder: Path,
        start: Start,
        config: GANTrainConfig,
        features: Features,
        guide: Guide | None = None,
    ) -> None:
        self.accelerator, self.faces, self.folder = accelerator, faces, folder
        self.config, self.features, self.origin = config, features, start.origin
        self.chosen = bytes_digest(np.ascontiguousarray(rows, "<i8").tobytes())
        self.greys = 0 if guide is None else round(guide.config.grey * config.batch_size)
        # without a guide, which alone has a use for them, grey faces are pictures like others
        rows, grey = _part_grey(faces, rows) if self.greys else (rows, rows[:0])
        self.rows, self.holdout = self._split(rows)
        self.guided_by = None if guide is None else guide.described
        if guide is None:
            self.steps = Steps(accelerator, start, config)
        else:
            self.steps = GuidedSteps(accelerator, start, config, guide)
        self.order = EndlessOrder(self.rows, config.seed)
        self.grey_order = EndlessOrder(grey, config.seed + 1) if len(grey) else None
        trained = self.steps.networks | self.steps.auxiliary
        self.state = TrainingState(folder, self._name(start), trained, self.steps.optimizers)

    def _split(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if len(rows) < 2:
            raise CircumplexError(
                f"{self.faces.folder}: {len(rows)} face(s) to train on; at least 2 are needed"
            )
        people = self.faces.manifest(["identity"])["identity"].iloc[rows]
        names = people.to_numpy(object) if people.notna().any() else None
        share = min(self.config.dev_share, self.config.score_faces / len(rows))
        if share == 0:
            return rows, rows[:0]
        return split_holdout(rows, share, self.config.seed, names)

    def _name(self, start: Start) -> str:
        """Names the training: settings, networks, where they come from, faces."""
        parts = [
            self.config.lasting(),
            start.generator.config.to_json(),
            start.discriminator.config.to_json(),
            start.origin,
            self.faces.identity,
            self.chosen,
            self.features.name,
            self.guided_by,
            software(),
        ]
        return json_digest(parts)

    def run(self, resume: bool, progress: Progress, report: Report) -> Position:
        """Take the steps that are left; the same call after a kill goes on from the last state."""
        position = Position(p=self.config.augment_p)
        if resume:
            position, measured = self.state.load()
            self.steps.restore(position, measured)
        is_main, device = self.accelerator.is_main_process, self.accelerator.device
        if is_main and not resume:
            first = self._real(self.rows[: self.config.sheet_side**2])
            self._sheet("real", to_pixels(first))
        remaining = range(position.step, self.config.steps)
        with contextlib.ExitStack() as stack:
            journal = None
            if is_main:
                journal = stack.enter_context(Journal(self.folder, position.step))
            # noise inside StyleGAN2 comes from the global stream
            stack.enter_context(torch.random.fork_rng([device] if device.type == "cuda" else []))
            for step in progress(remaining, "fine-tune", len(remaining)):
                real = self._batch(step, self.order, self.config.batch_size, "mirror")
                grey = None
                if self.grey_order:
                    grey = self._batch(step, self.grey_order, self.greys, "mirror of grey")
                self.steps.take(step, real, position, grey)
                position.step = step + 1
                self._after(position, journal, report, progress)
        return position

    def _batch(self, step: int, order: EndlessOrder, size: int, purpose: str) -> Tensor:
        """This process's share of the step's faces, float in [-1, 1], on the device."""
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        images = self._real(order.batch(step * size, size)[rank::processes])
        if self.config.mirror:
            random = stream(self.config.seed, purpose, step, rank)
            mirrored = torch.rand(len(images), 1, 1, 1, generator=random) < 0.5
            images = torch.where(mirrored, images.flip(3), images)
        return images.to(self.accelerator.device)

    def _real(self, rows: np.ndarray) -> Tensor:
        return to_tensor(self.faces.read(rows))

    def _after(
        self, position: Position, journal: Journal | None, report: Report, progress: Progress
    ) -> None:
        """Rows, snapshots and states that are due after a step."""
        config, done = self.config, position.step

        def due(interval: int) -> bool:
            return done % interval == 0 or done == config.steps

        if due(config.log_steps):
            position.rows.append(self.steps.row(position))
            _check(position.rows[-1].values(), done)
            if journal:
                journal.record("metrics.csv", position.rows, "train")
                report(position.rows[-1])
        if due(config.snapshot_steps):
            if journal:
                self._snapshot(position, journal, progress)
            self.accelerator.wait_for_everyone()
        if due(config.checkpoint_steps):
            self.steps.note(position)
            _check((total for total, _ in position.sums), done)
            if journal:
                self.state.save(position, self.steps.measured)

    def _snapshot(self, position: Position, journal: Journal, progress: Progress) -> None:
        """Networks, sample sheet, score and curves."""
        z = self._latents("sheet", self.config.sheet_side**2)
        samples = [to_pixels(part) for part in self._synthesize(z)]
        self._sheet(f"step_{position.step:07d}", np.concatenate(samples))
        score = self._score(progress)
        provenance = self._provenance(position, score)
        networks = self.steps.networks
        save_networks(self.folder / LAST, networks, provenance)
        if score is not None:
            row = {"step": position.step, "kid": score.value, "kid_error": score.error}
            position.scores.append(row)
            journal.record("scores.csv", position.scores, "score")
            if position.best is None or score.value < position.best:
                position.best = score.value
                save_networks(self.folder / BEST, networks, provenance)
        if position.rows:
            with replacing(self.folder / "curves.png") as partial:
                draw_curves(partial, position.rows, position.scores)

    def _sheet(self, name: str, images: np.ndarray) -> None:
        """Save uint8 pictures (N, H, W, 3) as a square sheet."""
        side = self.config.sheet_side
        write_sheet(self.folder / "sheets" / f"{name}.png", images, side, side)

    def _latents(self, purpose: str, count: int) -> Tensor:
        """The same z (count, z_dim) at every snapshot."""
        width = self.steps.average.config.z_dim
        return torch.randn(count, width, generator=stream(self.config.seed, purpose))

    @torch.no_grad()
    def _synthesize(self, z: Tensor) -> Iterator[Tensor]:
        """Pictures of the moving average, some at a time, on the CPU."""
        average = self.steps.average
        for part in z.split(_PICTURES_AT_ONCE):
            ws = average.mapping(part.to(self.accelerator.device))
            yield average.synthesis(ws, dtype=self.steps.dtype).float().cpu()

    def _score(self, progress: Progress) -> Kid | None:
        """KID of the moving average against the held-out faces."""
        count = min(self.config.score_faces, len(self.holdout))
        if count < _FEWEST_SCORED:
            return None
        real = self.features(self._real(self.holdout[:count]))
        z = self._latents("score", count)
        parts = progress(self._synthesize(z), "score", math.ceil(count / _PICTURES_AT_ONCE))
        # what a picture file holds, not what the network put out
        fake = [self.features(to_tensor(to_levels(part).numpy())) for part in parts]
        return kid(real, np.concatenate(fake), self.features.name)

    def _provenance(self, position: Position, score: Kid | None) -> dict[str, Any]:
        provenance = {
            "software": software(),
            "faces": self.faces.identity,
            "faces_settings": self.faces.info.get("settings", {}),
            "training_faces": len(self.rows),
            "chosen_faces": self.chosen,
            "start": self.origin,
            "settings": self.config.lasting(),
            "guide": self.guided_by,
            "step": position.step,
        }
        if score is not None:
            provenance["score"] = {
                "kid": score.value,
                "kid_error": score.error,
                "features": score.features,
            }
        return provenance


def _part_grey(faces: FaceSet, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in colour, and grey ones of a set in colour that has both."""
    if faces.channels != 3:
        return rows, rows[:0]
    parts = np.array_split(rows, math.ceil(len(rows) / _READ_AT_ONCE) or 1)
    grey = np.concatenate([grey_rows(faces.read(part)) for part in parts])
    return (rows, rows[:0]) if grey.all() else (rows[~grey], rows[grey])


def _check(figures: Iterable[float], step: int) -> None:
    if not all(math.isfinite(value) for value in figures):
        raise CircumplexError(
            f"the losses are no longer finite at step {step}; lower g_rate and d_rate"
        )
