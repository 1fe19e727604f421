"""Which classifiers there are, and their settings."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from faces.ground.records import Record, setting

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
_SHOWN = "the model's own"

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

    model: str = setting("mlp", f"One of {', '.join(MODELS)}.", choices=tuple(MODELS))
    epochs: int | None = setting(None, "Passes over the faces.", at_least=1, shown=_SHOWN)
    batch_size: int = setting(128, "Faces a step.", at_least=2)
    learning_rate: float | None = setting(None, "Peak of the rate.", above=0, shown=_SHOWN)
    balance: float = setting(
        0.5,
        "Exponent on the class weights: 0 unweighted, 1 in full.",
        at_least=0,
        at_most=1,
    )
    size: int | None = setting(
        None, "Side of pictures in pixels.", at_least=32, at_most=512, shown=_SHOWN
    )
    hidden: int = setting(256, at_least=1)
    rounds: int | None = setting(None, "Of boosting and AdaBoost.", at_least=1, shown=_SHOWN)
    augment: bool = True
    precision: str = setting("bf16", choices=("bf16", "no"))
    held_out: float = setting(
        0.2, "Share that is scored, where the data have no split.", above=0, below=1
    )
    seed: int = setting(0, "The one seed.", at_least=0, below=2**63)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, values in _DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, values.get(self.model, values[""]))

    @property
    def kind(self) -> str:
        """What the classifier looks at: pixels, landmarks, features or pose."""
        return MODELS[self.model]
