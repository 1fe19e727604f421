"""What names a face set: its identity, the same on every machine, and the integrity of its bytes.

Detected boxes, resampled pixels and the form of a Parquet file differ by a little between
processors and versions, so two machines make the same set in other bytes. Its identity is taken
over what decides which set it is and was read, not computed: the pictures' hashes, the labels, the
split and the settings. Its integrity is taken over the bytes that lie here; version 1 knew no
other name (it called it `digest`), and by it runs, directions and tables of that time name the set.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.digests import running_digest
from faces.sets.sources.rows import BOX, POINTS

if TYPE_CHECKING:
    import pandas as pd

_LABELS = ("digest", "split", "valence", "arousal", "expression", "identity")
_NUMBERS = frozenset(("valence", "arousal", *BOX, *POINTS))
_BLOCK = 1 << 22


def identity_columns(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns of the manifest that decide over the identity.

    Where no face was looked for, box and points are the source's own.
    """
    places = (*BOX, *POINTS) if settings.get("detector") == "none" else ()
    return (*_LABELS, *places)


def faceset_identity(manifest: "pd.DataFrame", settings: Mapping[str, Any]) -> str:
    """SHA-256 of the set's pictures, labels, split and settings, in the order of its faces.

    Args:
        manifest: with `identity_columns(settings)`.
        settings: PrepareConfig's, as faceset.json holds them.
    """
    return rows_digest(manifest, identity_columns(settings), settings)


def rows_digest(rows: "pd.DataFrame", columns: Sequence[str], about: object) -> str:
    """SHA-256 of some columns and of plain JSON values about them; missing values are all alike."""
    digest = running_digest(json.dumps(about, sort_keys=True).encode())
    for name in columns:
        digest.update(f"\n{name} {len(rows)}\n".encode())
        digest.update(_numbers(rows[name]) if name in _NUMBERS else _words(rows[name]))
    return digest.hexdigest()


def _numbers(column: "pd.Series") -> bytes:
    values = column.to_numpy(np.float32, na_value=np.nan)
    return np.where(np.isnan(values), np.float32(np.nan), values).astype("<f4").tobytes()


def _words(column: "pd.Series") -> bytes:
    known = column.notna().tolist()
    words = [str(v) if k else None for v, k in zip(column.tolist(), known, strict=True)]
    return json.dumps(words).encode()
