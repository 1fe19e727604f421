"""What a file really is, where something else lies under its name."""

import lzma
import os
import zlib
from pathlib import Path

from faces.ground.errors import CircumplexError
from faces.ground.paths import require_path

#: What decompressors raise on damaged data, besides OSError.
DAMAGED_DATA = (EOFError, zlib.error, lzma.LZMAError)
HEAD = 512  #: first bytes of a file that tell what it is
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<script")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\x00", b"MM\x00*")
_MATROSKA = b"\x1aE\xdf\xa3"
_LFS = b"version https://git-lfs.github.com/spec/"


def read_head(path: str | os.PathLike[str]) -> bytes:
    """The first bytes of a file, which tell what it is.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        return file.read(HEAD)


def mistaken_content(head: bytes) -> str | None:
    """What a file is by its first bytes, and what to do, where it is what a failed download or a
    clone without Git LFS leaves; None where it is neither."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_LFS):
        return "is a pointer of Git LFS, not the file itself; fetch that with `git lfs pull`"
    if start.startswith(_PAGES):
        return (
            "is a web page saved under that name, perhaps a sign-in or a quota; open the address "
            "in a browser and download the file itself"
        )
    if start.startswith((b"<?xml", b"<error")):
        return "is a server's message (XML) saved under that name; download the file itself"
    return None


def is_video(head: bytes) -> bool:
    """Whether a file begins as an MP4, QuickTime, Matroska, WebM or AVI does. HEIF and AVIF begin
    as MP4 does too."""
    return head[4:8] == b"ftyp" or head.startswith(_MATROSKA) or head[8:12] == b"AVI "


def is_picture(head: bytes) -> bool:
    """Whether a file begins as a JPEG, PNG, GIF, TIFF or WebP does."""
    return head.startswith(_PICTURES) or head[8:12] == b"WEBP"


def require_content(path: str | os.PathLike[str]) -> bytes:
    """The first bytes of a file that is what its name says.

    Raises:
        CircumplexError: it is an address, missing, a folder, empty, unreadable or something else.
    """
    path = require_path(path)
    try:
        head = read_head(path)
    except OSError as error:
        raise CircumplexError(f"{path} cannot be read: {error.strerror}; name a file") from error
    if not head:
        raise CircumplexError(f"{path} cannot be read: it is empty; copy or download it again")
    if (what := mistaken_content(head)) is not None:
        raise CircumplexError(f"{path} {what}")
    return head
