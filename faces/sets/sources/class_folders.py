"""Faces in folders named after expressions, or numbered by a code book; in archives as well."""

from pathlib import Path, PurePosixPath

import pandas as pd

from faces.ground.paths import is_text
from faces.ground.progress import Progress, silent
from faces.sets.folders import kind_of, subfolders
from faces.sets.sources.class_names import (
    Place,
    are_numbered,
    class_code,
    class_expression,
    is_named,
    require_book,
)
from faces.sets.sources.code_books import Meanings
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.trees import is_archive, open_tree


def is_class_folders(path: Path, options: SourceOptions) -> bool:
    """Whether a folder or archive has class folders, perhaps within splits.

    That is one named after an expression, or all of them numbered. Of a folder, only the names of
    folders are looked at.
    """
    meanings = options.meanings()
    if is_archive(path):
        parents = {str(PurePosixPath(name).parent) for name in open_tree(path).pictures}
        places = {Place.of(parent, meanings) for parent in parents}
    elif path.is_dir():
        places = {Place.of(name, meanings) for name in _folders(path, options.follow_links)}
    else:
        return False
    folders = {place.folder for place in places if place.folder}
    return any(is_named(each, meanings) for each in folders) or are_numbered(folders)


def read_classes(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read `[split/]expression/**/picture`; there is no valence and no arousal.

    Pictures in a folder that is named after no expression, and files that are no pictures, are
    rejected.

    Raises:
        CircumplexError: the folders are numbered, and no code book was named.
    """
    tree, meanings = open_tree(path, options.follow_links), options.meanings()
    parents = {name: str(PurePosixPath(name).parent) for name in (*tree.pictures, *tree.others)}
    places = {parent: Place.of(parent, meanings) for parent in {*parents.values()}}
    folders = {place.folder for place in places.values() if place.folder}
    require_book(folders, meanings, path, "or --form pictures where they are no expressions")
    judged = {each: class_expression(each, meanings) for each in folders}
    rows = []
    for name in parents:
        split, folder = (place := places[parents[name]]).split, place.folder
        expression, reason = (None, "in no class folder") if folder is None else judged[folder]
        unread = folder is not None and meanings.codes_unread and class_code(folder)
        if folder is not None and not (expression or reason or unread):
            reason = f"folder {folder!r} is no expression"
        rows.append((name, split, expression, tree.others.get(name) or reason))
    table = pd.DataFrame(rows, columns=["path", "split", "expression", "reason"], dtype="object")
    notes = _notes({each: name for each, (name, _) in judged.items()}, meanings)
    return Source.of("classes", path, table, pictures=tree.store, notes=notes)


def _folders(path: Path, follow_links: bool, levels: int = 3) -> list[str]:
    """The innermost folders under a folder, relative, down to the third level: SET/SPLIT/CLASS."""
    found: list[str] = []
    for name in filter(is_text, subfolders(path, follow_links)):
        if kind_of(name) == "hidden":
            continue
        deeper = _folders(path / name, follow_links, levels - 1) if levels > 1 else []
        found += [f"{name}/{each}" for each in deeper] or [name]
    return found


def _notes(found: dict[str, str | None], meanings: Meanings) -> list[str]:
    """How the folders were understood."""
    named = {folder: name for folder, name in sorted(found.items()) if name}
    renamed = [f"{folder} = {name}" for folder, name in named.items() if folder.lower() != name]
    codes = {folder for folder in found if class_code(folder)}
    unread = sorted(codes - {*named}) if meanings.codes_unread else []
    unknown = sorted({*found} - {*named} - {*unread})
    count = f"{len(named) + len(unread)} class folders"
    notes = [count + (f": {', '.join(renamed)}" if renamed else "")]
    if codes and meanings.book is not None:
        notes.append(f"numbers by the codes of {meanings.book}")
    if unread:
        notes.append(f"the numbers {_listed(unread)} are left unread (--codes says whose they are)")
    if unknown:
        notes.append(f"no expression in {_listed(unknown)} (--map NAME=EXPRESSION)")
    return notes


def _listed(folders: list[str]) -> str:
    return ", ".join([*folders[:8], *["…"] * (len(folders) > 8)])
