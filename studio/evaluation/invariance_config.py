"""What a study of invariance compares, and by which bound."""

from dataclasses import dataclass

from faces.circumplex import EXPRESSIONS
from faces.ground.records import Record, setting
from studio.validation import MOST_SEED

#: Columns of groups that are looked for where none is named.
DEFAULT_BY = ("sex", "gender", "age", "race", "ethnicity")
#: The readers that say which unlabelled faces are neutral and which smile. None is its own judge:
#: readers of action units are told by the pixel reader, readers of pixels by action units.
BY_LABELS, BY_PIXEL, BY_UNITS = "labels", "pixel", "action_units"
#: Probability, by the pixel reader, above which an unlabelled face is taken for neutral or happy.
LIKELY = 0.5
#: Intensity of AU12 from which an unlabelled face smiles, by its action units.
SMILE = 0.5
#: Units that are near zero in a face at rest, and how far they may be off. Brows have room, for
#: they stand differently in people at rest.
AT_REST = {
    **dict.fromkeys(("AU12", "AU15", "AU25", "AU26", "AU27"), 0.1),
    **dict.fromkeys(("AU1", "AU2", "AU4", "AU5"), 0.5),
}
#: People (or faces) of a group below which intervals and tests are to be taken with caution.
FEW = 20
#: Distance from (0, 0) within which a neutral face reads as neutral.
NEAR = 0.15


@dataclass(frozen=True)
class InvarianceConfig(Record):
    """How groups are compared.

    Attributes:
        bound: the smallest difference that would matter.
        level: error over all comparisons of one reader in one measure, which are one family of
            tests; each reader and measure is a family of its own.
        smallest: units of a group below which it is named and not compared.
        expression: whose faces are set against neutral ones.
    """

    bound: float = setting(
        0.1, "Smallest difference that would matter, of readings from -1 to 1.", above=0, at_most=2
    )
    level: float = setting(
        0.05, "Error over all comparisons of one reader in one measure.", above=0, at_most=0.2
    )
    smallest: int = setting(
        5, "People (or faces) that a group must have to be compared.", at_least=3, at_most=10_000
    )
    expression: str = setting(
        "happiness",
        "Label of the faces set against neutral ones.",
        choices=EXPRESSIONS[1:],
    )
    draws: int = setting(2000, "Bootstrap resamples.", at_least=100, at_most=100_000)
    shuffles: int = setting(
        500, "Shuffles of groups, for what chance leaves.", at_least=100, at_most=100_000
    )
    seed: int = setting(0, "Of resampling and of --most.", at_least=0, below=MOST_SEED)
