"""What an evaluation edits, and how much else an edit may change."""

from dataclasses import dataclass, field

from faces.ground.parsing import parse_numbers
from faces.ground.records import Record, setting
from studio.face_choice import TRUNCATION_HELP
from studio.stimuli.points import parse_seeds
from studio.validation import MOST_SEED, require, require_seed
from vae.config import DEFAULT_TRUNCATION


@dataclass(frozen=True)
class Budget(Record):
    """How much else an edit may change.

    Attributes:
        pose: mean absolute turn of the head, degrees, by each angle.
        identity: share of the distance of two different faces that must be kept clear: at 0.5 an
            edit may lie half as far from its neutral face as a stranger does.
        found: share of faces that must still be found.
    """

    pose: float = setting(
        3.0, "Degrees that an edit may turn the head, on average.", flag="--pose-budget", above=0
    )
    identity: float = setting(
        0.5,
        "Share of a stranger's distance to keep clear.",
        flag="--identity-budget",
        at_least=0,
        at_most=1,
    )
    found: float = setting(
        0.95,
        "Share of faces that must be found.",
        flag="--found-budget",
        at_least=0,
        at_most=1,
    )


@dataclass(frozen=True)
class EvaluateConfig(Record):
    """What is edited and how.

    Attributes:
        seeds: the faces.
        directions: equal angles from positive valence, counter-clockwise.
        intensities: radii of the circumplex, from the smallest, each above 0 and at most 1.
        truncation: of the faces.
        budget: what else an edit may change.
        seed: of the bootstrap.
    """

    seeds: tuple[int, ...] = setting(
        tuple(range(64)), "Numbers of faces, as 0-63 or 1,5,9.", shown="0-63", parse=parse_seeds
    )
    directions: int = setting(28, "Angles of the circle.", flag="--angles", at_least=3, at_most=360)
    intensities: tuple[float, ...] = setting(
        (0.2, 0.4, 0.6, 0.8),
        "Radii, rising, up to 1.",
        shown="0.2,0.4,0.6,0.8",
        parse=parse_numbers,
    )
    truncation: float = setting(DEFAULT_TRUNCATION, TRUNCATION_HELP, at_least=0, at_most=2)
    budget: Budget = field(default_factory=Budget)
    seed: int = setting(0, at_least=0, below=MOST_SEED)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.seeds) > 0, "seeds is empty; give at least one")
        require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in self.seeds:
            require_seed(seed)
        rising = tuple(sorted(set(self.intensities)))
        fits = bool(rising) and rising == self.intensities and rising[0] > 0 and rising[-1] <= 1
        self._require(fits, "intensities", "rising, each above 0 and at most 1")
