"""Where the bytes of a source's pictures are: in a folder, in archives, in the cells of tables."""

import io
import tarfile
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from faces.ground.content import DAMAGED_DATA, require_content
from faces.ground.errors import CircumplexError, first_line

#: Bytes of a picture's file that are read at most; uncompressed, 64 megapixels of 16 bits have 384
#: million.
MAX_FILE = 512 * 2**20
#: A compressed archive is unpacked up to so many times its size, or so many bytes: pictures are
#: compressed already, and an archive that grows more holds something else.
_MOST_GROWTH, _ALWAYS_UNPACKED = 100, 64 * 2**20
_BLOCK = 2**20


class PictureStore(Protocol):
    """Gives the bytes of pictures by their paths in a source; several threads may ask at once."""

    def read(self, path: str) -> bytes:
        """The bytes of a picture's file.

        Raises:
            FileNotFoundError: there is none of that path.
            OSError, ValueError: it cannot be read.
        """
        ...


@dataclass(frozen=True)
class FolderStore:
    """Files under a folder."""

    root: Path

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()


class SpooledStore:
    """Pictures one after the other in a file: a tar archive's own, or a temporary one.

    A picture of a table's cell or of a compressed archive would cost the whole block around it
    each time, so those are laid into a temporary file once.
    """

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        # closed by the finalizer, and gone with the process
        self._stream = stream or tempfile.TemporaryFile()  # noqa: SIM115
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        weakref.finalize(self, self._stream.close)

    def add(self, path: str, data: bytes) -> None:
        """Append a picture."""
        with self._lock:
            start = self._stream.seek(0, io.SEEK_END)
            self._stream.write(data)
            self._places[path] = (start, len(data))

    def place(self, path: str, start: int, length: int) -> None:
        """Say where in the file a picture is."""
        self._places[path] = (start, length)

    def read(self, path: str) -> bytes:
        try:
            start, length = self._places[path]
        except KeyError:
            raise FileNotFoundError(path) from None
        _require_size(path, length)
        with self._lock:
            self._stream.seek(start)
            return self._stream.read(length)


class ZipStore:
    """Members of a zip archive."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        # some programs of Windows write its own slashes
        members = {each.filename.replace("\\", "/"): each for each in self._archive.infolist()}
        self._members = {name: each for name, each in members.items() if not name.endswith("/")}
        self.names = [*self._members]
        self.is_encrypted = any(each.flag_bits & 1 for each in self._members.values())
        weakref.finalize(self, self._archive.close)

    def read(self, path: str) -> bytes:
        try:
            member = self._members[path]
            _require_size(path, member.file_size)
            return self._archive.read(member)
        except KeyError:
            raise FileNotFoundError(path) from None
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, *DAMAGED_DATA) as error:
            # damaged, encrypted, or of a compression that is not known
            raise OSError(first_line(error)) from error


def open_tar(path: Path) -> tuple[list[str], SpooledStore]:
    """The files in a tar archive, compressed or not, and their bytes.

    Raises:
        CircumplexError: no such archive, or one that grows beyond all pictures when unpacked.
    """
    require_content(path)
    try:
        stream = _plain(path)
        store = SpooledStore(stream)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            members = [member for member in archive if member.isreg()]
    except (OSError, tarfile.TarError, *DAMAGED_DATA) as error:
        raise CircumplexError(
            f"{path} is no readable archive ({first_line(error)}); copy it anew"
        ) from error
    for member in members:
        store.place(member.name, member.offset_data, member.size)
    return [member.name for member in members], store


def open_zip(path: Path) -> tuple[list[str], ZipStore]:
    """The files in a zip archive, and their bytes.

    Raises:
        CircumplexError: no such archive, or one with a password.
    """
    require_content(path)
    try:
        store = ZipStore(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise CircumplexError(
            f"{path} is no readable archive ({first_line(error)}); copy it anew"
        ) from error
    if store.is_encrypted:
        raise CircumplexError(f"{path} has a password; unpack it and give the folder")
    return store.names, store


def _require_size(path: str, size: int) -> None:
    """Refuse a member that is too large for a picture before it is in memory.

    Raises:
        OSError: it is.
    """
    if size > MAX_FILE:
        raise OSError(f"{path} has more than {MAX_FILE >> 20} MiB")


def _plain(path: Path) -> IO[bytes]:
    """A tar archive's stream; that of a compressed one is laid out in a temporary file."""
    import bz2
    import gzip
    import lzma

    openers: dict[bytes, Callable[[Path], Any]] = {
        b"\x1f\x8b": gzip.open,
        b"BZ": bz2.open,
        b"\xfd7": lzma.open,
    }
    with path.open("rb") as stream:
        opener = openers.get(stream.read(2))
    if opener is None:
        return path.open("rb")
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the store closes it
    left = max(_ALWAYS_UNPACKED, _MOST_GROWTH * path.stat().st_size)
    try:
        with opener(path) as source:
            while block := source.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise OSError(f"it unpacks to more than {_MOST_GROWTH} times its size")
                target.write(block)
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target
