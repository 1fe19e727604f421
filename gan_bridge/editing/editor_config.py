"""What `circumplex calibrate` is asked to do."""

from dataclasses import dataclass

from faces.ground.records import Record, setting
from vae.config import DEFAULT_TRUNCATION


@dataclass(frozen=True)
class EditorConfig(Record):
    """How an editor is trained.

    Attributes:
        faces: whose moves it learns, of the seeds from `seed` on; checked: further ones, on which
            requests are compared with what is then read; truncation: of all of these.
        steps: updates; batch_size: pictures in each; neutral: share of these for which a neutral
            face is requested; learning_rate: at its peak.
        affect, expression, identity, pose, light, appearance, smooth, short: weights of what is
            missed of the request; of the expression where one belongs to the request
            (`editor_losses.expression_targets`); of the distance of embeddings; of the turn of
            the head; of brightness and contrast; of apparent sex and age; of how fast the move
            changes with the request; of how far it goes beside the linear one.
        free: distance of embeddings that costs nothing: a smile changes a face's own embedding.
        seed: of the first face, far from those that people look at, so that these stay unseen.
    """

    faces: int = setting(2048, "Faces whose moves are learned.", at_least=16, at_most=10**6)
    checked: int = setting(
        32, "Further faces that requests are checked on.", at_least=2, at_most=10**5
    )
    truncation: float = setting(
        DEFAULT_TRUNCATION,
        "0 for the mean face, 1 for the full spread of the training faces.",
        above=0,
        at_most=2,
    )
    steps: int = setting(2000, "Updates of the editor.", at_least=1)
    batch_size: int = setting(8, "Pictures in each.", at_least=2, at_most=4096)
    neutral: float = setting(0.15, at_least=0, at_most=1)
    learning_rate: float = setting(1e-3, above=0)
    affect: float = setting(1.5, "Weight of what is missed of the request.", at_least=0)
    expression: float = setting(0.5, "Weight of the expression that is named.", at_least=0)
    identity: float = setting(6.0, "Weight of how much another person appears.", at_least=0)
    pose: float = setting(0.3, "Weight of the turn of the head.", at_least=0)
    light: float = setting(0.2, "Weight of brightness and contrast.", at_least=0)
    appearance: float = setting(1.0, "Weight of apparent sex and age.", at_least=0)
    smooth: float = setting(0.002, at_least=0)
    short: float = setting(0.02, at_least=0)
    free: float = setting(0.27, at_least=0)
    seed: int = setting(1_000_000, "Of the first face.", at_least=0, below=2**62)
