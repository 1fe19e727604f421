"""What `circumplex calibrate` is asked to do."""

from dataclasses import dataclass

from faces.ground.records import Record, setting
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

    faces: int = setting(400, "Faces that are moved.", at_least=20, at_most=10**6)
    moves: int = setting(10, "Moves of each.", at_least=2, at_most=1000)
    checked: int = setting(
        24, "Further faces that requests are checked on.", at_least=2, at_most=10**5
    )
    reach: float = setting(
        1.1, "How far a move may go, in the probes' units.", at_least=0.2, at_most=10
    )
    effort: float = setting(
        0.1,
        "What it costs to stray from the request; 0 for nothing.",
        at_least=0,
        at_most=10,
    )
    truncation: float = setting(
        DEFAULT_TRUNCATION,
        "0 for the mean face, 1 for the full spread of the training faces.",
        above=0,
        at_most=2,
    )
    seed: int = setting(1_000_000, "Of the first face.", at_least=0, below=2**62)

    def __post_init__(self) -> None:
        super().__post_init__()
        enough = self.faces * self.moves >= 100
        self._require(enough, "moves", "enough for 100 pictures of all faces together")
