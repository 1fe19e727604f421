"""What every generator of faces offers, the VAE's decoder behind that offer, and their one door.

A latent is `w`: float32 (N, L, W), L layers of width W; the VAE has L = 1. Pictures are uint8
(N, H, W, 3), RGB. Grid, export and evaluation know no more than this.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch

from faces.errors import CircumplexError
from faces.sets.align import luminance
from faces.tensors import read_schema
from vae.checkpoint import Run, load_run
from vae.codes import to_tensor, to_uint8

if TYPE_CHECKING:
    from gan_bridge.network_file import NetworkFile


#: Beside a network that decodes a β-VAE's codes: how its latents stand for them.
CODES = "codes.safetensors"


class Generator(Protocol):
    """A source of faces. One `w` gives the same bytes, whatever stands beside it in the batch."""

    name: str
    digest: str
    resolution: int
    num_layers: int
    w_dim: int

    def sample_w(self, seeds: Sequence[int], truncation: float) -> np.ndarray:
        """One latent a seed, (N, L, W) float32; `truncation` 0 is the mean face, 1 all spread."""
        ...

    def synthesize(self, w: np.ndarray) -> np.ndarray:
        """Latents (N, L, W) to uint8 pictures (N, H, W, 3)."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """A generator that also finds the latent of a picture."""

    channels: int

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, H, W, 3) of the generator's resolution to latents (N, L, W)."""
        ...


class VAEGenerator:
    """The decoder of a trained β-VAE as a generator of one layer, w = z.

    Seeds draw from the aggregate posterior N(mean, factor factorᵀ), not from the prior N(0, I):
    the codes of real faces fill an ellipsoid that the prior only approximates (Hoffman & Johnson,
    "ELBO surgery", 2016).

    Pictures are decoded and encoded one at a time. Convolution libraries choose their algorithm
    by batch size, so the last bits of a batched result depend on its neighbours; a face costs
    milliseconds here, and a recipe that is exact is worth them.
    """

    num_layers = 1

    def __init__(self, run: Run, device: str = "cpu") -> None:
        self.run = run
        self.model = run.model.to(device)
        self.device = device
        self.digest = run.digest
        self.name = f"vae-{run.digest[:8]}"
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


#: The StyleGAN3 in the package, and the name that opens it.
BUNDLED_NAME = "stylegan3"
_BUNDLED = Path(__file__).parent / "weights" / "generator.safetensors"


def network_path(source: str | os.PathLike[str]) -> Path:
    """The file of a StyleGAN, given itself or the name of the package's own."""
    return _BUNDLED if str(source) == BUNDLED_NAME else Path(source)


def load_generator(
    source: str | os.PathLike[str] = "bundled", device: str = "cpu", label: int | None = None
) -> Generator:
    """Open a generator.

    Args:
        source: "bundled" or "stylegan3" for the package's own β-VAE or StyleGAN3, the folder of a
            VAE run or its vae.safetensors, a network that `circumplex convert` or `finetune`
            wrote, or an official network pickle (.pkl).
        device: where it works.
        label: class of a conditional StyleGAN.

    Raises:
        CircumplexError: it is missing, damaged, of another version, or conditional without a class.
    """
    if not is_network(source):
        return VAEGenerator(load_run(source), device)
    from gan_bridge.stylegan import StyleGANGenerator

    opened = open_networks(source)
    codes = network_path(source).with_name(CODES)
    if label is None and codes.is_file():
        from gan_bridge.code_latents import CodeLatents, DecodingGenerator

        latents = CodeLatents.load(codes)
        if latents.generator == opened.digest:  # another network may lie beside them
            return DecodingGenerator(opened.generator, latents, device, opened.provenance)
    return StyleGANGenerator(opened.generator, label, device, opened.provenance)


def is_network(source: str | os.PathLike[str]) -> bool:
    """Whether `source` is a StyleGAN in a file, not a VAE run."""
    from gan_bridge.network_file import SCHEMA

    path = network_path(source)
    suffix = path.suffix.lower()
    if suffix == ".safetensors" and path.is_file():
        return read_schema(path) == SCHEMA
    return suffix == ".pkl"


def open_networks(
    source: str | os.PathLike[str],
    names: tuple[str, ...] = ("G_ema",),
    optional: tuple[str, ...] = (),
) -> "NetworkFile":
    """The networks of a native file or of an official pickle.

    Args:
        source: a .pkl file is a pickle.
        names: the ones wanted, of "G_ema", "G" and "D"; optional: more, where they are there.

    Raises:
        CircumplexError: it is missing, damaged, refused, or lacks one of `names`.
    """
    if Path(source).suffix.lower() == ".pkl":
        from gan_bridge.network_pickle import read_network_pickle

        return read_network_pickle(source, names, optional)
    from gan_bridge.network_file import load_networks

    return load_networks(network_path(source), names, optional)
