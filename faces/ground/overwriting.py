"""The one rule for files that are there already.

A file that the same verb wrote is replaced, so that a line can be repeated: it can be made again.
Anything else is refused, unless the request says `overwrite`.
"""

import os
from pathlib import Path

from faces.ground.errors import CircumplexError

_LOOK = 2**20  # bytes looked at, at either end: PNG and SVG say first what they are, PDF last


def refuse_existing(file: Path | None, overwrite: bool, mark: bytes | None = None) -> None:
    """Refuse a file that is there, unless it may be replaced.

    Args:
        file: about to be written; None for nothing.
        overwrite: whether anything may be replaced.
        mark: bytes that every file of this kind carries; None replaces no kind.

    Raises:
        CircumplexError: the file is there and is another's, or it is a folder.
    """
    if file is None or not os.path.lexists(file):
        return
    if file.is_dir():
        raise CircumplexError(f"{file} is a folder; name a file to write")
    if overwrite or (mark is not None and mark in _ends(file)):
        return
    raise CircumplexError(f"{file} exists; add --overwrite or name another file")


def _ends(file: Path) -> bytes:
    """The first and the last bytes of a file; none where it cannot be read."""
    try:
        with file.open("rb") as stream:
            first = stream.read(_LOOK)
            stream.seek(max(_LOOK, stream.seek(0, os.SEEK_END) - _LOOK))
            return first + stream.read(_LOOK)
    except OSError:
        return b""
