"""Paths that people give: what stands at one, said before anything is made of it."""

import glob
import os
import re
from pathlib import Path

from faces.ground.errors import CircumplexError

#: An address: a scheme of two letters or more, which a Windows drive is not. A path has one of the
#: two slashes left.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/+[^/]", re.IGNORECASE)
_PATTERN = re.compile(r"[*?[]")

#: Why a file is left out that has no name that tables can hold, and what to do.
NO_TEXT, RENAME = "name that is no UTF-8", "rename it"


def is_address(path: str | os.PathLike[str]) -> bool:
    """Whether a path is the address of something on a network, such as https://…"""
    return _ADDRESS.match(os.fspath(path)) is not None


def require_path(path: str | os.PathLike[str], remedy: str = "check its name") -> Path:
    """The path, at which there is something.

    Args:
        path: of a file or a folder.
        remedy: what to do where there is nothing.

    Raises:
        CircumplexError: it is an address, is longer than the system's names may be, is no text,
            or nothing is there.
    """
    if is_address(path):
        address = re.sub(":/+", "://", os.fspath(path), count=1)
        raise CircumplexError(
            f"{address} is an address and is not fetched; download it and give the file"
        )
    if not is_text(path):
        raise CircumplexError(f"{as_text(path)}: {NO_TEXT}; {RENAME}")
    path = Path(path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CircumplexError(f"{path} is missing; {remedy}") from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise CircumplexError(f"{path} cannot be opened: {cause}; {remedy}") from error
    return path


def is_text(path: str | os.PathLike[str]) -> bool:
    """Whether a path can be written into tables and JSON. Names from disks of another encoding may
    hold bytes that are no UTF-8."""
    return os.fspath(path) == as_text(path)


def as_text(path: str | os.PathLike[str]) -> str:
    """A path as text that can be written everywhere, what is no text in it as escapes."""
    return os.fspath(path).encode("utf-8", "backslashreplace").decode()


def expand_pattern(path: str | os.PathLike[str]) -> list[Path]:
    """The paths that a pattern such as faces/*.jpg means, sorted, where the shell left it as it
    was: those of Windows do.

    `**` is any number of folders. What lies in a folder that is found itself is not named again. A
    name that exists, or that nothing matches, is itself.
    """
    text = os.fspath(path)
    if not _PATTERN.search(text) or os.path.lexists(text):
        return [Path(text)]
    # Path.glob takes no absolute pattern
    found = set(map(Path, glob.glob(text, recursive=True)))  # noqa: PTH207
    return sorted(each for each in found if found.isdisjoint(each.parents)) or [Path(text)]


def expand_home(value: str) -> str:
    """A path with `~` at its front as the home folder, where the shell left it as it was: most do
    after `--option=`. A name that only begins so stays."""
    if not value.startswith("~"):
        return value
    try:
        return str(Path(value).expanduser())
    except RuntimeError:  # a home of nobody
        return value
