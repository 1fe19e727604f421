"""Pictures that move, such as a GIF: of these a face set and an edit take the first frame."""

from collections.abc import Iterable
from pathlib import Path, PurePath

from faces.sets.pictures import Rejected, opened_picture, suppress_pillow_warnings
from faces.sets.sources.stores import FolderStore, PictureStore

#: Suffixes of pictures that may move, and what Pillow calls their forms: a TIFF has pages.
_SUFFIXES = (".gif", ".png", ".apng", ".webp", ".avif", ".avifs")
_FORMS = ("GIF", "PNG", "WEBP", "AVIF")


def is_animated(path: Path) -> bool:
    """Whether a file has several frames, by its name and header; False of one that cannot be
    read."""
    return _may_move(path) and path.is_file() and _has_frames(path)  # opening a pipe would wait


def moving_notes(paths: Iterable[str], pictures: PictureStore) -> list[str]:
    """How many of the pictures that were taken move, in words; nothing where none does."""
    count = sum(_moves(path, pictures) for path in set(paths) if _may_move(PurePath(path)))
    if not count:
        return []
    which = "1 picture moves" if count == 1 else f"{count} pictures move"
    return [f"{which}: only the first frame is taken; `circumplex measure` reads them all"]


def _moves(path: str, pictures: PictureStore) -> bool:
    if isinstance(pictures, FolderStore):
        return _has_frames(pictures.root / path)
    try:
        return _has_frames(pictures.read(path))
    except (OSError, ValueError):
        return False


def _may_move(path: PurePath) -> bool:
    return path.suffix.lower() in _SUFFIXES


def _has_frames(source: bytes | Path) -> bool:
    try:
        with suppress_pillow_warnings(), opened_picture(source) as image:
            return image.format in _FORMS and bool(getattr(image, "is_animated", False))
    except Rejected:
        return False
