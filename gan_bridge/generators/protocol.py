"""What every generator of faces offers, and the capabilities that only some have.

A latent is `w`: float32 (N, L, W), L layers of width W; the VAE has L = 1. Every layer of it can be
edited. Pictures are uint8 (N, H, W, 3), RGB. Grid, export and evaluation know no more than this.

What a generator can do beside is asked by `isinstance` with a protocol of this module:

    Encoder            find the latent of a picture in one pass
    BatchRenderer      make many pictures at once, to the last bit dependent on the batch
    Differentiable     give pictures with gradients, as an inversion needs
    StyleBased         carry its weights in a network of mapping and synthesis, which can be tuned
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from faces.ground.errors import CircumplexError

#: Latents (N, L, W) to pictures (N, C, S, S), about [-1, 1].
Render = Callable[[Tensor], Tensor]


class Generator(Protocol):
    """A source of faces. One `w` gives the same bytes, whatever stands beside it in the batch.

    Attributes:
        name: for people; digest: of everything that decides over its pictures.
        kind: "vae", "stylegan3" or "stylegan2"; space: of its latents, such as "stylegan3/w".
        resolution: side of its square pictures; channels: 1 for grey ones, else 3.
        num_layers, w_dim: L and W.
        device: where it works, as torch names it.
        label: class of a conditional generator, else None.
        tuned_from: digest of the generator that pivotal tuning bent into this one, whose w-space it
            keeps; else None.
        provenance: where the weights come from, plain JSON values; `faces_settings` in it says how
            the faces were cut that it learned from.
    """

    name: str
    digest: str
    kind: str
    space: str
    resolution: int
    channels: int
    num_layers: int
    w_dim: int
    device: str
    label: int | None
    tuned_from: str | None
    provenance: Mapping[str, Any]

    def sample_w(self, seeds: Sequence[int], truncation: float) -> np.ndarray:
        """One latent a seed, (N, L, W) float32; `truncation` 0 is the mean face, 1 all spread."""
        ...

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        """Latents (N, L, W) to uint8 pictures (N, H, W, 3)."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """A generator that also finds the latent of a picture: one picture gives the same bytes,
    whatever stands beside it in the batch."""

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) of the generator's resolution to latents (N, L, W)."""
        ...


@runtime_checkable
class BatchRenderer(Protocol):
    """A generator that makes many pictures at once."""

    def render(self, w: np.ndarray, batch: int, dtype: torch.dtype = torch.float32) -> np.ndarray:
        """As `synthesize`, `batch` at a time: quicker for many, but the last bits of a picture
        then depend on the batch."""
        ...


@runtime_checkable
class Differentiable(Protocol):
    """A generator whose pictures can be differentiated in the latent."""

    def differentiable_renderer(self) -> Render:
        """Pictures with gradients, by weights that nothing else uses or that are frozen anyway."""
        ...

    def render_tensor(self, w: Tensor) -> Tensor:
        """The same pictures without gradients, by the quickest way."""
        ...


@runtime_checkable
class StyleBased(Generator, Differentiable, BatchRenderer, Protocol):
    """A generator whose weights lie in one network with the parts `mapping` and `synthesis`
    (Karras et al. 2019), in the official call forms."""

    network: Any

    def with_network(self, network: Any) -> Generator:
        """The same generator with tuned weights; directions of this one hold for it."""
        ...


def latent_owner(generator: Generator) -> str:
    """Digest of the generator that directions and calibrations of these latents belong to: its
    own, or that of the one it was tuned from."""
    return generator.tuned_from or generator.digest


def check_w(w: np.ndarray, generator: Generator) -> np.ndarray:
    """`w` as contiguous float32 (N, L, W).

    Raises:
        CircumplexError: its shape is not the generator's.
    """
    shape = (generator.num_layers, generator.w_dim)
    if w.ndim != 3 or w.shape[1:] != shape:
        raise CircumplexError(
            f"{generator.name} takes latents of shape (N, {shape[0]}, {shape[1]}), these are "
            f"{w.shape}; sample them from the same generator"
        )
    return np.ascontiguousarray(w, np.float32)
