"""The decoder of a trained β-VAE as a generator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from faces.sets.alignment import luminance
from gan_bridge.generators.protocol import Render, check_w
from vae.checkpoint import Run, on_device
from vae.codes import to_tensor, to_uint8


class VAEGenerator:
    """A generator of one layer, w = z.

    Seeds draw from the aggregate posterior N(mean, factor factorᵀ), not from the prior N(0, I):
    the codes of real faces fill an ellipsoid that the prior only approximates (Hoffman & Johnson,
    "ELBO surgery", 2016).

    Pictures are decoded and encoded one at a time. Convolution libraries choose their algorithm
    by batch size, so the last bits of a batched result depend on its neighbours; a face costs
    milliseconds here, and a recipe that is exact is worth them.
    """

    def __init__(self, run: Run, device: str = "cpu") -> None:
        self.run = on_device(run, device)
        self.model = self.run.model
        self.device = device
        self.digest = run.digest
        self.kind, self.space = "vae", "vae/z"
        self.name = f"vae-{run.digest[:8]}"
        self.provenance: Mapping[str, Any] = run.provenance
        self.label: int | None = None
        self.tuned_from: str | None = None
        self.num_layers = 1
        self.resolution = run.config.image_size
        self.channels = run.config.channels
        self.w_dim = run.config.latent_dim
        self.mean = run.model.posterior_mean.double().cpu().numpy()  # (D,)
        self.factor = run.model.posterior_factor.double().cpu().numpy()  # (D, D), lower triangle

    def sample_w(self, seeds: Sequence[int], truncation: float) -> np.ndarray:
        """w = mean + truncation · factor · n, with n ~ N(0, I) from the seed's own stream.

        Args:
            seeds: whole numbers in [0, 2⁶³).
            truncation: 0 for the mean face, 1 for the full spread of the training faces.

        Returns:
            (N, 1, W) float32.
        """
        w = np.empty((len(seeds), 1, self.w_dim), np.float32)
        for row, seed in zip(w, seeds, strict=True):
            stream = torch.Generator().manual_seed(int(seed))
            noise = torch.randn(self.w_dim, generator=stream, dtype=torch.float64).numpy()
            row[0] = self.mean + truncation * (self.factor @ noise)
        return w

    @torch.inference_mode()
    def synthesize(self, w: np.ndarray) -> np.ndarray:
        """Latents (N, 1, W) to uint8 pictures (N, H, W, 3); grey is three equal channels."""
        w = check_w(w, self)
        images = np.empty((len(w), self.resolution, self.resolution, 3), np.uint8)
        for image, z in zip(images, torch.from_numpy(w), strict=True):
            image[:] = to_uint8(self.model.decode(z.to(self.device)))[0]
        return images

    def differentiable_renderer(self) -> Render:
        """Latents (N, 1, W) to pictures (N, C, S, S) in [-1, 1], with gradients in the latents."""
        return lambda w: self.model.decode(w[:, 0])

    def render_tensor(self, w: Tensor) -> Tensor:
        """As `differentiable_renderer`, whatever mode torch is in."""
        return self.model.decode(w[:, 0])

    @torch.inference_mode()
    def encode(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) to the mean codes of the encoder, (N, 1, W) float32.

        Raises:
            CircumplexError: the pictures are not of the generator's resolution.
        """
        side = self.resolution
        if images.dtype != np.uint8 or images.shape[1:] != (side, side, 3):
            raise CircumplexError(
                f"{self.name} encodes uint8 pictures of {side} × {side} × 3, "
                f"these are {images.dtype} {images.shape[1:]}; prepare them at its size"
            )
        w = np.empty((len(images), 1, self.w_dim), np.float32)
        for row, image in zip(w, images, strict=True):
            # as the faces were made grey that the model learned from
            bands = luminance(image)[None] if self.channels == 1 else image.transpose(2, 0, 1)
            picture = np.array(bands[None], order="C")  # 1, C, H, W; a copy: PIL's is read-only
            mean, _ = self.model.encode(to_tensor(picture).to(self.device))
            row[:] = mean.float().cpu().numpy()
        return w
