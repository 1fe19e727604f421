"""Arrays that other programs stored: latents and directions as .npy, .npz or .pt."""

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.ground.content import DAMAGED_DATA, require_content
from faces.ground.errors import CircumplexError, first_line
from faces.ground.paths import expand_home
from gan_bridge.checkpoints.loading import load_checkpoint, named_tensors

SUFFIXES = (".npy", ".npz", ".pt", ".pth")
#: Layers of the official networks of 256, 512 and 1024 pixels.
LAYERS = (14, 16, 18)
_NUMBERED = re.compile(r"(.+)#(\d+)\Z", re.DOTALL)


@dataclass(frozen=True)
class ArrayFile:
    """A file of arrays, and which row of it is meant, as FILE or FILE#ROW names them.

    Attributes:
        row: from 0; None where the name says none.
    """

    path: Path
    row: int | None = None

    @classmethod
    def of(cls, name: str | os.PathLike[str]) -> "ArrayFile":
        """The file of a name; one that exists as it is has no row."""
        text = expand_home(os.fspath(name))
        found = _NUMBERED.fullmatch(text)
        if found is None or Path(text).exists():
            return cls(Path(text))
        return cls(Path(found[1]), int(found[2]))

    def __str__(self) -> str:
        return str(self.path) if self.row is None else f"{self.path}#{self.row}"

    @property
    def is_foreign(self) -> bool:
        """Whether another program wrote it, by its name."""
        return self.path.suffix.lower() in SUFFIXES

    def read(self) -> dict[str, np.ndarray]:
        """Arrays of real numbers by name, "" of one without.

        Raises:
            CircumplexError: missing, damaged, something else under its name, or without numbers.
        """
        require_content(self.path)
        try:
            if self.path.suffix.lower() == ".npy":
                found = {"": np.load(self.path, allow_pickle=False)}
            elif self.path.suffix.lower() == ".npz":
                with np.load(self.path, allow_pickle=False) as archive:
                    found = {name: archive[name] for name in archive.files}
            else:
                tensors = named_tensors(load_checkpoint(self.path))
                found = {name: value.float().numpy() for name, value in tensors.items()}
        except (
            *(OSError, ValueError, KeyError, TypeError, NotImplementedError),
            *(zipfile.BadZipFile, *DAMAGED_DATA),
        ) as error:
            raise CircumplexError(
                f"{self.path} cannot be read ({first_line(error)}); save plain numbers with NumPy"
            ) from error
        numbers = {name: each for name, each in found.items() if each.dtype.kind == "f"}
        if not numbers:
            raise CircumplexError(f"{self.path} holds no real numbers; name another file")
        return numbers

    def pick(self, rows: np.ndarray, what: str) -> np.ndarray:
        """The row that is meant of (N, ...), where there are several.

        Args:
            what: the rows are, in the plural, for the message.

        Raises:
            CircumplexError: none is named of several, or there are not so many.
        """
        if self.row is None and len(rows) > 1:
            raise CircumplexError(
                f"{self.path} holds {len(rows)} {what}; name one by its number, from "
                f"{self.path.name}#0 to #{len(rows) - 1}"
            )
        if (row := self.row or 0) >= len(rows):
            raise CircumplexError(f"{self.path} holds {len(rows)} {what}; the first is #0")
        return rows[row]
