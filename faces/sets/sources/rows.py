"""What every reader yields: one row a face that the source claims to have, good or bad."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError

BOX = ("box_left", "box_top", "box_right", "box_bottom")
POINTS = tuple(
    f"{name}_{axis}"
    for name in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    for axis in "xy"
)
#: Columns that every source has, after `Source.of`; `reason` says why a row cannot be used.
COLUMNS = ("path", "split", "valence", "arousal", "expression", "identity", "reason")

#: Names under which class folders and tables know the eight expressions.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("neutral", "neutrality", "calm"),
    "happiness": ("happiness", "happy", "joy", "hap"),
    "sadness": ("sadness", "sad"),
    "surprise": ("surprise", "surprised", "sur"),
    "fear": ("fear", "fearful", "afraid"),
    "disgust": ("disgust", "disgusted", "dis"),
    "anger": ("anger", "angry", "ang"),
    "contempt": ("contempt", "contemptuous"),
}
#: AffectNet's codes beyond the eight expressions.
NOT_EXPRESSIONS: Mapping[int, str] = {8: "none", 9: "uncertain", 10: "no-face"}
SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training", "train_set"),
    "val": ("val", "validation", "valid", "dev", "val_set", "publictest"),
    "test": ("test", "testing", "test_set", "privatetest"),
}
_ROWS_AT_ONCE = 1024
_EXPRESSION_OF = {word: name for name, words in SYNONYMS.items() for word in words}
_SPLIT_OF = {word: name for name, words in SPLITS.items() for word in words}


@dataclass(frozen=True)
class Source:
    """A list of faces, read but not opened.

    Attributes:
        form: "affectnet-lists", "affectnet-arrays", "classes" or "table".
        root: folder that the paths are relative to.
        faces: COLUMNS, BOX and POINTS where the source has them, and the extra columns; unknown
            text is None, an unknown number NaN.
        extra_columns: names of the further columns that go into the manifest.
        has_affect: whether the source knows valence and arousal at all.
    """

    form: str
    root: Path
    faces: pd.DataFrame
    extra_columns: tuple[str, ...] = ()
    has_affect: bool = True

    @classmethod
    def of(
        cls,
        form: str,
        root: Path,
        columns: Mapping[str, Any] | pd.DataFrame,
        extra: Mapping[str, Any] | None = None,
    ) -> "Source":
        """Build a source from raw columns, judging every label.

        Args:
            form, root: as in the attributes.
            columns: some of COLUMNS, BOX and POINTS as read. `expression` may hold codes or words.
            extra: further columns by name.
        """
        places = [name for name in (*BOX, *POINTS) if name in columns]
        faces = pd.DataFrame({n: columns[n] for n in (*COLUMNS, *places) if n in columns})
        faces["path"] = text(faces["path"], faces.index)
        faces["split"] = _splits(faces.get("split"), faces.index, form, root)
        faces["identity"] = text(faces.get("identity"), faces.index)
        faces["expression"], of_expression = _expressions(faces.get("expression"), faces.index)
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
        return cls(form, root, faces[[*COLUMNS, *places, *extra]].copy(), tuple(extra), has_affect)

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
    words = series.astype("string").astype("object")
    return words.where(words.notna() & (words.str.strip() != ""), None)


def expression_of(word: str) -> str | None:
    """The expression that a folder's name or a table's word means, if any."""
    return _EXPRESSION_OF.get(word.strip().lower())


def split_of(word: str) -> str | None:
    """The split that a folder's or a file's name, or a table's word, means, if any."""
    return _SPLIT_OF.get(word.strip().lower())


def _splits(values: object, index: pd.Index, form: str, root: Path) -> pd.Series:
    words = text(values, index)
    names = words.map(lambda word: split_of(word) if word else None).astype("object")
    unknown = words[words.notna() & names.isna()]
    if len(unknown):
        raise CircumplexError(
            f"{root}: the split {unknown.iloc[0]!r} of {form} is none of train, val, test; "
            "rename it or map another column"
        )
    return names.where(names.notna(), None)


def _expressions(values: object, index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Names, and the reasons of those that are no expression of a face.

    A word that means nothing here ("unknown" of FER+) gives no name and no reason; a number is
    AffectNet's code.
    """
    words = text(values, index)
    codes = pd.to_numeric(words, errors="coerce")
    names = words.map(lambda word: expression_of(word) if word else None).astype("object")
    by_code = codes.map(dict(enumerate(EXPRESSIONS))).astype("object")
    names = names.where(names.notna(), by_code)
    reasons = codes.map({c: f"expression code {c}: {w}" for c, w in NOT_EXPRESSIONS.items()})
    unknown = codes.notna() & by_code.isna() & reasons.isna()
    reasons = reasons.astype("object").mask(unknown, "expression code that nobody defined")
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
