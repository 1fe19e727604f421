"""What `circumplex bridge` is asked to do."""

from dataclasses import dataclass

from faces.ground.parsing import parse_names
from faces.ground.records import Record, setting
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

    samples: int = setting(
        10_000,
        "Faces drawn and scored; the last fifth is held out.",
        at_least=50,
        at_most=10**7,
    )
    truncation: float = setting(
        DEFAULT_TRUNCATION,
        "Of the faces: 1 is the full spread, towards 0 the mean face.",
        above=0,
        at_most=2,
    )
    basis: str = setting(
        "orthogonal", "orthogonal (Gram–Schmidt) or dual, which move faces alike; or pattern."
    )
    without: tuple[str, ...] = setting(
        (),
        "Taken out of the directions: some of yaw,pitch,roll,identity.",
        shown="",
        parse=parse_names,
    )
    crop: str = setting("auto", "whole picture, detect the face in it, or auto.", choices=CROPS)
    faces: int = setting(
        8, "Faces that the layer profile is measured on.", at_least=2, at_most=1000
    )
    seed: int = setting(0, "Of the first face.", at_least=0, below=2**62)

    def __post_init__(self) -> None:
        from vae.probing.directions import BASES  # numpy and more: not for `--help`

        super().__post_init__()
        self._require(self.basis in BASES, "basis", f"one of {', '.join(BASES)}")
        self._require(len(set(self.without)) == len(self.without), "without", "each named once")
