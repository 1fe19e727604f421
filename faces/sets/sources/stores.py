"""Where the bytes of a source's pictures are: in a folder, in archives, in the cells of tables."""

import io
import shutil
import tarfile
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from faces.ground.errors import CircumplexError, first_line


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
        with self._lock:
            self._stream.seek(start)
            return self._stream.read(length)


class ZipStore:
    """Members of a zip archive."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self.names = [each.filename for each in self._archive.infolist() if not each.is_dir()]
        weakref.finalize(self, self._archive.close)

    def read(self, path: str) -> bytes:
        try:
            return self._archive.read(path)
        except KeyError:
            raise FileNotFoundError(path) from None
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            # damaged, encrypted, or of a compression that is not known
            raise OSError(first_line(error)) from error


def open_tar(path: Path) -> tuple[list[str], SpooledStore]:
    """The files in a tar archive, compressed or not, and their bytes.

    Raises:
        CircumplexError: no such archive.
    """
    try:
        stream = _plain(path)
        store = SpooledStore(stream)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            members = [member for member in archive if member.isreg()]
    except (OSError, EOFError, tarfile.TarError) as error:
        raise CircumplexError(
            f"{path} is no readable archive ({first_line(error)}); copy it anew"
        ) from error
    for member in members:
        store.place(member.name, member.offset_data, member.size)
    return [member.name for member in members], store


def open_zip(path: Path) -> tuple[list[str], ZipStore]:
    """The files in a zip archive, and their bytes.

    Raises:
        CircumplexError: no such archive.
    """
    try:
        store = ZipStore(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise CircumplexError(
            f"{path} is no readable archive ({first_line(error)}); copy it anew"
        ) from error
    return store.names, store


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
    with opener(path) as source:
        shutil.copyfileobj(source, target)
    target.seek(0)
    return target
