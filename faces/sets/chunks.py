"""Finished chunks of a face set on disk, and the set made of them."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from faces.ground.files import replacing
from faces.sets.balance import class_weights
from faces.sets.manifest import FACES, MANIFEST, REJECTED, WEIGHTS
from faces.sets.pipeline import Chunk, Row, SelectionState
from faces.sets.sources.rows import BOX, POINTS, Source

FOLDER = ".parts"
_TEXT, _NUMBERS = ("path", "split"), ("valence", "arousal")
_TALLIED = ["split", "expression", "valence", "arousal"]
_REJECTED = pa.schema([(name, pa.string()) for name in ("path", "reason", "detail", "digest")])


def manifest_schema(source: Source) -> pa.Schema:
    """Columns of manifest.parquet; those carried over from the source keep their type."""
    fields = [(name, pa.string()) for name in _TEXT]
    fields += [(name, pa.float32()) for name in _NUMBERS]
    fields += [(name, pa.string()) for name in ("expression", "identity")]
    fields += [
        (name, pa.float32()) for name in (*BOX, *POINTS, "confidence", "yaw", "pitch", "roll")
    ]
    fields += [("turned", pa.int16()), ("digest", pa.string())]
    extra = pa.Schema.from_pandas(source.faces[list(source.extra_columns)], preserve_index=False)
    return pa.schema(fields + [(field.name, field.type) for field in extra])


class PreparedChunks:
    """Numbered chunks in a hidden folder of the face set; each is whole or absent."""

    def __init__(self, target: Path, schema: pa.Schema) -> None:
        self.target = target
        self.folder = target / FOLDER
        self.schema = schema

    def has(self, number: int) -> bool:
        """Whether a chunk is finished."""
        # its manifest is written last
        return self.manifest_of(number).exists()

    def manifest_of(self, number: int) -> Path:
        """The file of a chunk's accepted rows."""
        return self._path(number, ".manifest.parquet")

    def write(self, number: int, chunk: Chunk) -> None:
        """Write a chunk.

        Raises:
            CircumplexError: the disk is full.
        """
        with replacing(self._path(number, ".faces.npy")) as path:
            np.save(path, chunk.faces)
        with replacing(self._path(number, ".rejected.parquet")) as path:
            parquet.write_table(pa.Table.from_pylist(chunk.rejected, _REJECTED), path)
        with replacing(self.manifest_of(number)) as path:
            parquet.write_table(pa.Table.from_pylist(chunk.accepted, self.schema), path)

    def restore(self, number: int, state: SelectionState) -> None:
        """Add the rows of a finished chunk to the state that later rows are judged by."""
        accepted = parquet.read_table(
            self.manifest_of(number), columns=["digest", "split", "expression"]
        )
        rejected = parquet.read_table(self._path(number, ".rejected.parquet"), columns=["digest"])
        state.add(accepted.to_pylist(), rejected.to_pylist())

    def count(self, chunks: int) -> dict[str, Any]:
        """What the first so many chunks accept and reject; see `Tally.counts`."""
        tally = Tally()
        for number in range(chunks):
            accepted = parquet.read_table(self.manifest_of(number), columns=_TALLIED)
            rejected = parquet.read_table(
                self._path(number, ".rejected.parquet"), columns=["reason"]
            )
            tally.add(accepted.to_pylist(), rejected.to_pylist())
        return tally.counts()

    def assemble(self, chunks: int, shape: tuple[int, ...], counts: dict[str, Any]) -> None:
        """Write the face set's files from the first so many chunks, one after the other.

        Args:
            chunks: how many there are.
            shape: (n, C, S, S) of all faces.
            counts: what `count` gave.

        Raises:
            CircumplexError: the disk is full.
        """
        self._join(chunks, ".manifest.parquet", MANIFEST, self.schema)
        self._join(chunks, ".rejected.parquet", REJECTED, _REJECTED)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        with replacing(self.target / FACES) as path, path.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for number in range(chunks):
                stream.write(np.load(self._path(number, ".faces.npy")).data)
        with replacing(self.target / WEIGHTS) as path:
            np.save(path, class_weights(counts["expressions"].get("train", {})))

    def _join(self, chunks: int, suffix: str, name: str, schema: pa.Schema) -> None:
        with (
            replacing(self.target / name) as path,
            parquet.ParquetWriter(path, schema) as writer,
        ):
            for number in range(chunks):
                writer.write_table(parquet.read_table(self._path(number, suffix)))

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:06d}{suffix}"


class Tally:
    """Counts of accepted and of rejected faces."""

    def __init__(self) -> None:
        self.accepted = 0
        self.reasons: Counter[str] = Counter()
        self.splits: Counter[str] = Counter()
        self.expressions: dict[str, Counter[str]] = {}
        self.with_affect = 0
        self.with_expression = 0

    def add(self, accepted: list[Row], rejected: list[Row]) -> None:
        self.accepted += len(accepted)
        self.reasons.update(row["reason"] for row in rejected)
        for row in accepted:
            self.splits[row["split"]] += 1
            in_split = self.expressions.setdefault(row["split"], Counter())
            in_split[row["expression"] or "none"] += 1
            self.with_expression += row["expression"] is not None
            self.with_affect += row["valence"] is not None and row["arousal"] is not None

    def counts(self) -> dict[str, Any]:
        """Plain JSON: found, kept, rejected, reasons, splits, expressions, and how many of the
        kept have valence and arousal (with_affect) and an expression (with_expression)."""
        rejected = sum(self.reasons.values())
        return {
            "found": self.accepted + rejected,
            "kept": self.accepted,
            "rejected": rejected,
            "with_affect": self.with_affect,
            "with_expression": self.with_expression,
            "reasons": dict(self.reasons.most_common()),
            "splits": dict(sorted(self.splits.items())),
            "expressions": {
                split: dict(sorted(in_split.items()))
                for split, in_split in sorted(self.expressions.items())
            },
        }
