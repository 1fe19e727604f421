"""A StyleGAN that learned to decode a β-VAE's codes: the way from a picture to its w.

A training beside a guide (`gan_bridge.training.guide`) makes z begin with whitened codes. The
β-VAE's
encoder then finds the w of a picture in one pass; what codes do not say, the other dimensions of z,
is taken as their mean, zero.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from gan_bridge.generators.stylegan import StyleGANGenerator
from gan_bridge.generators.vae_decoder import VAEGenerator
from gan_bridge.networks.files import GeneratorNetwork
from vae.checkpoint import packaged_run

SCHEMA, VERSION = "circumplex/codes", 1
#: Beside a network that decodes a β-VAE's codes: how its latents stand for them.
CODES = "codes.safetensors"


@dataclass(frozen=True, eq=False)
class CodeLatents:
    """How a generator's z begins: z[:K] = (code − mean) · whitening.

    Attributes:
        mean, whitening: (D,) and (D, K), float32.
        run: digest of the β-VAE whose codes they are; generator: of the network.
    """

    mean: np.ndarray
    whitening: np.ndarray
    run: str
    generator: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        header = {"schema": SCHEMA, "version": str(VERSION)}
        header |= {"run": self.run, "generator": self.generator}
        write_artefact(path, {"mean": self.mean, "whitening": self.whitening}, header)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises:
            CircumplexError: missing, damaged, or of another kind or version.
        """
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, Path(path))
        mean, whitening = arrays.get("mean"), arrays.get("whitening")
        if mean is None or whitening is None or whitening.ndim != 2 or len(whitening) != len(mean):
            raise CircumplexError(f"{path} is damaged; copy or make it anew")
        return cls(mean, whitening, header.get("run", ""), header.get("generator", ""))


class CodeDecoder(StyleGANGenerator):
    """A StyleGAN that also finds the latent of a picture, through the β-VAE it learned from.

    Args:
        network, device, provenance: as of StyleGANGenerator.
        latents: how its z stands for codes of one of the package's β-VAEs.

    Raises:
        CircumplexError: the codes are of another β-VAE.
    """

    def __init__(
        self,
        network: GeneratorNetwork,
        latents: CodeLatents,
        device: str = "cpu",
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(network, None, device, provenance)
        run = packaged_run(latents.run)
        if run is None:
            raise CircumplexError(
                f"{self.name} decodes codes of the β-VAE {latents.run[:12]}, which is none of the "
                "package's; install the version that the network came with"
            )
        self.latents, self._encoder = latents, VAEGenerator(run, device)

    @torch.inference_mode()
    def encode(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3), cut as the faces it learned from, to w (N, L, W) float32.

        Raises:
            CircumplexError: the pictures are not of the generator's resolution.
        """
        w = np.empty((len(images), self.num_layers, self.w_dim), np.float32)
        for row, (code,) in zip(w, self._encoder.encode(images), strict=True):
            z = np.zeros((1, self.network.config.z_dim), np.float32)
            # a product of one row: that of many rounds by the shape of their batch
            latent = (code - self.latents.mean) @ self.latents.whitening
            z[0, : len(latent)] = latent
            row[:] = self.network.mapping(torch.from_numpy(z).to(self.device))[0].cpu().numpy()
        return w
