"""Faces of known groups, as a table or a face set lists them, before anything was read of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path
from studio.evaluation.invariance_config import DEFAULT_BY

if TYPE_CHECKING:
    import pandas as pd

    from faces.sets.sources.options import SourceOptions

#: More groups than this are numbers or names, and no groups.
_MOST_GROUPS = 40
#: Few faces are older than this band of years, and share it.
_OLD, _OLDEST = 60, 130
#: FairFace's words of age, by the band of ten years that they lie in.
_FAIRFACE = {
    **dict.fromkeys(("0-2", "3-9"), "0-9"),
    **{f"{start}-{start + 9}": f"{start}-{start + 9}" for start in range(10, _OLD, 10)},
    **dict.fromkeys(("60-69", "more than 70", "70+", f"{_OLD}+"), f"{_OLD}+"),
}


@dataclass(frozen=True, eq=False)
class ListedFaces:
    """N faces of which at least one group is known.

    Attributes:
        name, digest: of the list.
        paths: of the pictures.
        groups: by attribute, (N,) the group of each face, or None.
        people: (N,) who it is, or None; None where the list does not say it at all.
        labels: (N,) expression, or None.
        affect: (N, 2) labelled valence and arousal, NaN where there is none.
        dropped: how many others were left out, by reason.
        notes: how the list was understood.
    """

    name: str
    digest: str
    paths: np.ndarray
    groups: dict[str, np.ndarray]
    people: np.ndarray | None
    labels: np.ndarray
    affect: np.ndarray
    dropped: dict[str, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: np.ndarray, reason: str = "") -> "ListedFaces":
        """Some of the faces; the others count as dropped where a reason is given."""
        lost = len(self) - len(np.arange(len(self))[rows])
        return replace(
            self,
            paths=self.paths[rows],
            groups={name: of[rows] for name, of in self.groups.items()},
            people=None if self.people is None else self.people[rows],
            labels=self.labels[rows],
            affect=self.affect[rows],
            dropped=self.dropped | ({reason: lost} if reason and lost else {}),
        )

    def sample(self, most: int | None, seed: int) -> "ListedFaces":
        """At most so many faces, drawn at random, in their order; of people all faces or none.

        Raises:
            CircumplexError: the first person drawn has more.
        """
        if most is None or most >= len(self):
            return self
        units = np.arange(len(self)) if self.people is None else self._codes()
        order = np.random.default_rng(seed).permutation(units.max() + 1)
        sizes = np.bincount(units)[order]
        drawn = order[np.cumsum(sizes) <= most]
        if not len(drawn):
            raise CircumplexError(
                f"{self.name}: --most {most} is fewer than the {sizes[0]} faces of the first "
                "person drawn, and of people all faces are taken or none; ask for more, or name "
                "another --seed"
            )
        return self.take(np.isin(units, drawn))

    def _codes(self) -> np.ndarray:
        return np.unique(self.people.astype(str), return_inverse=True)[1]  # type: ignore[union-attr]

    def rows(self) -> list[dict[str, Any]]:
        """The faces as rows of a table that lists them again, groups as they were understood."""
        columns: dict[str, np.ndarray] = {"path": self.paths}
        if self.people is not None:
            columns["identity"] = self.people
        columns |= {"expression": self.labels, **self.groups}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def open_faces(
    path: Path, by: Sequence[str], options: "SourceOptions", split: str | None = None
) -> ListedFaces:
    """Faces of a table or a face set whose columns `by` say of which groups they are.

    Args:
        by: names of columns; of DEFAULT_BY those that are there will do.
        options: how a table is read; `keep` is of no account.
        split: leave all others out.

    Raises:
        CircumplexError: no such list, split or column; a column that holds no groups; no face
            with a group.
    """
    table, file, name, digest = _read(path)
    table.columns = [str(column) for column in table.columns]
    by = _present(by, table, file)
    faces, notes = _understood(table, file, by, options)
    reasons = faces["reason"].to_numpy(object)
    found = ListedFaces(
        name,
        digest,
        faces["path"].to_numpy(object),
        {attribute: group_names(faces[attribute], attribute, file) for attribute in by},
        faces["identity"].to_numpy(object) if faces["identity"].notna().any() else None,
        faces["expression"].to_numpy(object),
        faces[["valence", "arousal"]].to_numpy(np.float64),
        dict(Counter(str(reason) for reason in reasons if reason is not None)),
        tuple(notes),
    ).take(np.array([reason is None for reason in reasons], bool))
    if split is not None:
        kept = faces["split"].to_numpy(object)[[reason is None for reason in reasons]]
        found = found.take(kept == split, f"of another split than {split}")
    known = np.logical_or.reduce([known_of(of) for of in found.groups.values()])
    found = found.take(known, f"without {' or '.join(by)}")
    if not len(found):
        why = ", ".join(f"{count:,} {reason}" for reason, count in found.dropped.items())
        raise CircumplexError(f"{file} has no face to compare ({why}); check its columns")
    if found.people is not None:
        found = found.take(known_of(found.people), "without a person")
    return found


def known_of(values: np.ndarray) -> np.ndarray:
    """(N,) bool: which of text or None is text."""
    return np.array([value is not None for value in values], bool)


def _read(path: Path) -> tuple["pd.DataFrame", Path, str, str]:
    """The table, its file, and what names it."""
    from faces.ground.dialects import read_columns
    from faces.sets import load_faceset
    from faces.sets.manifest import INFO, MANIFEST
    from faces.sets.sources.tables import tables_at

    require_path(path)
    if (path / INFO).is_file():
        faces = load_faceset(path)
        return faces.manifest(), path / MANIFEST, str(path), faces.identity
    files = tables_at(path)
    if len(files) != 1:
        raise CircumplexError(
            f"{path} is no table and no face set; name a table of paths with columns of groups"
        )
    return read_columns(files[0], as_text=True)[0], files[0], str(files[0]), file_digest(files[0])


def _present(by: Sequence[str], table: "pd.DataFrame", file: Path) -> list[str]:
    """The columns of groups that are there.

    Raises:
        CircumplexError: a column that was named is not, or there is none.
    """
    from faces.sets.sources.columns import FIELDS

    present = [name for name in by if name in table]
    absent = [name for name in by if name not in table]
    if not present or (absent and tuple(by) != DEFAULT_BY):
        others = [name for name in table.columns if name not in FIELDS][:20]
        raise CircumplexError(
            f"{file} has no column {' or '.join(absent)}; name its columns of groups with --by, "
            f"of {', '.join(others) or 'which it has none'}"
        )
    return present


def _understood(
    table: "pd.DataFrame", file: Path, by: Sequence[str], options: "SourceOptions"
) -> tuple["pd.DataFrame", list[str]]:
    """The fields of faces and the columns of groups, with whole paths."""
    from faces.sets.sources.tables import table_source

    source = table_source(table, file, replace(options, keep=()))
    root = source.root.absolute()  # the list that is read lies in another folder
    whole = [None if path is None else str(root / path) for path in source.faces["path"]]
    faces = source.faces.assign(path=np.array(whole, object))
    return faces.assign(**{name: table[name] for name in by}), list(source.notes)


def group_names(column: "pd.Series", attribute: str, file: Path) -> np.ndarray:
    """The group of each row, (N,) of text or None; ages in bands, see `age_groups`.

    Raises:
        CircumplexError: so many that they are no groups.
    """
    from faces.ground.dialects import MISSING
    from faces.sets.sources.rows import text

    words = [
        word.strip() if isinstance(word, str) and word.strip() not in MISSING else None
        for word in text(column, column.index)
    ]
    is_age = "age" in attribute.lower().split("_")
    names = np.array(age_groups(words) if is_age else words, object)
    known = [name for name in names if name is not None]
    if len(set(known)) > _MOST_GROUPS:
        raise CircumplexError(
            f"{file}: {attribute} has {len(set(known))} values, such as {known[0]!r}; "
            "make a column of groups of it"
        )
    return names


def age_groups(words: Sequence[str | None]) -> list[str | None]:
    """The groups of a column of ages: numbers in bands of ten years, as FairFace's own bands.

    Other words are groups as they are, and where there are any, FairFace's are too: the list has
    bands of its own, which some of these may be.
    """
    own = any(_is_own(word) for word in words if word is not None)
    return [
        word if word is None or (own and not _is_number(word)) else age_band(word) for word in words
    ]


def age_band(age: str | float) -> str | None:
    """The band of ten years of an age in years or of FairFace's words, the oldest as one.

    Another word stays as it is; None of a number that is no age.
    """
    word = str(age).strip()
    if not _is_number(word):
        return _FAIRFACE.get(word.lower(), word)
    years = float(word)
    if not 0 <= years <= _OLDEST:  # nor of NaN and infinity
        return None
    start = int(years) // 10 * 10
    return f"{_OLD}+" if years >= _OLD else f"{start}-{start + 9}"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _is_own(word: str) -> bool:
    return not _is_number(word) and word.lower() not in _FAIRFACE
