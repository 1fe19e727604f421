"""What an evaluation edits, and how much else an edit may change."""

from dataclasses import dataclass, field

from faces.ground.parsing import parse_numbers
from faces.ground.records import Record, setting
from studio.face_choice import TRUNCATION_HELP
from studio.stimuli.points import parse_seeds
from studio.validation import MOST_SEED, require, require_seed
from vae.config import DEFAULT_TRUNCATION

#: Beyond the faces that a bridge draws by default and below those that train an editor.
FIRST_SEED, FACES = 20_000, 64


@dataclass(frozen=True)
class Budget(Record):
    """How much else an edit may change.

    Attributes:
        identity: mean distance of an edit's embedding from its neutral face's.
        pose: mean absolute turn of the head by each angle, degrees.
        pose_per_unit: slope of each angle on requested valence and on arousal, degrees.
        light_per_unit: slope of mean and of standard deviation of luma, levels of 255.
        sharpness_per_unit: slope of the sharpness relative to the neutral face's, percent.
        sex: share of edits whose apparent sex is another; age: mean absolute change of apparent
            age, years.
        found: share of edits in which a face must still be found.
    """

    identity: float = setting(
        0.4, "Mean identity distance of an edit from its face.", flag="--identity-budget", above=0
    )
    pose: float = setting(
        3.0, "Degrees that an edit may turn the head, on average.", flag="--pose-budget", above=0
    )
    pose_per_unit: float = setting(
        1.0,
        "Degrees that a unit of valence or arousal may turn the head.",
        flag="--pose-slope-budget",
        above=0,
    )
    light_per_unit: float = setting(
        5.0,
        "Levels of 255 that a unit may change mean or contrast.",
        flag="--light-budget",
        above=0,
    )
    sharpness_per_unit: float = setting(
        20.0, "Percent that a unit may change the sharpness.", flag="--sharpness-budget", above=0
    )
    sex: float = setting(
        0.03,
        "Share of edits that may change the apparent sex.",
        flag="--sex-budget",
        at_least=0,
        at_most=1,
    )
    age: float = setting(
        3.0, "Years that an edit may change the apparent age.", flag="--age-budget", above=0
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
        seeds: the faces; none of those that fitted directions or editor.
        allow_fitted: takes such seeds as well, and marks them.
        directions: equal angles from positive valence, counter-clockwise.
        intensities: radii of the circumplex, from the smallest, each above 0 and at most 1.
        truncation: of the faces.
        budget: what else an edit may change.
        seed: of the bootstrap.
    """

    seeds: tuple[int, ...] = setting(
        tuple(range(FIRST_SEED, FIRST_SEED + FACES)),
        "Numbers of faces, as 20000-20063 or 1,5,9; none that fitted directions or editor.",
        shown=f"{FIRST_SEED}-{FIRST_SEED + FACES - 1}",
        parse=parse_seeds,
    )
    allow_fitted: bool = setting(
        False, "Take seeds that fitted directions or editor too; page and JSON mark them."
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
