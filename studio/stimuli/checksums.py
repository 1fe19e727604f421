"""The digests of an export's files, as `sha256sum -c` takes them, and names that stay within it."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from faces.ground.digests import file_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import write_bytes

CHECKSUMS = "checksums.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)", re.ASCII)


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Write the digests of these files, and of nothing that somebody else put beside them."""
    lines = [f"{file_digest(folder / name)}  {name}\n" for name in sorted(names)]
    write_bytes(folder / CHECKSUMS, "".join(lines).encode())


def read_checksums(folder: Path) -> dict[str, str]:
    """The digests by path in the folder.

    Raises:
        CircumplexError: missing, damaged, or it names what lies outside the folder.
    """
    path = folder / CHECKSUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise CircumplexError(f"{path} is missing; export again into a new folder") from error
    except (OSError, ValueError) as error:
        raise CircumplexError(f"{path} is damaged; export again into a new folder") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise CircumplexError(
                f"{path} line {number} is no SHA-256 with a file's name; export again into a new "
                "folder"
            )
        digest, name = match.groups()
        if file_within(folder, name) is None:
            raise CircumplexError(
                f"{path} line {number} names {name!r:.80}, which is no file of this folder; do "
                "not trust whoever wrote that"
            )
        found[name] = digest
    return found


def file_within(folder: Path, name: str) -> Path | None:
    """Where a file that a table or a list names lies; None where the name leads out of the folder
    or can be no file's: anyone may have written it."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or not pure.parts:
        return None
    try:
        path = folder / name
        within = path.resolve().is_relative_to(folder.resolve())
        path.is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return None
    return path if within else None
