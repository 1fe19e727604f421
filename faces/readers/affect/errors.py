"""By how much readers of valence and arousal err on labelled photographs, and the interval of one
reading that follows from it.

The error is the root mean square of reading minus label on faces that no reader was fitted on,
measured by `scripts/report_errors.py`. It is known for the very files that were measured alone: a
reader that is fitted anew has no interval until it is measured anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from faces.ground.digests import file_digest, text_digest
from faces.ground.files import check_schema, read_json
from faces.readers.action_units.units import TABLES
from faces.readers.affect.from_action_units import BUNDLED as UNITS_FILE
from faces.readers.affect.registry import PIXEL, UNITS, UNITS_TABLE

SCHEMA, VERSION = "circumplex/affect-errors", 1
TABLE = TABLES / "affect_errors.json"
#: Errors on either side of a reading that hold 95 % of normally distributed ones.
_WIDE = 1.96


@dataclass(frozen=True)
class AffectError:
    """Root mean square error of one reader, in units of valence and arousal."""

    valence: float
    arousal: float

    def interval(self, target: str, value: float) -> tuple[float, float]:
        """The 95 % interval about a reading of "valence" or "arousal", within [-1, 1]."""
        reach = _WIDE * (self.valence if target == "valence" else self.arousal)
        return max(value - reach, -1.0), min(value + reach, 1.0)


@dataclass(frozen=True)
class AffectErrors:
    """The errors of the package's readers.

    Attributes:
        readers: those that were measured as they are now, by name.
        faces: what they were measured on; count: how many faces.
    """

    readers: Mapping[str, AffectError]
    faces: str
    count: int


@cache
def packaged_errors() -> AffectErrors:
    """What was measured of the readers in the package.

    Raises:
        CircumplexError: the table is missing or damaged.
    """
    table = read_json(TABLE)
    check_schema(table, SCHEMA, VERSION, TABLE)
    readers = {
        name: AffectError(found["valence"], found["arousal"])
        for name, found in table["readers"].items()
        if found["digest"] == reader_digest(name)
    }
    return AffectErrors(readers, table["faces"], table["n"])


def reader_digest(name: str) -> str:
    """Names the files that the package's reader of that name reads with."""
    from faces.readers.pixels.reader import BUNDLED as PIXEL_FILE  # torch: only where it is used

    files: Mapping[str, tuple[Path, ...]] = {
        PIXEL: (PIXEL_FILE,),
        UNITS: (TABLES / "shape_scores.json", UNITS_FILE),
        UNITS_TABLE: (TABLES / "action_units.json", TABLES / "affect.json"),
    }
    return text_digest("\n".join(file_digest(file) for file in files[name]))
