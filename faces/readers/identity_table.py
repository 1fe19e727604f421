"""Embeddings of many faces as a Parquet table, with who is who among them."""

from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.tables import write_parquet
from faces.readers.face_columns import FACE, PLACE
from faces.readers.face_reading import FaceReading
from faces.readers.identity.config import SAME_PERSON, WIDTH
from faces.readers.identity.people import count_doubtful, group_people

#: Columns of the table, in order; older ones lack `time_s` and PLACE.
COLUMNS = (*FACE, "label", "reason", *PLACE, *(f"e{at}" for at in range(WIDTH)))


class IdentityTable:
    """Gathers embeddings, a row a face, and writes them when the last is there.

    A face that was not found keeps its row, with nulls and the reason. People are numbered from 1
    in the order of the rows, by complete linkage: no two faces of one are further apart than the
    threshold. One who was followed through a video is compared as one, by the mean embedding.

    Args:
        path: the Parquet file.
        threshold: Euclidean distance, above 0.

    Attributes:
        people: a number a row once `write` was called, None where there is no face.
        doubtful: people with pictures farther apart than LOOK_AGAIN, once `write` was called.
        refusal: why nobody was numbered, or None.
    """

    def __init__(self, path: str | Path, threshold: float = SAME_PERSON) -> None:
        self.path, self.threshold = Path(path), threshold
        self.people: list[int | None] = []
        self.doubtful = 0
        self.refusal: str | None = None
        self._about: list[dict[str, Any]] = []
        self._embeddings: list[np.ndarray] = []
        self._tracks: dict[tuple[Any, ...], int] = {}  # a number for what is compared as one
        self._rows: list[int] = []  # the number of each row

    def add(self, reading: FaceReading) -> None:
        """Take note of one face."""
        reason = None if reading.missing is None else str(reading.missing)
        if reason is None and reading.embedding is None:
            reason = reading.unread.get("identity", "not read")
        track = (len(self._about),) if reading.person is None else (reading.path, reading.person)
        about = {name: getattr(reading, name) for name in (*FACE, "label")}
        self._about.append(about | {"reason": reason} | reading.place)
        self._rows.append(self._tracks.setdefault(track, len(self._tracks)))
        nobody = np.full(WIDTH, np.nan, np.float32)
        self._embeddings.append(nobody if reading.embedding is None else reading.embedding)

    def write(self) -> None:
        """Number the people and write the file, whole or not at all."""
        import pandas as pd

        embeddings = np.stack(self._embeddings) if self._embeddings else np.zeros((0, WIDTH))
        try:
            means = self._means(embeddings)
            groups = group_people(means, self.threshold)
            self.doubtful = count_doubtful(means, groups)
            numbers = [int(groups[number]) for number in self._rows]
        except CircumplexError as error:
            self.refusal, numbers = str(error), [0] * len(embeddings)
        self.people = [number or None for number in numbers]
        names = COLUMNS[:-WIDTH]
        about = pd.DataFrame(self._about, columns=names)
        about["person"] = pd.array(self.people, dtype="Int32")
        kinds: dict[str, Any] = dict.fromkeys(names, "object")
        kinds |= {"frame": "int32", "time_s": "float64", "face": "int32", "person": "Int32"}
        kinds |= dict.fromkeys(PLACE, "float32") | {"turned": "Int32"}
        about = about.astype(kinds)
        columns: dict[str, Any] = {name: about[name] for name in names}
        columns |= {f"e{at}": embeddings[:, at] for at in range(WIDTH)}
        write_parquet(self.path, columns)

    def _means(self, embeddings: np.ndarray) -> np.ndarray:
        """Embeddings (T, D) of what is compared as one."""
        rows = np.array(self._rows, np.int64)
        sums = np.zeros((len(self._tracks), WIDTH))
        np.add.at(sums, rows, embeddings)
        return sums / np.bincount(rows, minlength=len(sums))[:, None]


def read_identity(path: str | Path) -> tuple[Any, np.ndarray]:
    """The table that `IdentityTable` wrote.

    Returns:
        A data frame of FACE, label, reason and PLACE; and the embeddings (N, 128) float32, NaN
        where there is none.

    Raises:
        CircumplexError: no such table.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        table = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise CircumplexError(
            f"{path} is no readable Parquet file; make it with `circumplex measure PATHS "
            "--identity OUT.parquet`"
        ) from error
    known = {*table.columns, "time_s", *PLACE}  # which tables of 0.1 do not have
    if lacking := [name for name in COLUMNS if name not in known]:
        raise CircumplexError(f"{path} has no column {lacking[0]!r}; it is no table of identities")
    numbers = list(COLUMNS[-WIDTH:])
    for name in ("label", "reason"):  # a column of text would make None a NaN
        table[name] = table[name].astype(object).where(table[name].notna(), None)
    return table.drop(columns=numbers), table[numbers].to_numpy(np.float32)
