"""A trained encoder that guides a generator: its codes become the generator's latents.

A small GAN from random weights needs millions of faces before it makes any. A generator that is
first the decoder of codes, and meets its adversary only then, needs some ten thousand (Larsen et
al. 2016, "Autoencoding beyond Pixels", trained both at once). And since its latents are an
encoder's codes, what probes find in those codes has a direction in w.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.ground.records import Record, setting
from faces.ground.training.schedules import linear_warmup
from faces.readers.identity.network import BUNDLED
from faces.sets import FaceSet
from gan_bridge.networks.alias_free import AliasFreeSynthesis, StyleGAN3
from gan_bridge.networks.layers import LEAKY_GAIN, LEAKY_SLOPE, EqualLinear
from vae.checkpoint import Run, on_device
from vae.codes import check_shape, to_tensor
from vae.training.greyness import shown_like
from vae.training.likeness import Likeness

CRITIC_NETWORKS = ("encoder", "imagenet", "both")
_LEAST_POWER = 1e-4
_HALVINGS = 3
_READ_AT_ONCE = 256
#: At the start, how far styles follow the latents, as a share of the usual; and, of that, how far
#: they follow latents that no code stands behind. Found by trying: 0.5 to 1, and 0 to 0.3.
_FOLLOWING, _FOLLOWING_NOISE = 0.4, 0.1


@dataclass(frozen=True)
class GuideConfig(Record):
    """How much an encoder says in a training.

    Attributes:
        regress_steps: steps at the start in which the generator only learns to decode, without an
            adversary.
        regress_rate: its learning rate then; it falls to a fifth in the end.
        anchored: share of a batch whose latents are codes of real faces once there is an adversary;
            the others are normal.
        adversary: weight of the discriminator's loss, 0 to leave it as it is; critic: of that of a
            critic which sees through a trained network, 0 to have none; critic_rate: its learning
            rate.
        critic_on: the network whose maps the critic sees: "encoder", this one, which knows faces;
            "imagenet", which knows textures too (`gan_bridge.training.backbone`); or "both".
        coarse, fine: weights of the distance in pixels at a fourth and an eighth of the side, and
            at the whole and half of it; while there is no adversary all weigh 1.
        features: weight of the distance in the encoder's maps; code: in its codes.
        warmup: steps in which a learning rate rises, at the start and when the adversary comes.
        likeness: weight of the distance in what the identity network sees, 0 to leave it aside.
        grey: share of a batch whose latents are codes of grey faces of a set in colour; see
            `vae.training.greyness`.
        measured: training faces whose codes tell what is normal.
        explained: share of the codes' variance that the latents stand for: so many of their
            principal components as it takes. Units that the β-VAE does not use are left out.
    """

    regress_steps: int = setting(2000, at_least=0)
    regress_rate: float = setting(0.024, above=0)
    anchored: float = setting(0.5, above=0, at_most=1)
    adversary: float = setting(0.5, at_least=0)
    critic: float = setting(0.5, at_least=0)
    critic_rate: float = setting(0.0005, above=0)
    critic_on: str = setting("encoder", choices=CRITIC_NETWORKS)
    coarse: float = setting(1.0, at_least=0)
    fine: float = setting(0.25, at_least=0)
    features: float = setting(1.0, at_least=0)
    code: float = setting(0.3, at_least=0)
    warmup: int = setting(200, at_least=0)
    likeness: float = setting(0.0, at_least=0)
    grey: float = setting(0.2, at_least=0, below=1)
    measured: int = setting(4000, at_least=100)
    explained: float = setting(1.0, above=0, at_most=1)

    def rate(self, step: int, usual: float) -> float:
        """The generator's learning rate in a step; `usual` is that beside an adversary."""
        if step >= self.regress_steps:
            return usual * linear_warmup(step - self.regress_steps + 1, self.warmup)
        rising = linear_warmup(step + 1, self.warmup)
        return self.regress_rate * rising * max(0.2, 1 - 0.8 * step / self.regress_steps)


@dataclass(frozen=True)
class EncodedImages:
    """What the encoder makes of N pictures: its maps, and codes (N, K) of unit spread."""

    maps: list[Tensor]
    codes: Tensor


class Guide:
    """The frozen encoder of a β-VAE, and the Gaussian that its codes follow over training faces.

    Args:
        run: the β-VAE.
        mean, whitening: (D,) and (D, K), to K latents of unit spread: (code − mean) · whitening.
        config: how much it says.
        margin: of the crops, as `faces.sets` cut them.
        device: where it works.
    """

    def __init__(
        self,
        run: Run,
        mean: Tensor,
        whitening: Tensor,
        config: GuideConfig,
        margin: float = 0.0,
        device: str = "cpu",
    ) -> None:
        self.config, self.width, self.digest = config, whitening.shape[1], run.digest
        self.model = on_device(run, device).model
        self.mean = mean.float().to(device)
        # a product's last bits depend on how its factors lie in memory: here as a file keeps them
        self.whitening = whitening.float().contiguous().to(device)
        self.precision = torch.bfloat16 if torch.device(device).type == "cpu" else torch.float32
        self.likeness = Likeness(margin).to(device) if config.likeness else None

    @classmethod
    def measure(
        cls, run: Run, faces: FaceSet, rows: Sequence[int], config: GuideConfig, device: str = "cpu"
    ) -> "Guide":
        """A guide whose latents are normal over the faces `rows` and their mirror images.

        Raises:
            CircumplexError: the run is of another size or number of channels, or there are too few
                faces to tell how codes spread.
        """
        model = on_device(run, device).model
        check_shape(model, faces)
        chosen = np.asarray(rows)[:: max(1, len(rows) // config.measured)]
        if len(chosen) < 2 * run.config.latent_dim:
            raise CircumplexError(
                f"{len(chosen)} faces do not tell how {run.config.latent_dim} codes spread; train "
                f"on {2 * run.config.latent_dim} or more"
            )
        codes = []
        with torch.inference_mode():
            for part in np.array_split(chosen, math.ceil(len(chosen) / _READ_AT_ONCE)):
                images = to_tensor(faces.read(part)).to(device)
                codes += [model.encode(view)[0].double().cpu() for view in (images, images.flip(3))]
        both = torch.cat(codes)
        whitening = _principal_whitening(torch.cov(both.T), config.explained)
        return cls(run, both.mean(0), whitening, config, faces.margin, device)

    @property
    def described(self) -> dict[str, Any]:
        """What a training's name and provenance say of it."""
        seen_by = file_digest(BUNDLED) if self.config.likeness else None
        return {"run": self.digest, "identity": seen_by, "settings": self.config.__dict__}

    def encode(self, images: Tensor) -> EncodedImages:
        """Encode pictures (N, C, S, S) in [-1, 1]; differentiable in them."""
        kind = images.device.type
        with torch.autocast(kind, self.precision, enabled=self.precision != torch.float32):
            maps, codes = self.model.feature_maps(images)
        return EncodedImages(maps, (codes.float() - self.mean) @ self.whitening)

    def map_shapes(self) -> list[tuple[int, int]]:
        """(channels, side) of the encoder's maps."""
        config = self.model.config
        blank = torch.zeros(1, config.channels, config.image_size, config.image_size)
        with torch.no_grad():
            maps = self.encode(blank.to(self.mean.device)).maps
        return [(each.shape[1], each.shape[2]) for each in maps]

    def latents(self, codes: Tensor, noise: Tensor) -> Tensor:
        """z (N, Z): the noise (N, Z), with the codes (M, D) at the start of its first M rows."""
        z = noise.clone()
        z[: len(codes), : self.width] = codes
        return z

    def compare(
        self, fake: Tensor, z: Tensor, real: Tensor, encoded: EncodedImages, alone: bool
    ) -> tuple[dict[str, Tensor], EncodedImages]:
        """Distances of pictures from what their latents stand for, by name, weighted.

        Args:
            fake: (N, C, S, S), generated from z (N, Z).
            real: (M, C, S, S), M up to N, the faces whose codes the first rows of z hold.
            encoded: those faces.
            alone: there is no adversary, which would care for what is fine.

        Returns:
            The distances, and the generated pictures encoded, those of grey faces greyed.
        """
        config = self.config
        shown = shown_like(fake[: len(real)], real)
        own = self.encode(torch.cat([shown, fake[len(real) :]]))
        fine = 1.0 if alone else config.fine
        pairs = zip(own.maps, encoded.maps, strict=True)
        distances = {
            "pictures": _pyramid_distance(shown, real, fine, config.coarse),
            "features": torch.stack([_map_distance(a[: len(real)], b) for a, b in pairs]).mean(),
            "code": (own.codes - z[:, : self.width]).square().mean(),
        }
        weights = {"pictures": 1.0, "features": config.features, "code": config.code}
        if self.likeness is not None:
            distances["likeness"] = self.likeness(shown, real).mean()
            weights["likeness"] = config.likeness
        return {name: weights[name] * value for name, value in distances.items()}, own


def _principal_whitening(covariance: Tensor, explained: float) -> Tensor:
    """(D, K), from codes to their first K principal components, each of unit spread."""
    variance, axes = torch.linalg.eigh(covariance)
    variance, axes = variance.flip(0), axes.flip(1)
    share = variance.cumsum(0) / variance.sum()
    count = min(int((share < explained).sum()) + 1, len(share))
    return axes[:, :count] / variance[:count].clamp_min(1e-12).sqrt()


def _pyramid_distance(fake: Tensor, real: Tensor, fine: float, coarse: float) -> Tensor:
    """Mean absolute differences at the whole, half, fourth and eighth side; half counts twice."""
    total = fine * (fake - real).abs().mean()
    for level in range(1, _HALVINGS + 1):
        fake, real = functional.avg_pool2d(fake, 2), functional.avg_pool2d(real, 2)
        weight = min(2 * fine, coarse) if level == 1 else coarse
        total = total + weight * (fake - real).abs().mean()
    return total


def _map_distance(fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of maps (N, C, H, W), each picture's of unit power."""
    return (_unit(fake.float()) - _unit(real.float())).abs().mean()


def _unit(maps: Tensor) -> Tensor:
    return maps * (maps.square().mean((1, 2, 3), keepdim=True) + _LEAST_POWER).rsqrt()


@torch.no_grad()
def linearize_styles(generator: StyleGAN3, codes: int) -> None:
    """Begin a random generator so that its styles are linear in the first `codes` dimensions of z.

    The one layer of its mapping passes each code with both signs, of whose rectified values the
    difference is linear; the styles begin as such differences. Through a random mapping a
    generator has to undo first what that has mixed: it then takes ten times as many faces to tell
    one code from another.

    Raises:
        CircumplexError: more than one layer of mapping, or latents too narrow.
    """
    config = generator.config
    spare = config.w_dim - 2 * codes
    if config.mapping_layers != 1 or config.z_dim < codes or spare < 0:
        raise CircumplexError(
            f"a guide of {codes} codes takes one mapping layer, z_dim from {codes} and w_dim from "
            f"{2 * codes}; these networks have {config.mapping_layers}, {config.z_dim} and "
            f"{config.w_dim}"
        )
    first = generator.mapping.get_submodule("fc0")
    assert isinstance(first, EqualLinear)
    weight = torch.zeros_like(first.weight)
    weight[:codes, :codes] = torch.eye(codes)
    weight[codes : 2 * codes, :codes] = -torch.eye(codes)
    noise = config.z_dim - codes
    if spare and noise:
        weight[2 * codes :, codes:] = first.weight[2 * codes :, codes:] * (
            first.rate / math.sqrt(noise)
        )
    first.weight.copy_(weight * (math.sqrt(config.z_dim) / first.rate))
    generator.mapping.get_buffer("w_avg").fill_(_mean_rectified())
    synthesis = generator.synthesis
    assert isinstance(synthesis, AliasFreeSynthesis)
    for layer in synthesis.layers:
        styles = layer.affine.weight
        styles[:, codes : 2 * codes] = -styles[:, :codes]
        styles[:, 2 * codes :] *= _FOLLOWING_NOISE
        styles.mul_(_FOLLOWING)


def _mean_rectified() -> float:
    """The mean of a standard normal variable after the leaky rectifier."""
    return LEAKY_GAIN * (1 - LEAKY_SLOPE) / math.sqrt(2 * math.pi)
