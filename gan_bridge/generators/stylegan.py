"""A StyleGAN as a generator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError
from gan_bridge.generators.protocol import Render, check_w, latent_owner
from gan_bridge.networks.config import kind_of
from gan_bridge.networks.files import GeneratorNetwork, copy_network, network_digest, on_device

#: Key of a provenance: the network that pivotal tuning bent into this one.
PIVOT_OF = "pivot_of"


class StyleGANGenerator:
    """StyleGAN3 or StyleGAN2, of official or own training.

    A seed gives the face that the official tools give it. Pictures are made one at a time, so that
    a recipe's bytes do not depend on what stood beside it; `render` makes many at once.

    Args:
        network: in evaluation mode; used as it is where it lies on `device`, else copied.
        label: class of a conditional network.
        device: where it works.
        provenance: where the weights come from, as the network's file says.

    Raises:
        CircumplexError: a conditional network without a class, or a class it does not have.
    """

    def __init__(
        self,
        network: GeneratorNetwork,
        label: int | None = None,
        device: str = "cpu",
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        config = network.config
        self.provenance: Mapping[str, Any] = dict(provenance or {})
        self.digest = network_digest(network)
        self.network = on_device(network, device)
        self.device = device
        self.kind = kind_of(config)
        self.space = f"{self.kind}/w"
        self.name = f"{self.kind}-{self.digest[:8]}"
        self.resolution, self.channels = config.img_resolution, config.img_channels
        self.num_layers, self.w_dim = config.num_ws, config.w_dim
        self.label = label
        self.tuned_from: str | None = self.provenance.get(PIVOT_OF)
        self._one_hot = _one_hot(label, config.c_dim, self.name)

    @torch.inference_mode()
    def sample_w(self, seeds: Sequence[int], truncation: float) -> np.ndarray:
        """One latent a seed, (N, L, W) float32.

        Args:
            seeds: whole numbers in [0, 2⁶³); those below 2³² are the official tools' seeds.
            truncation: 0 for the mean face, 1 for the full spread.
        """
        ws = np.empty((len(seeds), self.num_layers, self.w_dim), np.float32)
        label = None if self._one_hot is None else self._one_hot.to(self.device)
        for row, seed in zip(ws, seeds, strict=True):
            z = torch.from_numpy(draw_z(int(seed), self.network.config.z_dim)).to(self.device)
            row[:] = self.network.mapping(z, label, truncation_psi=truncation)[0].cpu().numpy()
        return ws

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        """Latents (N, L, W) to uint8 pictures (N, H, W, 3); grey is three equal channels."""
        return self.render(w, batch=1)

    @torch.inference_mode()
    def render(self, w: np.ndarray, batch: int, dtype: torch.dtype = torch.float32) -> np.ndarray:
        """As `synthesize`, `batch` at a time: quicker for many, but the last bits of a picture
        then depend on the batch. `dtype` is that of the layers near the picture's resolution."""
        w = check_w(w, self)
        images = np.empty((len(w), self.resolution, self.resolution, 3), np.uint8)
        for start in range(0, len(w), batch):
            ws = torch.from_numpy(w[start : start + batch]).to(self.device)
            images[start : start + batch] = to_pixels(self.network.synthesis(ws, dtype=dtype))
        return images

    def differentiable_renderer(self) -> Render:
        """Latents (N, L, W) to pictures (N, C, S, S), about [-1, 1], with gradients.

        They run through a copy of the network: what the generator's own keeps for pictures made
        without them cannot serve those with them.
        """
        return copy_network(self.network).synthesis

    def render_tensor(self, w: Tensor) -> Tensor:
        """The same by the generator's own network, which has a quicker way without gradients."""
        return self.network.synthesis(w)

    def with_network(self, network: Any) -> "StyleGANGenerator":
        """The same generator with tuned weights; directions of this one hold for it."""
        provenance = {**self.provenance, PIVOT_OF: latent_owner(self)}
        return StyleGANGenerator(network, self.label, self.device, provenance)


def draw_z(seed: int, width: int) -> np.ndarray:
    """The latent (1, width) float32 of a seed, from the stream that the official tools use."""
    words = seed if seed < 2**32 else [seed & 0xFFFFFFFF, seed >> 32]
    stream = np.random.RandomState(words)
    return stream.randn(1, width).astype(np.float32)


def to_levels(images: torch.Tensor) -> torch.Tensor:
    """Pictures, about [-1, 1], as uint8 of the same shape, rounded as officially."""
    return (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)


def to_pixels(images: torch.Tensor) -> np.ndarray:
    """Pictures (N, C, H, W), about [-1, 1], to uint8 (N, H, W, 3)."""
    levels = to_levels(images).permute(0, 2, 3, 1).cpu().numpy()
    return np.repeat(levels, 3, axis=3) if levels.shape[3] == 1 else levels[..., :3]


def _one_hot(label: int | None, classes: int, name: str) -> torch.Tensor | None:
    if not classes and label is None:
        return None
    if not classes:
        raise CircumplexError(f"{name} has no classes; leave out the class")
    if label is None:
        raise CircumplexError(f"{name} is conditional; name a class from 0 to {classes - 1}")
    if not 0 <= label < classes:
        raise CircumplexError(f"{name} has no class {label}; name one from 0 to {classes - 1}")
    return torch.eye(classes)[label][None]
