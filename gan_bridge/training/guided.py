"""Steps of a training that an encoder guides: first a decoder of its codes, then a GAN."""

import copy
from collections.abc import Mapping

import torch
from accelerate import Accelerator
from torch import Tensor

from faces.ground.errors import CircumplexError
from gan_bridge.training.backbone import ImageBackbone
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.critic import FeatureCritic, critic_loss, mean_score
from gan_bridge.training.guide import Guide
from gan_bridge.training.losses import generator_loss
from gan_bridge.training.start import Start
from gan_bridge.training.state import Position
from gan_bridge.training.steps import FIGURES, Steps, frozen, lazy_adam

_GUIDED = ("pictures", "features", "code", "likeness", "critic_real", "critic_fake")
_BETA_ALONE, _BETA_ADVERSARIAL = 0.9, 0.0


class GuidedSteps(Steps):
    """Steps whose latents begin with codes, and whose pictures have to show what these stand for.

    Beside the discriminator there may be a critic that sees through the guide's encoder.

    Raises:
        CircumplexError: settings that do not fit the networks.
    """

    figures = (*FIGURES, *_GUIDED)

    def __init__(
        self, accelerator: Accelerator, start: Start, config: GANTrainConfig, guide: Guide
    ) -> None:
        super().__init__(accelerator, start, config)
        self.guide = copy.copy(guide)  # a saved state brings its own numbers
        if self.generator.config.z_dim < guide.width:
            raise CircumplexError(
                f"the guide has codes of {guide.width}, the generator latents of "
                f"{self.generator.config.z_dim}; give it a z_dim of {guide.width} or more"
            )
        if config.style_mixing:
            raise CircumplexError("style_mixing mixes codes; leave it 0 beside a guide")
        self.critic: FeatureCritic | None = None
        self._maps: list[Tensor] = []  # of the step's pictures, for the critic to learn from
        self.backbone: ImageBackbone | None = None
        if guide.config.critic:
            on = guide.config.critic_on
            shapes = [] if on == "imagenet" else guide.map_shapes()
            if on != "encoder":
                self.backbone = ImageBackbone(config.seed).to(accelerator.device)
                shapes += self.backbone.shapes
            self.critic = FeatureCritic(shapes, seed=config.seed).to(accelerator.device)
            self.c_parameters = list(self.critic.parameters())
            self.auxiliary["critic"] = self.critic
            self.optimizers["C"] = lazy_adam(self.c_parameters, guide.config.critic_rate, None)

    @property
    def measured(self) -> dict[str, Tensor]:
        """The mean and the whitening of the codes."""
        return {"mean": self.guide.mean, "whitening": self.guide.whitening}

    def restore(self, position: Position, measured: Mapping[str, Tensor]) -> None:
        super().restore(position, measured)
        for name, value in measured.items():
            setattr(self.guide, name, value.to(self.accelerator.device))

    def _meets_adversary(self, step: int) -> bool:
        return step >= self.guide.config.regress_steps

    def _update_generator(self, real: Tensor) -> Tensor:
        guide, config = self.guide, self.guide.config
        adversarial = self._meets_adversary(self._current.step)
        anchors = self._anchors(real, config.anchored if adversarial else 1.0)
        with torch.no_grad():
            encoded = guide.encode(anchors)
        z = guide.latents(encoded.codes, self._draw(len(real)))
        self._set_pace(adversarial)
        with frozen(self.d_parameters):
            fake, _ = self._synthesize(z)
            distances, own = guide.compare(fake, z, anchors, encoded, not adversarial)
            loss = torch.stack(list(distances.values())).sum()
            if adversarial and config.adversary:
                adversary = generator_loss(self._scores(fake, "fake in G"))
                loss = loss + config.adversary * adversary
                self._add(loss_g=adversary)
            if adversarial and self.critic is not None:
                count = len(self.grey)  # no critic is for the greyed
                encoded_fake = [each[count:] for each in own.maps]
                maps = self._seen(fake[count:], "fake in C", encoded_fake)
                with frozen(self.c_parameters):
                    loss = loss - config.critic * mean_score(self.critic(maps))
                self._maps = [each.detach() for each in maps]
            loss.backward()
        self._apply("G", self.g_parameters)
        self._add(**distances)
        return fake.detach()

    def _anchors(self, real: Tensor, share: float) -> Tensor:
        """The faces whose codes a batch begins with: the step's grey ones, then colour ones."""
        count = max(1, round(share * len(real))) - len(self.grey)
        return torch.cat([self.grey, real[: max(0, count)]])

    def _update_discriminator(self, real: Tensor, fake: Tensor) -> None:
        if self.guide.config.adversary:
            super()._update_discriminator(real, fake)
        if self.critic is None:
            return
        with torch.no_grad():
            maps = self._seen(real, "real in C")
        of_real, of_fake = self.critic(maps), self.critic(self._maps)
        critic_loss(of_real, of_fake).backward()
        self._apply("C", self.c_parameters)
        self._add(critic_real=mean_score(of_real), critic_fake=mean_score(of_fake))

    def _seen(
        self, images: Tensor, purpose: str, encoded: list[Tensor] | None = None
    ) -> list[Tensor]:
        """What the critic sees of pictures (N, C, S, S); `encoded` are the encoder's maps of them,
        where they are at hand."""
        maps: list[Tensor] = []
        if self.guide.config.critic_on != "imagenet":
            maps += self.guide.encode(images).maps if encoded is None else encoded
        if self.backbone is not None:
            maps += self.backbone(self._augment(images, purpose))
        return maps

    def _set_pace(self, adversarial: bool) -> None:
        """Learning rate and momentum: beside an adversary momentum makes both run in circles."""
        rate = self.guide.config.rate(self._current.step, self.config.g_rate)
        for group in self.optimizers["G"].param_groups:
            beta = _BETA_ADVERSARIAL if adversarial else _BETA_ALONE
            group["lr"], group["betas"] = rate, (beta, group["betas"][1])
