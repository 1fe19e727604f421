"""Settings of the pixel reader's network and of its training."""

from dataclasses import dataclass

from faces.ground.records import Record, setting


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

    size: int = setting(48, at_least=2)
    stem: int = setting(32, at_least=1)
    widths: tuple[int, ...] = (64, 128, 256)
    depths: tuple[int, ...] = (1, 2, 2)
    squeeze: int = setting(8, at_least=1)
    dropout: float = setting(0.2, at_least=0, below=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("widths", "depths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._require(1 <= len(self.widths) <= 5, "widths", "1 to 5 widths")
        self._require(min(self.widths) >= 1, "widths", "positive")
        self._require(len(self.depths) == len(self.widths), "depths", "one for each width")
        self._require(min(self.depths) >= 1, "depths", "positive")
        self._require(self.squeeze <= min(self.widths), "squeeze", "1 to the least width")
        self._require(self.size >= 2 ** len(self.widths), "size", "large enough to be halved")


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

    epochs: int = setting(30, at_least=1)
    batch_size: int = setting(128, at_least=1)
    learning_rate: float = setting(0.1, at_least=0)
    warmup: float = setting(0.1, at_least=0, below=1)
    weight_decay: float = setting(5e-4, at_least=0)
    momentum: float = setting(0.9, at_least=0, below=1)
    affect_weight: float = setting(1.0, at_least=0)
    held_out: float = setting(0.04, at_least=0, below=1)
    small_size: int = setting(36, at_least=1)
    small_share: float = setting(0.5, at_least=0, below=1)
    strength: float = setting(1.0, at_least=0, at_most=1)
    average: float = setting(0.998, at_least=0, below=1)
    checkpoint_steps: int = setting(50, at_least=1)
    seed: int = 0
