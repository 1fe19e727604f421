"""What the names of folders say of the faces in them: a split, an expression, a code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from faces.sets.sources.code_books import Meanings, ambiguous, code_of
from faces.sets.sources.words import split_of

#: Folders numbered from 0 or 1 to at most this are codes; people and batches go further.
_LAST_CODE = 11


@dataclass(frozen=True)
class Place:
    """Split and class folder of a file; None where no folder says it."""

    split: str | None
    folder: str | None

    @classmethod
    def of(cls, folder: str, meanings: Meanings, root: str = "") -> "Place":
        """What a folder says: the innermost split, the innermost that names a class.

        Of numbers the outermost counts: people and batches within a class have numbers too.

        Args:
            folder: relative, with slashes.
            root: name of the folder that it lies in, where that counts as well: its split where
                none within says one, its word as the outermost, its number where none within has
                and no book says that it is no code.
        """
        parts = [part for part in PurePosixPath(folder).parts if part not in (".", "")]
        above = [root] if root else []
        splits = [split for part in (*above, *parts) if (split := split_of(part))]
        classes, outer = ([p for p in each if not split_of(p)] for each in (parts, above))
        named = [part for part in (*outer, *classes) if is_named(part, meanings)]
        coded = [part for part in classes if class_code(part)]
        coded += [p for p in outer if (code := class_code(p)) and _may_be(code, meanings)]
        chosen = next(iter((*named[::-1], *coded, *classes)), None)
        return cls(splits[-1] if splits else None, chosen)


def class_code(folder: str) -> str | None:
    """The code that a folder is named after: `3`, `003`, `class003`."""
    return code_of(re.sub(r"^(class|label|emotion|expression)[\W_]*", "", folder.lower()))


def is_named(folder: str, meanings: Meanings) -> bool:
    """Whether a folder's name is a word for an expression, or was explained."""
    if is_explained(folder, meanings):
        return True
    return class_code(folder) is None and meanings.expression(folder, folder=True)[0] is not None


def is_explained(folder: str, meanings: Meanings) -> bool:
    """Whether `--map` says what a folder's name means."""
    return folder.strip().lower() in meanings.words


def are_numbered(folders: Iterable[str]) -> bool:
    """Whether folders are numbered as classes are: all, from 0 or 1, and not too far."""
    codes = [class_code(each) for each in folders]
    numbers = sorted({int(code) for code in codes if code is not None})
    if len(numbers) < 2 or None in codes:
        return False
    return 0 <= numbers[0] <= 1 and numbers[-1] <= _LAST_CODE


def class_expression(folder: str, meanings: Meanings) -> tuple[str | None, str | None]:
    """The expression that a class folder means, and else why its faces cannot be used, if at all;
    see `Meanings.expression`."""
    code = None if is_explained(folder, meanings) else class_code(folder)
    return meanings.expression(code or folder, folder=True)


def require_book(
    folders: Iterable[str], meanings: Meanings, path: Path, otherwise: str = ""
) -> None:
    """Refuse numbered folders without a code book; beside named ones a number is just no name.

    Args:
        path: of all the folders; named in the error.
        otherwise: a further way out for people.

    Raises:
        CircumplexError: what the numbers mean is not known.
    """
    folders = set(folders)
    named = any(is_named(each, meanings) for each in folders)
    codes = {code for each in folders if (code := class_code(each))}
    if codes and not (named or meanings.book or meanings.codes_unread):
        raise ambiguous(codes, f"{path}, in the names of its folders,", otherwise)


def _may_be(code: str, meanings: Meanings) -> bool:
    return meanings.book is None or meanings.book.defines([code])
