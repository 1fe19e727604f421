"""How a source is read, where it does not say so itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypedDict

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
        scale: of valence and arousal, as "1:9", or of each, as "valence=-1:1,arousal=0:1"; None is
            -1:1.
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
