"""Which classifiers there are, and their settings."""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from faces.ground.records import Record

PIXELS, LANDMARKS, FEATURES, POSE = "pixels", "landmarks", "features", "pose"
#: What each classifier looks at.
MODELS = MappingProxyType(
    {
        "small": PIXELS,  # the pixel reader's network
        "mobilenet_v3_small": PIXELS,
        "resnet18": PIXELS,
        "googlenet": PIXELS,
        "vgg16": PIXELS,
        "alexnet": PIXELS,
        "mlp": LANDMARKS,
        "boosting": FEATURES,
        "adaboost": FEATURES,
        "pose": POSE,
    }
)
#: What a setting is where it is not given, by model; "" stands for all others.
_DEFAULTS: dict[str, dict[str, float]] = {
    "epochs": {"small": 12, "mlp": 20, "pose": 20, "": 10},
    # without batch statistics a large step throws a deep network off for good
    "learning_rate": {"boosting": 0.1, "adaboost": 1.0, "alexnet": 1e-4, "vgg16": 1e-4, "": 1e-3},
    "size": {"small": 48, "": 64},
    "rounds": {"adaboost": 100, "": 200},
}

Number = TypeVar("Number", int, float)


def settled(value: Number | None) -> Number:
    """A setting of a ClassifierConfig, which puts the model's own in place of every None."""
    assert value is not None
    return value


@dataclass(frozen=True)
class ClassifierConfig(Record):
    """A classifier and its training.

    Attributes:
        model: one of MODELS.
        epochs: of a network: passes over the training faces; None takes the model's own.
        batch_size: of a network: faces in a step.
        learning_rate: of a network: peak of Adam's rate, which falls as half a cosine; of boosting
            and AdaBoost: share of each round; None takes the model's own.
        balance: exponent on the inverse class frequencies that weight the faces: 0 leaves them as
            they come, 1 gives every class the same total weight.
        size: side in pixels that pictures are brought to; None takes the model's own.
        hidden: width of the landmark network's hidden layer.
        rounds: of boosting and AdaBoost; None takes the model's own.
        augment: whether training pictures are mirrored, turned, shifted and relit at random.
        precision: of a network of pixels in training: "bf16" or "no".
        held_out: share of the faces that scores are taken on, where the data have no split.
        seed: decides weights, order, views and splits.
    """

    model: str = "mlp"
    epochs: int | None = None
    batch_size: int = 128
    learning_rate: float | None = None
    balance: float = 0.5
    size: int | None = None
    hidden: int = 256
    rounds: int | None = None
    augment: bool = True
    precision: str = "bf16"
    held_out: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        self._require(self.model in MODELS, "model", f"one of {', '.join(MODELS)}")
        for name, values in _DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, values.get(self.model, values[""]))
        for name, least in (("epochs", 1), ("batch_size", 2), ("hidden", 1), ("rounds", 1)):
            self._require(getattr(self, name) >= least, name, f"at least {least}")
        self._require(0 < settled(self.learning_rate) < math.inf, "learning_rate", "above 0")
        self._require(0 <= self.balance <= 1, "balance", "between 0 and 1")
        self._require(32 <= settled(self.size) <= 512, "size", "between 32 and 512 pixels")
        self._require(self.precision in ("bf16", "no"), "precision", "bf16 or no")
        self._require(0 < self.held_out < 1, "held_out", "between 0 and 1")
        self._require(0 <= self.seed < 2**63, "seed", "between 0 and 2^63 - 1")

    @property
    def kind(self) -> str:
        """What the classifier looks at: pixels, landmarks, features or pose."""
        return MODELS[self.model]
