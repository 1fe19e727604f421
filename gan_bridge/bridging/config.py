"""What `circumplex bridge` is asked to do."""

from dataclasses import dataclass

from faces.ground.records import Record
from vae.config import DEFAULT_TRUNCATION

CROPS = ("auto", "whole", "detect")


@dataclass(frozen=True)
class BridgeConfig(Record):
    """How directions are carried into w.

    Attributes:
        samples: faces drawn, of the seeds `seed`, `seed` + 1, …
        truncation: of the faces, 0 for the mean face, 1 for the full spread.
        basis: one of `vae.probing.directions.BASES`.
        without: nuisances to take out of the directions, of NUISANCES or of readings given.
        crop: "whole" picture, "detect" the face in it, or "auto": whole where the generator was
            trained on faces cut as the run's.
        faces: moved for the layer profile, of the seeds that follow those of the samples.
        seed: the first; also of folds, shuffles and bootstrap.
    """

    samples: int = 10_000
    truncation: float = DEFAULT_TRUNCATION
    basis: str = "orthogonal"
    without: tuple[str, ...] = ()
    crop: str = "auto"
    faces: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        from vae.probing.directions import BASES  # numpy and more: not for `--help`

        self._require(50 <= self.samples <= 10**7, "samples", "from 50 to 10000000")
        self._require(0 < self.truncation <= 2, "truncation", "above 0 and at most 2")
        self._require(self.basis in BASES, "basis", f"one of {', '.join(BASES)}")
        self._require(len(set(self.without)) == len(self.without), "without", "each named once")
        self._require(self.crop in CROPS, "crop", f"one of {', '.join(CROPS)}")
        self._require(2 <= self.faces <= 1000, "faces", "from 2 to 1000")
        self._require(0 <= self.seed < 2**62, "seed", "between 0 and 2^62")
