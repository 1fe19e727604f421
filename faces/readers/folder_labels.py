"""What the folders of pictures and videos say of the faces in them, as `prepare` reads it."""

from collections.abc import Iterable
from pathlib import Path

from faces.readers.landmarks.pool import Task
from faces.readers.landmarks.table import Missing
from faces.sets.sources.class_names import (
    Place,
    are_numbered,
    class_expression,
    is_explained,
    require_book,
)
from faces.sets.sources.code_books import Meanings


def labelled_task(file: Path, root: Path, meanings: Meanings) -> Task:
    """A file with the expression and the split of its folders, or why it cannot be used.

    Args:
        root: the folder that was named, or that of a file that was.
    """
    place = _place(file, root, meanings)
    expression = reason = None
    if place.folder is not None:
        expression, reason = class_expression(place.folder, meanings)
    # numbers without a book may be anything
    is_known = meanings.book is not None or is_explained(place.folder or "", meanings)
    missing = Missing(reason) if reason is not None and is_known else None
    return Task(str(file), emotion=expression, split=place.split, missing=missing)


def require_codes(files: Iterable[tuple[Path, Path]], meanings: Meanings) -> None:
    """Refuse files in folders that are numbered as classes are, where nothing says by whose book.

    Args:
        files: each with its root, as for `labelled_task`.

    Raises:
        CircumplexError: what the numbers mean is not known.
    """
    if meanings.book is not None or meanings.codes_unread:
        return
    folders: dict[Path, set[str]] = {}
    for file, root in files:
        # the innermost folder may be what was named, as one of a set of folders above it
        above = root.parent if file.parent == root else root
        if (folder := _place(file, root, meanings).folder) is not None:
            folders.setdefault(above, set()).add(folder)
    for above, found in folders.items():
        if are_numbered(found):
            require_book(found, meanings, above)


def _place(file: Path, root: Path, meanings: Meanings) -> Place:
    # the folder that was named counts too: `measure train/happy` is of happy faces
    return Place.of(file.relative_to(root).parent.as_posix(), meanings, root.name)
