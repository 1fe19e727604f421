"""A feed-forward encoder, picture to w, that learns from the generator it is for.

Every picture that a generator makes comes with its w, so pairs are made as they are needed. The
training is short (minutes for a small generator) and is not resumed: killed, it leaves nothing.
"""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from faces.ground.artefacts import check_tensors
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.progress import Progress, silent
from gan_bridge.generators.protocol import Generator
from gan_bridge.inversion.config import EncoderConfig
from gan_bridge.inversion.losses import psnr, pyramid_error
from gan_bridge.inversion.space import (
    HELD_OUT_SEEDS,
    DifferentiableRenderer,
    Space,
    measure_space,
    mix_styles,
    to_picture,
    training_seeds,
)
from vae.checkpoint import read_tensors, write_tensors

SCHEMA, VERSION = "circumplex/encoder", 1
#: Larger pictures are reduced to this side: w says nothing that would not be seen in it.
_LARGEST_SIDE = 256
_SMALLEST_SIDE = 4
_MOST_DOUBLINGS = 3
_GROUPS = 8
_HIDDEN = 512
_WARMUP = 0.05


class _Stage(nn.Module):
    """Half the resolution, then a residual convolution; nothing looks at other pictures."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 3, 2, 1)
        self.norm1 = nn.GroupNorm(_GROUPS, outputs)
        self.conv = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.norm2 = nn.GroupNorm(_GROUPS, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.silu(self.norm1(self.down(x)))
        return x + functional.silu(self.norm2(self.conv(x)))


class EncoderNetwork(nn.Module):
    """Pictures (N, C, S, S) in [-1, 1] to latents in standard deviations, (N, rows, W).

    Args:
        channels, side: of the pictures; rows: 1 for w, the number of layers for w+; w_dim: W.
        width: channels of the first stage.
    """

    def __init__(self, channels: int, side: int, rows: int, w_dim: int, width: int) -> None:
        super().__init__()
        self.rows, self.w_dim = rows, w_dim
        self.reduction = max(1, side // _LARGEST_SIDE)
        halvings = int(math.log2(side // self.reduction // _SMALLEST_SIDE))
        widths = [width * 2 ** min(stage, _MOST_DOUBLINGS) for stage in range(halvings)]
        self.first = nn.Conv2d(channels, width, 3, 1, 1)
        pairs = pairwise([width, *widths])
        self.stages = nn.Sequential(*(_Stage(inputs, outputs) for inputs, outputs in pairs))
        features = (widths[-1] if widths else width) * _SMALLEST_SIDE**2
        hidden, last = nn.Linear(features, _HIDDEN), nn.Linear(_HIDDEN, rows * w_dim)
        nn.init.zeros_(last.weight)  # it starts at the mean face
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(hidden, nn.SiLU(), last)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        if self.reduction > 1:
            images = functional.avg_pool2d(images, self.reduction)
        x = functional.silu(self.first(images.contiguous(memory_format=torch.channels_last)))
        x = self.stages(x)
        return self.head(x.flatten(1)).float().unflatten(1, (self.rows, self.w_dim))


@dataclass(frozen=True, eq=False)
class WEncoder:
    """A trained encoder of one generator.

    Attributes:
        network: in evaluation mode; space: the w it speaks of; config: how it was trained.
        model: digest of the generator; layers: its L.
        report: what it reaches on held-out samples, beside what the mean w does.
    """

    network: EncoderNetwork
    space: Space
    config: EncoderConfig
    model: str
    layers: int
    report: dict[str, float] = field(default_factory=dict)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        """Pictures (N, C, S, S) in [-1, 1] to latents (N, L, W) float32, one at a time."""
        w = [self.space.colour(self.network(image[None])) for image in images]
        return torch.cat(w).expand(-1, self.layers, -1)

    def check_model(self, generator: Generator) -> None:
        """Refuse to serve another generator.

        Raises:
            CircumplexError: naming both.
        """
        if generator.digest != self.model:
            raise CircumplexError(
                f"this encoder belongs to the generator {self.model[:12]}, not to "
                f"{generator.digest[:12]}; train one for it, or open the one it was made for"
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all; the same encoder gives the same bytes."""
        tensors = {f"network.{name}": v for name, v in self.network.state_dict().items()}
        tensors |= {"space.mean": self.space.mean, "space.axes": self.space.axes}
        tensors |= {"space.inverse": self.space.inverse}
        first = self.network.first
        shape = {"channels": first.in_channels, "layers": self.layers}
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "model": self.model,
            "shape": json.dumps(shape, sort_keys=True),
            "config": self.config.to_json(),
            "report": json.dumps(self.report, sort_keys=True),
        }
        write_tensors(Path(path), tensors, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str], generator: Generator) -> Self:
        """Open an encoder for `generator`.

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or of another generator.
        """
        tensors, header = read_tensors(Path(path))
        check_schema(header, SCHEMA, VERSION, path)
        try:
            config = EncoderConfig.from_dict(json.loads(header["config"]))
            report, model = json.loads(header["report"]), header["model"]
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path}: its header is damaged; train it anew") from error
        space = Space(*(torch.empty(0) for _ in range(3)))
        empty = cls(_network(generator, config), space, config, model, generator.num_layers)
        empty.check_model(generator)
        width = generator.w_dim
        shapes = {f"network.{name}": v for name, v in empty.network.state_dict().items()}
        shapes |= {"space.mean": torch.empty(width), "space.axes": torch.empty(width, width)}
        shapes |= {"space.inverse": torch.empty(width, width)}
        check_tensors(tensors, shapes, path)
        parts = {name.partition(".")[2]: v for name, v in tensors.items() if name[0] == "n"}
        empty.network.load_state_dict(parts)
        space = Space(*(tensors[f"space.{name}"] for name in ("mean", "axes", "inverse")))
        device = generator.device
        network = empty.network.eval().requires_grad_(False).to(device)
        return cls(network, space.to(device), config, model, generator.num_layers, report)


def train_encoder(
    generator: Generator, config: EncoderConfig | None = None, progress: Progress = silent
) -> WEncoder:
    """Train an encoder on the generator's own samples.

    The loss is the squared Mahalanobis distance of w, per dimension, and, where its weight is
    given, the multi-scale error of the picture that the generator makes of the found w. On the CPU
    the same call gives the same weights.

    Raises:
        CircumplexError: the generator shows no gradients.
    """
    config = config or EncoderConfig()
    renderer = DifferentiableRenderer(generator)
    device = generator.device
    space = measure_space(generator, config.space_samples, progress).to(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = _network(generator, config).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01, betas=(0.9, 0.99))
    steps = progress(range(config.steps), "training the encoder", config.steps)
    kind = torch.device(device).type
    pairs = _pairs(renderer, config)  # without end
    for step in steps:
        w, images = next(pairs)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * cosine(step, config.steps)
        with torch.autocast(kind, torch.bfloat16, enabled=config.precision == "bf16"):
            v = network(images)
        loss = _loss(v, w, images, space, renderer, config)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    network.eval().requires_grad_(False)
    encoder = WEncoder(network, space, config, generator.digest, generator.num_layers)
    report = _measure(encoder, renderer, config.held_out, progress)
    return WEncoder(**(vars(encoder) | {"report": report}))


def _loss(
    v: Tensor,
    w: Tensor,
    images: Tensor,
    space: Space,
    renderer: DifferentiableRenderer,
    config: EncoderConfig,
) -> Tensor:
    """Distance of latents `v`, in standard deviations, from `w`, and of their pictures."""
    loss = (v - space.whiten(w)).square().mean()
    if config.pixel:
        layers = renderer.generator.num_layers
        rendered = renderer(space.colour(v).expand(-1, layers, -1))
        loss = loss + config.pixel * pyramid_error(rendered, images).mean()
    return loss


def cosine(step: int, steps: int) -> float:
    """Share of the peak learning rate: a short rise, then half a cosine to nothing."""
    share = (step + 1) / steps
    return min(share / _WARMUP, 1.0) * (1 + math.cos(math.pi * step / steps)) / 2


def _network(generator: Generator, config: EncoderConfig) -> EncoderNetwork:
    rows = generator.num_layers if config.space == "w+" else 1
    return EncoderNetwork(
        generator.channels, generator.resolution, rows, generator.w_dim, config.width
    )


def _pairs(
    renderer: DifferentiableRenderer, config: EncoderConfig
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of w, (N, 1, W) or (N, L, W), and their pictures."""
    count = config.batch_size
    start = training_seeds(config.seed)
    while True:
        w = samples(renderer.generator, start, count, config.space)
        start += 2 * count
        images = renderer.without_gradients(w).clamp(-1, 1)  # as they come out of a file
        yield w if config.space == "w+" else w[:, :1], images


def samples(generator: Generator, start: int, count: int, space: str) -> Tensor:
    """Own latents (N, L, W) of seeds from `start` on; for w+ every second one mixes two styles."""
    w = generator.sample_w(range(start, start + count), 1.0)
    if space == "w+" and generator.num_layers > 1:
        others = generator.sample_w(range(start + count, start + 2 * count), 1.0)
        both = np.stack([w, others], axis=1).reshape(2 * count, *w.shape[1:])
        w[1::2] = mix_styles(both, start)[1::2]
    return torch.from_numpy(w).to(generator.device)


def _measure(
    encoder: WEncoder, renderer: DifferentiableRenderer, count: int, progress: Progress
) -> dict[str, float]:
    """Error of w (squared Mahalanobis, per dimension) and PSNR on held-out samples."""
    generator, space = renderer.generator, encoder.space
    mean = space.mean.expand(1, generator.num_layers, -1)
    mean_face = generator.synthesize(mean.cpu().numpy())[0]
    rows = []
    for seed in progress(range(count), "measuring the encoder", count):
        w = samples(generator, HELD_OUT_SEEDS + 2 * seed, 1, "w")
        image = generator.synthesize(w.cpu().numpy())
        encoded = encoder.encode(to_picture(image, generator).to(generator.device))
        error = (space.whiten(encoded) - space.whiten(w)).square().mean()
        shown = generator.synthesize(encoded.cpu().numpy())[0]
        of_mean = space.whiten(w).square().mean()
        rows.append(
            [float(error), float(of_mean), psnr(shown, image[0]), psnr(mean_face, image[0])]
        )
    names = ("w_error", "w_error_of_mean", "psnr", "psnr_of_mean")
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))
