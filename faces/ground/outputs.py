"""What holds of every file about to be written, found before the work: it is new or may be
replaced, and its place can be written to."""

import tempfile
from pathlib import Path

from faces.ground.errors import CircumplexError


def check_output(file: Path | None, overwrite: bool) -> None:
    """Refuse a file that is there, unless it may be replaced, and one that cannot be written.

    Args:
        file: about to be written; None for nothing.
        overwrite: whether it may be replaced.

    Raises:
        CircumplexError: the file is there, it is a folder, or its place cannot be written to.
    """
    if file is None:
        return
    try:
        exists = bool(file.lstat())
    except FileNotFoundError:
        exists = False
    except OSError as error:  # the name is too long, or a file stands where a folder is named
        raise _unwritable(file, error) from error
    if exists and file.is_dir():
        raise CircumplexError(f"{file} is a folder; name a file to write")
    if exists and not overwrite:
        raise CircumplexError(f"{file} exists; add --overwrite or name another file")
    _check_place(file)


def _check_place(file: Path) -> None:
    """Write a file without a name where the new one, or the first folder above it, would lie."""
    folder = file.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> CircumplexError:
    return CircumplexError(
        f"cannot write {file}: {error.strerror or error}; name another file or folder"
    )
