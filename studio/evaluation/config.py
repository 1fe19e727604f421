"""What an evaluation edits, and how much else an edit may change."""

from dataclasses import dataclass, field

from faces.ground.records import Record
from studio.validation import require, require_layers, require_seed, require_truncation
from vae.config import DEFAULT_TRUNCATION


@dataclass(frozen=True)
class Budget(Record):
    """How much else an edit may change.

    Attributes:
        pose: mean absolute turn of the head, degrees, by each angle.
        identity: share of the way from a stranger's similarity to the own that must be kept.
        found: share of faces that must still be found.
    """

    pose: float = 3.0
    identity: float = 0.5
    found: float = 0.95

    def __post_init__(self) -> None:
        self._require(self.pose > 0, "pose", "above 0 degrees")
        for name in ("identity", "found"):
            self._require(0 <= getattr(self, name) <= 1, name, "a share from 0 to 1")


@dataclass(frozen=True)
class EvaluateConfig(Record):
    """What is edited and how.

    Attributes:
        seeds: the faces.
        directions: equal angles from positive valence, counter-clockwise.
        intensities: radii of the circumplex, from the smallest, each above 0 and at most 1.
        truncation: of the faces.
        layers: of a StyleGAN to edit, as `gan_bridge.editing.layer_strengths` reads them; None for
            the profile's.
        budget: what else an edit may change.
        seed: of the bootstrap.
    """

    seeds: tuple[int, ...] = tuple(range(64))
    directions: int = 28
    intensities: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8)
    truncation: float = DEFAULT_TRUNCATION
    layers: str | None = None
    budget: Budget = field(default_factory=Budget)
    seed: int = 0

    def __post_init__(self) -> None:
        require(len(self.seeds) > 0, "seeds is empty; give at least one")
        require(len(set(self.seeds)) == len(self.seeds), "a seed is given twice; give each once")
        for seed in (*self.seeds, self.seed):
            require_seed(seed)
        self._require(3 <= self.directions <= 360, "directions", "from 3 to 360")
        rising = tuple(sorted(set(self.intensities)))
        fits = bool(rising) and rising == self.intensities and rising[0] > 0 and rising[-1] <= 1
        self._require(fits, "intensities", "rising, each above 0 and at most 1")
        require_truncation(self.truncation)
        require_layers(self.layers)
