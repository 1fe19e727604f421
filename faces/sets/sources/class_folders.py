"""Faces in folders named after expressions, or numbered by a code book; in archives as well."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from faces.ground.paths import is_text
from faces.ground.progress import Progress, silent
from faces.sets.folders import kind_of, subfolders
from faces.sets.sources.code_books import Meanings, ambiguous, code_of
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.trees import is_archive, open_tree
from faces.sets.sources.words import split_of

#: Folders numbered from 0 or 1 to at most this are codes; people and batches go further.
_LAST_CODE = 11


@dataclass(frozen=True)
class _Place:
    """Split and class folder of a file; None where no folder says it."""

    split: str | None
    folder: str | None


def is_class_folders(path: Path, options: SourceOptions) -> bool:
    """Whether a folder or archive has class folders, perhaps within splits.

    That is one named after an expression, or all of them numbered. Of a folder, only the names of
    folders are looked at.
    """
    meanings = options.meanings()
    if is_archive(path):
        parents = {str(PurePosixPath(name).parent) for name in open_tree(path).pictures}
        places = {_place(parent, meanings) for parent in parents}
    elif path.is_dir():
        places = {_place(name, meanings) for name in _folders(path, options.follow_links)}
    else:
        return False
    folders = {place.folder for place in places if place.folder}
    return any(_is_named(each, meanings) for each in folders) or _are_numbered(folders)


def read_classes(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read `[split/]expression/**/picture`; there is no valence and no arousal.

    Pictures in a folder that is named after no expression, and files that are no pictures, are
    rejected.

    Raises:
        CircumplexError: the folders are numbered, and no code book was named.
    """
    tree, meanings = open_tree(path, options.follow_links), options.meanings()
    parents = {name: str(PurePosixPath(name).parent) for name in (*tree.pictures, *tree.others)}
    places = {parent: _place(parent, meanings) for parent in {*parents.values()}}
    folders = {place.folder for place in places.values() if place.folder}
    _require_book(folders, meanings, path)
    judged = {each: meanings.expression(_code(each) or each, folder=True) for each in folders}
    rows = []
    for name in parents:
        split, folder = (place := places[parents[name]]).split, place.folder
        expression, reason = (None, "in no class folder") if folder is None else judged[folder]
        unread = folder is not None and meanings.codes_unread and _code(folder)
        if folder is not None and not (expression or reason or unread):
            reason = f"folder {folder!r} is no expression"
        rows.append((name, split, expression, tree.others.get(name) or reason))
    table = pd.DataFrame(rows, columns=["path", "split", "expression", "reason"], dtype="object")
    notes = _notes({each: name for each, (name, _) in judged.items()}, meanings)
    return Source.of("classes", path, table, pictures=tree.store, notes=notes)


def _require_book(folders: set[str], meanings: Meanings, path: Path) -> None:
    """Refuse numbered folders without a code book; beside named ones a number is just no name.

    Raises:
        CircumplexError: what the numbers mean is not known.
    """
    named = any(_is_named(each, meanings) for each in folders)
    codes = {code for each in folders if (code := _code(each))}
    if codes and not (named or meanings.book or meanings.codes_unread):
        where = f"{path}, in the names of its folders,"
        raise ambiguous(codes, where, "or --form pictures where they are no expressions")


def _code(folder: str) -> str | None:
    """The code that a folder is named after: `3`, `003`, `class003`."""
    return code_of(re.sub(r"^(class|label|emotion|expression)[\W_]*", "", folder.lower()))


def _folders(path: Path, follow_links: bool, levels: int = 3) -> list[str]:
    """The innermost folders under a folder, relative, down to the third level: SET/SPLIT/CLASS."""
    found: list[str] = []
    for name in filter(is_text, subfolders(path, follow_links)):
        if kind_of(name) == "hidden":
            continue
        deeper = _folders(path / name, follow_links, levels - 1) if levels > 1 else []
        found += [f"{name}/{each}" for each in deeper] or [name]
    return found


def _place(folder: str, meanings: Meanings) -> _Place:
    """What a relative folder says: the innermost split, the innermost that names a class.

    Of numbers the outermost counts: people and batches within a class have numbers too.
    """
    parts = [part for part in PurePosixPath(folder).parts if part not in (".", "")]
    splits = [split for part in parts if (split := split_of(part))]
    classes = [part for part in parts if not split_of(part)]
    named = [part for part in classes if _is_named(part, meanings)]
    coded = [part for part in classes if _code(part)]
    chosen = next(iter((*named[::-1], *coded, *classes)), None)
    return _Place(splits[-1] if splits else None, chosen)


def _is_named(folder: str, meanings: Meanings) -> bool:
    """Whether a folder's name is a word for an expression, or was explained."""
    if folder.strip().lower() in meanings.words:
        return True
    return _code(folder) is None and meanings.expression(folder, folder=True)[0] is not None


def _are_numbered(folders: set[str]) -> bool:
    codes = [_code(each) for each in folders]
    numbers = sorted({int(code) for code in codes if code is not None})
    if len(numbers) < 2 or None in codes:
        return False
    return 0 <= numbers[0] <= 1 and numbers[-1] <= _LAST_CODE


def _notes(found: dict[str, str | None], meanings: Meanings) -> list[str]:
    """How the folders were understood."""
    named = {folder: name for folder, name in sorted(found.items()) if name}
    renamed = [f"{folder} = {name}" for folder, name in named.items() if folder.lower() != name]
    unknown = sorted(folder for folder, name in found.items() if name is None)
    coded = meanings.book is not None and any(_code(each) for each in found)
    notes = [f"{len(named)} class folders" + (f": {', '.join(renamed)}" if renamed else "")]
    if coded:
        notes.append(f"numbers by the codes of {meanings.book}")
    if unknown:
        notes.append(f"no expression in {', '.join(unknown[:8])} (--map NAME=EXPRESSION)")
    return notes
