"""A further column of a manifest as a label: age, dominance, a rating.

Numbers stay in their own units. Bands of text become their middle ("20-29" is 24.5), open ones
their bound ("70+", "more than 70" are 70). Of two words the first in the alphabet is -1, the other
1. What has more words than two is no scale, and is refused.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from faces.ground.errors import CircumplexError
from faces.sets.manifest import MANIFEST, FaceSet

#: Columns that say which picture a row is, or have directions of their own.
_NO_LABELS = ("path", "digest", "split", "identity", "valence", "arousal")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BAND = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})")
_OPEN = re.compile(rf"(?:(?:more than|over|>=?|≥)\s*)?({_NUMBER})\s*\+?")


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """One label of each face of a set.

    Attributes:
        values: (N,) float64 in the label's own units; NaN means no label.
        classes: the words that -1 and 1 stand for; None for numbers.
    """

    name: str
    values: np.ndarray
    classes: tuple[str, str] | None = None


def read_label_column(
    faces: FaceSet, name: str, classes: tuple[str, str] | None = None
) -> LabelColumn:
    """The column of that name as a label.

    Args:
        classes: what -1 and 1 stand for, where another set has said so; other words are no label.

    Raises:
        CircumplexError: there is no such column, it is no label, or it has more words than two.
    """
    if name in _NO_LABELS:
        raise CircumplexError(
            f"{name} cannot be a further factor: valence and arousal have their directions, and "
            "which picture a row is says nothing of the face; name a label that prepare --keep kept"
        )
    cells = [None if _is_missing(cell) else cell for cell in faces.manifest([name])[name]]
    numbers: dict[Hashable, float | None] = {
        cell: _as_number(cell) for cell in set(cells) if cell is not None
    }
    if classes is None and None in numbers.values():
        words = sorted({str(cell).strip() for cell in numbers})
        if len(words) != 2:
            raise CircumplexError(
                f"{faces.folder / MANIFEST}: {name} has {len(words)} different words, such as "
                f"{', '.join(words[:3])}; a factor is a number, a band such as 20-29, or one of "
                "two words"
            )
        classes = words[0], words[1]
    if classes is not None:
        signs = {classes[0]: -1.0, classes[1]: 1.0}
        numbers = {cell: signs.get(str(cell).strip()) for cell in numbers}
    found = (None if cell is None else numbers[cell] for cell in cells)
    values = np.array([np.nan if value is None else value for value in found], np.float64)
    return LabelColumn(name, values, classes)


def _is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or cell != cell  # NaN, and pandas' own marks of it


def _as_number(cell: object) -> float | None:
    """A finite number, or the middle of a band; None for other words."""
    if isinstance(cell, bool | np.bool_):
        return None
    if not isinstance(cell, str):
        number = float(cell)  # type: ignore[arg-type]
        return number if np.isfinite(number) else np.nan
    if band := _BAND.fullmatch(cell.strip()):
        return (float(band[1]) + float(band[2])) / 2
    single = _OPEN.fullmatch(cell.strip())
    return float(single[1]) if single else None
