"""The face set on disk: how it is written from parts, and how it is opened."""

import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.artefacts import parsing_header
from faces.ground.digests import files_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json
from faces.ground.memory import forget_pages
from faces.sets.fingerprint import faceset_identity, identity_columns

if TYPE_CHECKING:
    import pandas as pd

SCHEMA, VERSION = "circumplex/faceset", 2
#: Versions that are opened too.
OLDER = (1,)
FACES, MANIFEST, REJECTED = "faces.npy", "manifest.parquet", "rejected.parquet"
WEIGHTS, INFO = "class_weights.npy", "faceset.json"


class FaceSet:
    """A prepared set of faces. Open one with `load_faceset`.

    Attributes:
        folder: where it lies.
        info: faceset.json.
        size, channels: shape of the faces.
        identity: names the set, the same on every machine; see `faces.sets.fingerprint`.
        integrity: SHA-256 of the pixels and the manifest that were written here.
    """

    def __init__(self, folder: Path, info: dict[str, Any]) -> None:
        self.folder = folder
        self.info = info
        self.size = int(info["size"])
        self.channels = int(info["channels"])
        self.integrity = str(info["integrity"] if "integrity" in info else info["digest"])
        self._map: mmap.mmap | None = None

    def __len__(self) -> int:
        return int(self.info["counts"]["kept"])

    def __getstate__(self) -> dict[str, Any]:
        # a map of memory cannot go to another process; it opens its own
        return self.__dict__ | {"_map": None}

    @cached_property
    def identity(self) -> str:
        if "identity" in self.info:
            return str(self.info["identity"])
        settings = self.info.get("settings", {})  # version 1 kept none, but all that it is made of
        return faceset_identity(self.manifest(identity_columns(settings)), settings)

    @property
    def margin(self) -> float:
        """How much wider the faces are cut than `alignment.TEMPLATE` says, as a share."""
        return float(self.info.get("settings", {}).get("margin", 0.0))

    def is_known_as(self, digest: str | None) -> bool:
        """Whether a run, directions or a table that names its faces by `digest` means this set.

        Those of the time of version 1 name the integrity.
        """
        return digest in (self.identity, self.integrity)

    def verify(self) -> None:
        """Read all pixels and the manifest, and compare them with what was written.

        Raises:
            CircumplexError: they were changed since.
        """
        if integrity_of(self.folder) != self.integrity:
            raise CircumplexError(
                f"{self.folder}: {FACES} or {MANIFEST} was changed since it was prepared; "
                "prepare the face set anew"
            )

    def manifest(self, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """One row a face, in the order of the faces; reads only the columns asked for.

        Raises:
            CircumplexError: a column is not there.
        """
        import pyarrow.parquet as parquet

        path = self.folder / MANIFEST
        if columns is not None:
            known = parquet.read_schema(path).names
            if missing := [name for name in columns if name not in known]:
                raise CircumplexError(
                    f"{path} has no column {missing[0]}; it has {', '.join(known)}"
                )
        table = parquet.read_table(path, columns=None if columns is None else list(columns))
        return table.to_pandas()

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of the split "train", "val" or "test", int64, ascending."""
        return np.flatnonzero((self.manifest(["split"])["split"] == split).to_numpy())

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """Valence and arousal of some rows, float32 (n, 2) in [-1, 1]; NaN means no label."""
        table = self.manifest(["valence", "arousal"]).to_numpy(np.float32)
        return table[np.asarray(rows, np.int64)]

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Faces of some rows, uint8 (n, C, S, S), from a memory map.

        The pages are given back at once, so that going through any number of faces holds none.
        """
        if self._map is None:
            with (self.folder / FACES).open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        shape = (len(self), self.channels, self.size, self.size)
        start = len(self._map) - int(np.prod(shape))
        faces = np.frombuffer(self._map, np.uint8, offset=start).reshape(shape)
        chosen = faces[np.asarray(rows, np.int64)]
        forget_pages(self._map)
        return chosen

    def class_weights(self) -> np.ndarray:
        """float32 (8,) in the order of `faces.circumplex.EXPRESSIONS`; 0 where none occurs."""
        return np.load(self.folder / WEIGHTS)


def load_faceset(path: str | Path) -> FaceSet:
    """Open the face set in a folder.

    Raises:
        CircumplexError: missing, unfinished, of another version, or damaged.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise CircumplexError(f"{folder} is no folder; make a face set with `circumplex prepare`")
    if not (folder / INFO).is_file():
        raise CircumplexError(
            f"{folder} holds no finished face set; run `circumplex prepare` on it (again)"
        )
    info = read_json(folder / INFO)
    check_schema(info, SCHEMA, VERSION, folder / INFO, OLDER)
    with parsing_header(folder / INFO):
        FaceSet(folder, info)  # which reads what it needs
        files = {str(name): int(size) for name, size in info["files"].items()}
    for name, size in files.items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size:
            raise CircumplexError(f"{file} is missing or damaged; prepare the face set anew")
    return FaceSet(folder, info)


def integrity_of(folder: Path) -> str:
    """SHA-256 of the pixels and the manifest of the face set in a folder."""
    return files_digest([folder / FACES, folder / MANIFEST])
