"""One step of a training: the generator's update, the discriminator's, and what follows them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from faces.ground.errors import CircumplexError
from faces.ground.training.average import update_average
from gan_bridge.networks.stylegan2 import StyleGAN2
from gan_bridge.training.augmentation import augment, blur
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.layers import choose_parameters, discriminator_parameters
from gan_bridge.training.losses import discriminator_loss, generator_loss, path_penalty, r1_penalty
from gan_bridge.training.start import Start
from gan_bridge.training.state import Position
from gan_bridge.training.streams import stream, stream_seed

FIGURES = ("loss_g", "loss_d", "score_real", "score_fake", "sign_real", "r1", "path")
_BETA = 0.99
#: Buffers that follow the batches; with many processes they are averaged as gradients are.
_RUNNING = ("w_avg", "magnitude_ema")


@dataclass(frozen=True)
class _CurrentStep:
    """The step that is being taken, and how strongly pictures are changed and blurred in it."""

    step: int
    p: float
    blur: float


class Steps:
    """The networks and optimizers of a training, and how a step changes them.

    The generator's update comes first, and the discriminator learns from the very pictures that
    it used: simultaneous gradient descent (Mescheder et al. 2018), which spares one
    synthesis a step, the dearest part of it.

    Raises:
        CircumplexError: settings that do not fit the networks.
    """

    #: What is recorded, each as a mean since the last row.
    figures: tuple[str, ...] = FIGURES

    def __init__(self, accelerator: Accelerator, start: Start, config: GANTrainConfig) -> None:
        self.accelerator, self.config = accelerator, config
        device = accelerator.device
        self.generator = start.generator.to(device).train()
        self.average = start.average.to(device).eval().requires_grad_(False)
        self.discriminator = start.discriminator.to(device).train()
        self.networks = {"G_ema": self.average, "G": self.generator, "D": self.discriminator}
        self.auxiliary: dict[
            str, nn.Module
        ] = {}  # what else is trained, and saved in the state only
        self.is_stylegan2 = isinstance(self.generator, StyleGAN2)
        self._check()
        self.ramp = start.new_generator
        self.warmup = 0 if start.new_generator or not start.new_discriminator else config.d_warmup
        self.g_parameters = choose_parameters(self.generator, config.train_layers)
        self.d_parameters = discriminator_parameters(self.discriminator, config.freeze_d)
        self.resolution = self.generator.config.img_resolution
        path = config.path_interval if config.path_weight else None
        r1 = config.r1_interval if config.gamma(self.resolution) else None
        self.optimizers = {
            "G": lazy_adam(self.g_parameters, config.g_rate, path),
            "D": lazy_adam(self.d_parameters, config.d_rate, r1),
        }
        self.dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
        self.sums = torch.zeros(len(self.figures), 2, dtype=torch.float64, device=device)
        self.sign = torch.zeros(2, dtype=torch.float64, device=device)
        self._current = _CurrentStep(0, 0.0, 0.0)
        self.grey = torch.empty(0)

    def _check(self) -> None:
        config, processes = self.config, self.accelerator.num_processes
        group = self.discriminator.config.mbstd_group_size
        share, rest = divmod(config.batch_size, processes)
        if rest or (group and share > group and share % group):
            raise CircumplexError(
                f"batch_size is {config.batch_size}; it must be a multiple of "
                f"{processes * (group or 1)}: {group or 1} face(s) a group, {processes} process(es)"
            )
        if config.path_weight and not self.is_stylegan2:
            raise CircumplexError("path_weight is for StyleGAN2; leave it 0 for StyleGAN3")

    @property
    def measured(self) -> dict[str, Tensor]:
        """What was measured on the faces before the first step, and stays."""
        return {}

    def restore(self, position: Position, measured: Mapping[str, Tensor]) -> None:
        """Take up the sums of a saved position, and what was measured before it, if that is saved.

        Measured again, on another machine, the last bits would be others.
        """
        self.sums.copy_(torch.tensor(position.sums, dtype=torch.float64))
        self.sign.copy_(torch.tensor(position.sign, dtype=torch.float64))

    def note(self, position: Position) -> None:
        """Write the sums of all processes into the position, before it is saved."""
        share = self.accelerator.reduce
        position.sums = share(self.sums, "mean").tolist()
        position.sign = share(self.sign, "mean").tolist()

    def row(self, position: Position) -> dict[str, float]:
        """The figures' means since the last row, which begin anew."""
        sums = self.accelerator.reduce(self.sums, "mean").tolist()
        self.sums.zero_()
        row = {"step": position.step, "kimg": position.step * self.config.batch_size / 1000}
        for name, (total, count) in zip(self.figures, sums, strict=True):
            if name == "path" and not self.config.path_weight:
                continue
            # regularisation is lazy: between two updates the last figure stands
            before = position.rows[-1][name] if position.rows else 0.0
            row[name] = total / count if count else before
        return row | {"augment_p": position.p}

    def take(self, step: int, real: Tensor, position: Position, grey: Tensor | None = None) -> None:
        """Update both networks on real faces (N, C, S, S), N of them in this process.

        Args:
            grey: (M, C, S, S), grey faces of a set in colour, which only a guide has a use for.
        """
        config = self.config
        self.grey = real[:0] if grey is None else grey
        self._current = _CurrentStep(step, position.p, config.blur(step))
        torch.manual_seed(stream_seed(config.seed, "noise", step, self.accelerator.process_index))
        if step < self.warmup:
            with torch.no_grad():
                fake, _ = self._synthesize(self._draw(len(real)))
        else:
            fake = self._update_generator(real)
            if config.path_weight and step % config.path_interval == 0:
                self._regularise_path(max(1, len(real) // 2), position)
        if self._meets_adversary(step):
            self._update_discriminator(real, fake)
            if step % config.r1_interval == 0 and config.gamma(self.resolution):
                self._regularise_discriminator(real)
        if step >= self.warmup:
            self._follow(step)
        if (step + 1) % config.ada_interval == 0:
            sign, count = self.accelerator.reduce(self.sign, "mean").tolist()
            if count:
                position.p = config.next_p(position.p, sign / count)
            self.sign.zero_()

    def _meets_adversary(self, step: int) -> bool:
        """Whether there is a discriminator in this step."""
        return True

    def _update_generator(self, real: Tensor) -> Tensor:
        """One update; returns the pictures (N, C, S, S) of it, as many as there are real ones."""
        with frozen(self.d_parameters):
            fake, _ = self._synthesize(self._draw(len(real)))
            loss = generator_loss(self._scores(fake, "fake in G"))
            loss.backward()
        self._apply("G", self.g_parameters)
        self._add(loss_g=loss)
        return fake.detach()

    def _update_discriminator(self, real: Tensor, fake: Tensor) -> None:
        of_fake = self._scores(fake, "fake in D")
        of_real = self._scores(real, "real in D")
        loss = discriminator_loss(of_real, of_fake)
        loss.backward()
        self._apply("D", self.d_parameters)
        signs = of_real.detach().sign()
        self.sign += torch.stack([signs.sum(), torch.ones_like(signs).sum()])
        self._add(
            loss_d=loss,
            score_real=of_real.mean(),
            score_fake=of_fake.mean(),
            sign_real=signs.mean(),
        )

    def _regularise_discriminator(self, real: Tensor) -> None:
        config = self.config
        # the gradient at what the discriminator sees: resampling has no second derivative in torch
        images = self._augment(real, "real in R1").detach().requires_grad_(True)
        penalty = r1_penalty(self.discriminator(images, dtype=self.dtype), images)
        (penalty * (config.gamma(self.resolution) / 2 * config.r1_interval)).backward()
        self._apply("D", self.d_parameters)
        self._add(r1=penalty)

    def _regularise_path(self, count: int, position: Position) -> None:
        config = self.config
        fake, ws = self._synthesize(self._draw(count, "path"), "path")
        noise = torch.randn(fake.shape, generator=self._stream("path", 1)).to(fake.device)
        mean = torch.tensor(position.path_mean, device=fake.device)
        penalty, mean = path_penalty(fake, ws, noise, mean)
        (penalty * (config.path_weight * config.path_interval)).backward()
        self._apply("G", self.g_parameters)
        position.path_mean = float(self.accelerator.reduce(mean, "mean"))
        self._add(path=penalty)

    def _draw(self, count: int, purpose: str = "latents") -> Tensor:
        """New latents z (count, Z)."""
        width = self.generator.config.z_dim
        z = torch.randn(count, width, generator=self._stream(purpose))
        return z.to(self.accelerator.device)

    def _synthesize(self, z: Tensor, purpose: str = "latents") -> tuple[Tensor, Tensor]:
        """Pictures (N, C, S, S) of latents z (N, Z), and their ws."""
        generator, config = self.generator, self.config
        ws = generator.mapping(z, update_emas=purpose == "latents")
        if config.style_mixing:
            random = self._stream("mixing")
            mixed = late_layers(len(z), ws.shape[1], config.style_mixing, random)
            other = torch.randn(z.shape, generator=random).to(z.device)
            ws = torch.where(mixed[:, :, None].to(z.device), generator.mapping(other), ws)
        if self.is_stylegan2:
            return generator.synthesis(ws, dtype=self.dtype, noise_mode="random"), ws
        return generator.synthesis(ws, dtype=self.dtype, update_emas=purpose == "latents"), ws

    def _augment(self, images: Tensor, purpose: str) -> Tensor:
        """Pictures as the discriminator is shown them: blurred and augmented."""
        current = self._current
        return augment(blur(images, current.blur), current.p, self._stream(purpose))

    def _scores(self, images: Tensor, purpose: str) -> Tensor:
        """The discriminator's scores (N, 1) of augmented pictures."""
        return self.discriminator(self._augment(images, purpose), dtype=self.dtype)

    def _stream(self, purpose: str, more: int = 0) -> torch.Generator:
        rank = self.accelerator.process_index + more * self.accelerator.num_processes
        return stream(self.config.seed, purpose, self._current.step, rank)

    def _apply(self, name: str, parameters: list[nn.Parameter]) -> None:
        """An optimizer's step on the mean gradient of all processes; gradients are gone after."""
        optimizer = self.optimizers[name]
        if self.accelerator.num_processes > 1:
            gradients = [each.grad for each in parameters if each.grad is not None]
            self._mean_over_processes(gradients)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    @torch.no_grad()
    def _mean_over_processes(self, tensors: list[Tensor]) -> None:
        """Replace tensors by their means over all processes, in one exchange."""
        flat = torch.cat([each.flatten() for each in tensors])
        flat = self.accelerator.reduce(flat, "mean")
        parts = flat.split([each.numel() for each in tensors])
        for each, part in zip(tensors, parts, strict=True):
            each.copy_(part.view_as(each))

    def _follow(self, step: int) -> None:
        """Move the average towards the generator; its buffers become the generator's."""
        if self.accelerator.num_processes > 1:
            running = [b for name, b in self.generator.named_buffers() if name.endswith(_RUNNING)]
            self._mean_over_processes(running)
        decay = self.config.ema_decay(step, self.ramp)
        update_average(self.average, self.generator, decay, average_buffers=False)

    def _add(self, **figures: Tensor) -> None:
        for name, value in figures.items():
            value = value.detach().double()
            self.sums[self.figures.index(name)] += torch.stack([value, torch.ones_like(value)])


def lazy_adam(
    parameters: list[nn.Parameter], rate: float, interval: int | None
) -> torch.optim.Optimizer:
    """Adam with β = (0, 0.99), slowed down by what the regularisation's extra updates add.

    Every `interval` steps there is one more update, so rate and β are corrected by
    c = k / (k + 1) (Karras et al. 2020, "Analyzing and Improving", appendix B).
    """
    share = 1.0 if interval is None else interval / (interval + 1)
    return torch.optim.Adam(
        parameters, lr=rate * share, betas=(0.0, _BETA**share), eps=1e-8, fused=True
    )


def late_layers(count: int, layers: int, share: float, random: torch.Generator) -> Tensor:
    """Which w's come from the second style, bool (count, layers): those after a random layer."""
    numbers = torch.rand(count, 2, generator=random)
    first = 1 + (numbers[:, 1] * (layers - 1)).floor()
    first = torch.where(numbers[:, 0] < share, first, math.inf)
    return torch.arange(layers)[None] >= first[:, None]


@contextmanager
def frozen(parameters: list[nn.Parameter]) -> Iterator[None]:
    """No gradients for these parameters while the block runs, however it ends."""
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
