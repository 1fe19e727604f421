"""What every reader yields: one row a face that the source claims to have, good or bad."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faces.ground.errors import CircumplexError
from faces.sets.sources.code_books import Meanings, ambiguous, code_of
from faces.sets.sources.stores import FolderStore, PictureStore
from faces.sets.sources.words import split_of

BOX = ("box_left", "box_top", "box_right", "box_bottom")
POINTS = tuple(
    f"{name}_{axis}"
    for name in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    for axis in "xy"
)
#: Columns that every source has, after `Source.of`; `reason` says why a row cannot be used.
COLUMNS = ("path", "split", "valence", "arousal", "expression", "identity", "reason")

_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Source:
    """A list of faces, read but not opened.

    Attributes:
        form: one of `faces.sets.sources.opening.FORMS`.
        root: folder that the paths are relative to, or the archive or table that holds them.
        faces: COLUMNS, BOX and POINTS where the source has them, and the extra columns; unknown
            text is None, an unknown number NaN.
        extra_columns: names of the further columns that go into the manifest.
        has_affect: whether the source knows valence and arousal at all.
        pictures: gives a picture's bytes by its path.
        notes: how the source was understood, a sentence each, for people.
    """

    form: str
    root: Path
    faces: pd.DataFrame
    extra_columns: tuple[str, ...] = ()
    has_affect: bool = True
    pictures: PictureStore = field(kw_only=True)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        form: str,
        root: Path,
        columns: Mapping[str, Any] | pd.DataFrame,
        extra: Mapping[str, Any] | None = None,
        *,
        meanings: Meanings | None = None,
        pictures: PictureStore | None = None,
        notes: Sequence[str] = (),
        where: Path | None = None,
    ) -> "Source":
        """Build a source from raw columns, judging every label.

        Args:
            form, root: as in the attributes.
            columns: some of COLUMNS, BOX and POINTS as read. `expression` may hold codes or words.
            extra: further columns by name.
            meanings: of codes and words in `expression`.
            pictures: where they are no files under `root`.
            notes: how the source was understood so far.
            where: names the source in errors, where that is not `root`.

        Raises:
            CircumplexError: an unknown split, or codes of expressions without a code book.
        """
        where, meanings = where or root, meanings or Meanings()
        places = [name for name in (*BOX, *POINTS) if name in columns]
        faces = pd.DataFrame({n: columns[n] for n in (*COLUMNS, *places) if n in columns})
        faces["path"] = text(faces["path"], faces.index)
        faces["split"] = _splits(faces.get("split"), faces.index, form, where)
        faces["identity"] = text(faces.get("identity"), faces.index)
        faces["expression"], of_expression = _expressions(
            faces.get("expression"), faces.index, meanings, where
        )
        has_affect = {"valence", "arousal"} <= set(columns)
        for name in ("valence", "arousal", *places):
            values = faces.get(name, pd.Series(np.nan, faces.index))
            faces[name] = pd.to_numeric(values, errors="coerce").astype("float32")
        given = text(faces.get("reason"), faces.index)
        of_path = given.mask(given.isna() & faces["path"].isna(), "no path")
        again = faces["path"].duplicated() & faces["path"].notna()
        faces["reason"] = of_path.mask(of_path.isna() & again, "same path twice")
        faces["reason"] = faces["reason"].mask(faces["reason"].isna(), of_expression)
        extra = extra or {}
        for name, values in extra.items():
            faces[name] = values
        listed = faces[[*COLUMNS, *places, *extra]].copy()
        store = pictures or FolderStore(root)
        return cls(form, root, listed, tuple(extra), has_affect, tuple(notes), pictures=store)

    def __len__(self) -> int:
        return len(self.faces)

    def records(self, start: int = 0) -> Iterator[dict[str, Any]]:
        """The rows from `start` on; what is unknown is None."""
        for low in range(start, len(self.faces), _ROWS_AT_ONCE):
            rows = self.faces.iloc[low : low + _ROWS_AT_ONCE].astype("object")
            for record in rows.where(rows.notna(), None).to_dict("records"):
                yield {str(name): value for name, value in record.items()}

    def affect_reasons(self) -> pd.Series:
        """Why a row's valence and arousal cannot be used; None where they can."""
        return _affect(self.faces)


def text(values: Any, index: pd.Index) -> pd.Series:
    """A column of text or None; blank text is None, whole numbers lose their ".0"."""
    if values is None:
        return pd.Series([None] * len(index), index=index, dtype="object")
    series = pd.Series(values, index=index)
    if pd.api.types.is_float_dtype(series) and (series.dropna() % 1 == 0).all():
        series = series.astype("Int64")
    elif series.dtype == object:
        # `map` would guess a type again, and make all of them floats
        series = pd.Series([_whole(cell) for cell in series], index, dtype="object")
    words = series.astype("string").astype("object")
    return words.where(words.notna() & (words.str.strip() != ""), None)


def _whole(cell: object) -> object:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _splits(values: object, index: pd.Index, form: str, where: Path) -> pd.Series:
    words = text(values, index)
    names = words.map(lambda word: split_of(word) if word else None).astype("object")
    unknown = words[words.notna() & names.isna()]
    if len(unknown):
        raise CircumplexError(
            f"{where}: the split {unknown.iloc[0]!r} of {form} is none of train, val, test; "
            "rename it or map another column"
        )
    return names.where(names.notna(), None)


def _expressions(
    values: object, index: pd.Index, meanings: Meanings, where: object
) -> tuple[pd.Series, pd.Series]:
    """Names, and the reasons of those that are no expression of a face.

    Raises:
        CircumplexError: there are codes, and no book for them.
    """
    words = text(values, index)
    distinct = {str(word) for word in words.dropna().unique()}
    codes = {code_of(word) or word for word in distinct if meanings.is_code(word)}
    if codes and meanings.book is None and not meanings.codes_unread:
        raise ambiguous(codes, str(where))
    judged = {word: meanings.expression(word) for word in distinct}
    names = words.map({word: name for word, (name, _) in judged.items()}).astype("object")
    reasons = words.map({word: reason for word, (_, reason) in judged.items()}).astype("object")
    return names.where(names.notna(), None), reasons.where(reasons.notna(), None)


def _affect(faces: pd.DataFrame) -> pd.Series:
    reasons = pd.Series([None] * len(faces), index=faces.index, dtype="object")
    pair = faces[["valence", "arousal"]]
    reasons[((pair < -1) | (pair > 1) | np.isinf(pair)).any(axis=1)] = (
        "valence or arousal outside [-1, 1]"
    )
    reasons[(pair == -2).any(axis=1)] = "valence or arousal is -2: no label"
    reasons[pair.isna().any(axis=1)] = "valence or arousal missing"
    return reasons
