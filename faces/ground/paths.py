"""Paths that people give: what stands at one, said before anything is made of it."""

import os
import re
from pathlib import Path

from faces.ground.errors import CircumplexError

#: An address: a scheme of two letters or more, which a Windows drive is not. A path has one of the
#: two slashes left.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/+[^/]", re.IGNORECASE)


def is_address(path: str | os.PathLike[str]) -> bool:
    """Whether a path is the address of something on a network, such as https://…"""
    return _ADDRESS.match(os.fspath(path)) is not None


def require_path(path: str | os.PathLike[str], remedy: str = "check its name") -> Path:
    """The path, at which there is something.

    Args:
        path: of a file or a folder.
        remedy: what to do where there is nothing.

    Raises:
        CircumplexError: it is an address, is longer than the system's names may be, or nothing is
            there.
    """
    if is_address(path):
        address = re.sub(":/+", "://", os.fspath(path), count=1)
        raise CircumplexError(
            f"{address} is an address and is not fetched; download it and give the file"
        )
    path = Path(path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CircumplexError(f"{path} is missing; {remedy}") from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise CircumplexError(f"{path} cannot be opened: {cause}; {remedy}") from error
    return path


def expand_home(value: str) -> str:
    """A path with `~` at its front as the home folder, where the shell left it as it was: most do
    after `--option=`. A name that only begins so stays."""
    if not value.startswith("~"):
        return value
    try:
        return str(Path(value).expanduser())
    except RuntimeError:  # a home of nobody
        return value
