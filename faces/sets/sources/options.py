"""How a source is read, where it does not say so itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypedDict

import pandas as pd

from faces.ground.errors import CircumplexError
from faces.sets.sources.code_books import PROVEN, Meanings


class SourceKeywords(TypedDict, total=False):
    """The settings of SourceOptions as keywords."""

    form: str | None
    columns: Mapping[str, str]
    keep: Sequence[str]
    codes: str | None
    scale: str | None
    explained: Mapping[str, str]
    images: Path | None
    follow_links: bool


@dataclass(frozen=True)
class SourceOptions:
    """How a source is read; a form that has no use for a setting refuses it.

    Attributes:
        form: one of `faces.sets.sources.opening.FORMS`; None looks at the path.
        columns: field to column of a table, such as {"valence": "val"}.
        keep: further columns of a table for the manifest, such as "votes_*".
        codes: whose codes the expressions are: a name of `code_books.BOOKS`, a file, "none" to
            leave them, or "proven" to leave them where the form proves no book.
        scale: of valence and arousal, as "1:9"; None is -1:1.
        explained: folders' names or labels to expressions, such as {"odd": "surprise"}.
        images: the folder that the pictures' paths are relative to.
        follow_links: look into folders that are linked to as well; each is read once.
    """

    form: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    keep: Sequence[str] = ()
    codes: str | None = None
    scale: str | None = None
    explained: Mapping[str, str] = field(default_factory=dict)
    images: Path | None = None
    follow_links: bool = False

    def meanings(self) -> Meanings:
        """Of words and codes.

        Raises:
            CircumplexError: no such code book, or a word explained by no expression.
        """
        return Meanings.of(self.codes, self.explained)

    def given(self) -> set[str]:
        """Names of the settings that were given, the form aside."""
        names = {each.name for each in fields(self)} - {"form"}
        given = {name for name in names if getattr(self, name)}
        return given - {"codes"} if self.codes == PROVEN else given


@dataclass(frozen=True)
class Scale:
    """The ends of a rating scale, which become -1 and 1."""

    low: float = -1.0
    high: float = 1.0

    @classmethod
    def parse(cls, words: str) -> "Scale":
        """Of "1:9".

        Raises:
            CircumplexError: that is no scale.
        """
        number = r"\s*([-+]?\d+(?:\.\d+)?)\s*"
        match = re.fullmatch(f"{number}:{number}", words)
        if match is None or float(match[1]) >= float(match[2]):
            raise CircumplexError(f"scale is {words!r}; it must be LOW:HIGH, such as 1:9 or -10:10")
        return cls(float(match[1]), float(match[2]))

    def normalised(self, ratings: pd.Series) -> pd.Series:
        """Ratings on this scale as numbers whose ends are -1 and 1."""
        centre, half = (self.high + self.low) / 2, (self.high - self.low) / 2
        return (ratings - centre) / half

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"


#: Rating scales in use; the first that holds all ratings is proposed.
_USUAL = (
    *(Scale(1, 5), Scale(1, 7), Scale(1, 9), Scale(0, 10), Scale(0, 100)),
    *(Scale(-3, 3), Scale(-4, 4), Scale(-5, 5), Scale(-10, 10), Scale(-100, 100)),
    Scale(-1000, 1000),
)
#: AffectNet's sign for a missing label.
NO_LABEL = -2.0


def normalise_ratings(columns: dict[str, pd.Series], scale: str | None, where: Path) -> list[str]:
    """Bring valence and arousal in `columns` from their scale to [-1, 1].

    Returns:
        What was understood, in words.

    Raises:
        CircumplexError: no scale was given and the ratings are not in [-1, 1].
    """
    names = [name for name in ("valence", "arousal") if name in columns]
    if scale is not None:
        if not names:
            raise CircumplexError(
                f"{where} has no valence and arousal to scale; leave --scale out, or name the "
                "columns with --column"
            )
        parsed = Scale.parse(scale)
        for name in names:
            columns[name] = parsed.normalised(columns[name])
        middle = (parsed.low + parsed.high) / 2
        return [f"ratings from {parsed.low:g} to {parsed.high:g}, {middle:g} becomes 0"]
    ratings = pd.concat([columns[name] for name in names]) if names else pd.Series(dtype=float)
    known = ratings[ratings.notna() & (ratings != NO_LABEL) & ~ratings.isin([float("inf")])]
    outside = (known.abs() > 1).sum()
    # one or two are slips of a list, and are rejected row by row
    if outside >= 3 and outside > 0.05 * len(known):
        low, high = known.min(), known.max()
        usual = next((s for s in _USUAL if s.low <= low and high <= s.high), None)
        raise CircumplexError(
            f"{where} has {' and '.join(names)} from {low:g} to {high:g}, not in [-1, 1]; say on "
            f"which scale people rated, such as --scale {usual or f'{low:g}:{high:g}'}"
        )
    if len(known) >= 10 and known.min() >= 0 and known.max() > 0.5:
        return [
            "no rating is below 0: read as the upper half of [-1, 1]; if the scale is from 0 to 1, "
            "add --scale 0:1"
        ]
    return []
