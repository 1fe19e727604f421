"""The pictures that a bench is run on."""

from pathlib import Path

from faces.ground.errors import CircumplexError
from faces.sets.folders import list_folder

_FOR_ALL = (".png", ".jpg", ".jpeg")  # what the peers read too


def bench_pictures(folder: Path, count: int, least: int = 1) -> list[Path]:
    """The first pictures under a folder that every peer reads.

    Raises:
        CircumplexError: there are fewer than `least`.
    """
    found = [path for path in list_folder(folder).pictures if path.suffix.lower() in _FOR_ALL]
    if len(found) < least:
        raise CircumplexError(f"{folder} holds no pictures; name a folder of PNG or JPEG files")
    return found[:count]
