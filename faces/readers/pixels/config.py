"""Settings of the pixel reader's network and of its training."""

import math
from dataclasses import dataclass

from faces.ground.records import Record


@dataclass(frozen=True)
class PixelConfig(Record):
    """Architecture of the network.

    Attributes:
        size: side of the square grey input, pixels.
        stem: channels at full size.
        widths: channels of each stage; each halves the side.
        depths: residual blocks of each stage.
        squeeze: the attention's hidden layer is this many times narrower than the block.
        dropout: share of the features dropped before the heads in training.
    """

    size: int = 48
    stem: int = 32
    widths: tuple[int, ...] = (64, 128, 256)
    depths: tuple[int, ...] = (1, 2, 2)
    squeeze: int = 8
    dropout: float = 0.2

    def __post_init__(self) -> None:
        for name in ("widths", "depths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._require(1 <= len(self.widths) <= 5, "widths", "1 to 5 widths")
        self._require(min(self.widths) >= 1, "widths", "positive")
        self._require(len(self.depths) == len(self.widths), "depths", "one for each width")
        self._require(min(self.depths) >= 1, "depths", "positive")
        self._require(self.stem >= 1, "stem", "positive")
        self._require(1 <= self.squeeze <= min(self.widths), "squeeze", "1 to the least width")
        self._require(self.size >= 2 ** len(self.widths), "size", "large enough to be halved")
        self._require(0 <= self.dropout < 1, "dropout", "in [0, 1)")


@dataclass(frozen=True)
class PixelTrainConfig(Record):
    """Settings of one training.

    Attributes:
        epochs: passes over the faces.
        batch_size: faces in a step.
        learning_rate: peak, of SGD with Nesterov momentum; rises, then falls as half a cosine.
        warmup: share of the steps in which the rate rises.
        weight_decay: of kernels and matrices.
        momentum: of SGD.
        affect_weight: of the valence-arousal loss beside the cross-entropy.
        held_out: share of the training faces that are measured after each epoch instead.
        small_size: side of the views in the first `small_share` of the epochs, which makes them
            cheaper; the rest is at the network's own size.
        small_share: share of the epochs at `small_size`.
        strength: how far the views differ from the faces, 0 to 1.
        average: decay of the running average of the weights, which is what is kept.
        checkpoint_steps: the state is saved after so many steps, and after every epoch.
        seed: decides weights, order and views.
    """

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 0.1
    warmup: float = 0.1
    weight_decay: float = 5e-4
    momentum: float = 0.9
    affect_weight: float = 1.0
    held_out: float = 0.04
    small_size: int = 36
    small_share: float = 0.5
    strength: float = 1.0
    average: float = 0.998
    checkpoint_steps: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "small_size", "checkpoint_steps"):
            self._require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("learning_rate", "weight_decay", "affect_weight"):
            value = getattr(self, name)
            self._require(math.isfinite(value) and value >= 0, name, "finite and not negative")
        self._require(0 <= self.strength <= 1, "strength", "in [0, 1]")
        for name in ("warmup", "momentum", "held_out", "small_share", "average"):
            self._require(0 <= getattr(self, name) < 1, name, "in [0, 1)")
