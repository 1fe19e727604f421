"""The β-VAE: a residual convolutional encoder and decoder, and a linear head on the mean code.

Images are float32 N×C×S×S in [-1, 1]; codes are N×D.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from vae.config import VAEConfig

#: Stages double their channels until eight times the first width.
_MOST_DOUBLINGS = 3
#: log σ² is clamped to this range: outside it bf16 overflows and the KL term has no useful slope.
_LOG_VARIANCE_RANGE = (-12.0, 4.0)


class BetaVAE(nn.Module):
    """q(z|x) and p(x|z) of a β-VAE (Higgins et al. 2017), and E[valence, arousal | mean code].

    Besides its weights it carries the Gaussian that its codes follow over the training faces
    (`posterior_mean` D, `posterior_factor` D×D, lower Cholesky factor), from which new faces are
    sampled: the aggregate posterior is where the decoder was trained, the prior need not be.
    """

    posterior_mean: Tensor
    posterior_factor: Tensor

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _encoder(config)
        self.decoder = _decoder(config)
        self.affect_head = nn.Linear(config.latent_dim, 2)
        self.register_buffer("posterior_mean", torch.zeros(config.latent_dim))
        self.register_buffer("posterior_factor", torch.eye(config.latent_dim))
        self.to(memory_format=torch.channels_last)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each N×D, of `images` N×C×S×S in [-1, 1]."""
        images = images.contiguous(memory_format=torch.channels_last)
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        return mean, log_variance.clamp(*_LOG_VARIANCE_RANGE)

    def feature_maps(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """What the encoder makes of `images` on its way: the maps N×C×H×W after each residual
        block, and the mean code N×D. Differentiable in the images."""
        x, maps = images.contiguous(memory_format=torch.channels_last), []
        for layer in self.encoder:
            x = layer(x)
            if isinstance(layer, _Residual):
                maps.append(x)
        return maps, x.chunk(2, dim=1)[0]

    def decode(self, codes: Tensor) -> Tensor:
        """Mean of p(x|z), N×C×S×S, of `codes` N×D; about [-1, 1], not clipped."""
        return self.decoder(codes)

    def affect(self, means: Tensor) -> Tensor:
        """Valence and arousal, N×2, that the linear head reads from mean codes N×D."""
        return self.affect_head(means)

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Reconstruct through z = mean + σ·noise (Kingma & Welling 2014, eq. 10).

        Args:
            images: N×C×S×S in [-1, 1].
            noise: N×D, standard normal; zeros give the reconstruction of the mean code.

        Returns:
            Reconstruction N×C×S×S, mean N×D, log-variance N×D, valence and arousal N×2.
        """
        mean, log_variance = self.encode(images)
        codes = mean + torch.exp(0.5 * log_variance) * noise
        return self.decode(codes), mean, log_variance, self.affect(mean)


def stage_channels(width: int, image_size: int) -> list[int]:
    """Channels of the stages from half the image's size down to 4×4 pixels."""
    stages = int(math.log2(image_size)) - 2
    return [width * 2 ** min(stage, _MOST_DOUBLINGS) for stage in range(stages)]


class _Residual(nn.Module):
    """Two 3×3 convolutions beside a projected shortcut (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        shortcut: list[nn.Module] = [nn.AvgPool2d(stride)] if stride > 1 else []
        if inputs != outputs:
            shortcut.append(nn.Conv2d(inputs, outputs, 1))
        self.shortcut = nn.Sequential(*shortcut)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.shortcut(x))


def _encoder(config: VAEConfig) -> nn.Sequential:
    channels = stage_channels(config.encoder_width, config.image_size)
    layers: list[nn.Module] = [
        nn.Conv2d(config.channels, channels[0], 5, 2, 2, bias=False),  # S/2
        nn.BatchNorm2d(channels[0]),
        nn.ReLU(inplace=True),
        _Residual(channels[0], channels[0]),
    ]
    for stage, (inputs, outputs) in enumerate(pairwise(channels), start=2):  # S/4 … 4
        layers.append(_Residual(inputs, outputs, stride=2))
        if stage < len(channels):
            layers.append(_Residual(outputs, outputs))
    layers += [nn.Flatten(), nn.Linear(channels[-1] * 16, 2 * config.latent_dim)]
    return nn.Sequential(*layers)


def _decoder(config: VAEConfig) -> nn.Sequential:
    channels = stage_channels(config.decoder_width, config.image_size)[::-1]
    layers: list[nn.Module] = [
        nn.Linear(config.latent_dim, channels[0] * 16),
        nn.Unflatten(1, (channels[0], 4, 4)),
    ]
    for inputs, outputs in pairwise(channels):  # 4 … S/4
        layers += [_Residual(inputs, outputs), nn.Upsample(scale_factor=2.0)]
    last = channels[-1]
    layers += [
        _Residual(last, last),  # S/2
        nn.Upsample(scale_factor=2.0),  # S
        nn.Conv2d(last, max(last // 2, 8), 3, 1, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(max(last // 2, 8), config.channels, 3, 1, 1),
    ]
    return nn.Sequential(*layers)
