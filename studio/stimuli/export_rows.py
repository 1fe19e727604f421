"""The rows of an export: what is planned, and what is known of each picture that is made."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import write_bytes

JOURNAL, TABLE = "done.jsonl", "table"


@dataclass(frozen=True)
class Row:
    """One picture of the table.

    Attributes:
        file: path inside the export's folder.
        seed: the face.
        valence, arousal: the request, in [-1, 1]: what the picture is to show where edits are
            calibrated; else what the probes read in the latent (of a layered generator, in the mean
            of the layers edited, if all go the whole way).
        aimed_valence, aimed_arousal: the point that the edit aims at: the request or, where no face
            shows that, the nearest that faces show; reached: whether the request lies within what
            faces show.
        predicted_valence, predicted_arousal: what the probes read in the finished picture; None
            where the generator cannot encode and its reader is not at hand.
        luminance_mean, luminance_sd: of the luma, 0–255.
        sha256: of the file.
    """

    file: str
    seed: int
    valence: float
    arousal: float
    aimed_valence: float
    aimed_arousal: float
    reached: bool
    predicted_valence: float | None
    predicted_arousal: float | None
    luminance_mean: float
    luminance_sd: float
    sha256: str


@dataclass(frozen=True)
class Stimulus:
    """One picture that is to be made."""

    file: str
    seed: int
    valence: float
    arousal: float


def mean_distance(rows: Iterable[Row]) -> float | None:
    """Mean Euclidean distance of what was predicted from what was aimed at; None if unread."""
    far = np.array(
        [
            (row.predicted_valence - row.aimed_valence, row.predicted_arousal - row.aimed_arousal)
            for row in rows
            if row.predicted_valence is not None and row.predicted_arousal is not None
        ]
    ).reshape(-1, 2)
    far = far[np.isfinite(far).all(1)]  # a table holds NaN where nothing was read
    return float(np.linalg.norm(far, axis=1).mean()) if len(far) else None


def plan_stimuli(seeds: Iterable[int], points: Iterable[tuple[float, float]]) -> list[Stimulus]:
    """All pictures of an export, seed by seed; the number of the point keeps names apart."""
    points = list(points)
    digits = len(str(len(points) - 1))
    return [
        Stimulus(
            f"images/s{seed:05d}_p{number:0{digits}d}_v{valence:+.2f}_a{arousal:+.2f}.png",
            seed,
            valence,
            arousal,
        )
        for seed in seeds
        for number, (valence, arousal) in enumerate(points)
    ]


def write_journal(path: Path, rows: Iterable[Row]) -> None:
    """Write the journal anew: a line torn by a kill must not be continued."""
    write_bytes(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows).encode())


def append_row(path: Path, row: Row) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="\n") as journal:
            journal.write(json.dumps(asdict(row)) + "\n")
    except OSError as error:
        raise CircumplexError(
            f"cannot write {path}: {error.strerror or error}; free space and export again"
        ) from error


def read_rows(folder: Path) -> Iterator[Row]:
    """Rows of the journal of a killed export, and of the table of a finished one."""
    if (folder / f"{TABLE}.parquet").is_file():
        import pandas as pd

        table = folder / f"{TABLE}.parquet"
        try:
            rows = [
                Row(**{str(name): value for name, value in values.items()})
                for values in pd.read_parquet(table).to_dict("records")
            ]
        except (ValueError, TypeError, OSError) as error:  # pyarrow's own are ValueErrors
            raise CircumplexError(f"{table} is damaged; remove it and export again") from error
        yield from rows
    if (folder / JOURNAL).is_file():
        for line in (folder / JOURNAL).read_bytes().splitlines():
            try:
                yield Row(**json.loads(line))
            except (ValueError, TypeError):
                continue  # torn by a kill; its picture is made again
