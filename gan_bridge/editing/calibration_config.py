"""What `circumplex calibrate` is asked to do."""

from dataclasses import dataclass

from faces.ground.records import Record
from vae.config import DEFAULT_TRUNCATION


@dataclass(frozen=True)
class CalibrationConfig(Record):
    """How the response is measured.

    Attributes:
        faces: moved for it, of the seeds from `seed` on; moves: of each, drawn evenly from a disc.
        checked: further faces, on which requests are compared with what is then read.
        reach: radius of that disc, in the probes' units; no edit moves further. Beyond about 1
            faces break before they show more.
        effort: weight of how far a move strays from the target, squared, beside what is missed,
            squared. Where a face cannot show its target, long moves break it and gain little.
        truncation: of the faces.
        seed: the first, far from those that people look at, so that these stay unseen.
    """

    faces: int = 400
    moves: int = 10
    checked: int = 24
    reach: float = 1.1
    effort: float = 0.1
    truncation: float = DEFAULT_TRUNCATION
    seed: int = 1_000_000

    def __post_init__(self) -> None:
        self._require(20 <= self.faces <= 10**6, "faces", "from 20 to 1000000")
        self._require(2 <= self.moves <= 1000, "moves", "from 2 to 1000")
        enough = self.faces * self.moves >= 100
        self._require(enough, "moves", "enough for 100 pictures of all faces together")
        self._require(2 <= self.checked <= 10**5, "checked", "from 2 to 100000")
        self._require(0.2 <= self.reach <= 10, "reach", "from 0.2 to 10")
        self._require(0 <= self.effort <= 10, "effort", "from 0 to 10")
        self._require(0 < self.truncation <= 2, "truncation", "above 0 and at most 2")
        self._require(0 <= self.seed < 2**62, "seed", "between 0 and 2^62")
