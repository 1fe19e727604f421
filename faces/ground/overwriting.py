"""The one rule for files that are there already: they stay, unless the request says otherwise."""

import os
from pathlib import Path

from faces.ground.errors import CircumplexError


def refuse_existing(file: Path | None, overwrite: bool) -> None:
    """Refuse a file that is there, unless it may be replaced.

    Args:
        file: about to be written; None for nothing.
        overwrite: whether it may be replaced.

    Raises:
        CircumplexError: the file is there, or it is a folder.
    """
    if file is None or not os.path.lexists(file):
        return
    if file.is_dir():
        raise CircumplexError(f"{file} is a folder; name a file to write")
    if not overwrite:
        raise CircumplexError(f"{file} exists; add --overwrite or name another file")
