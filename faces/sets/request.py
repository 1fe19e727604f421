"""Whether a finished or half finished face set is the one that a call of `prepare` asks for.

What is asked for is named by settings and listed rows, never by where the source lies: that the
pictures are the same is seen by their bytes, a few of them.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as parquet

from faces.ground.digests import bytes_digest
from faces.sets.config import PrepareConfig
from faces.sets.fingerprint import rows_digest
from faces.sets.manifest import MANIFEST, REJECTED
from faces.sets.sources.rows import Source
from faces.sets.sources.stores import PictureStore

if TYPE_CHECKING:
    import pandas as pd

_LABELS = ("valence", "arousal", "expression")
#: Pictures whose bytes are compared.
_SAMPLED = 32


def plan_digest(source: Source, config: PrepareConfig) -> str:
    """SHA-256 of all that decides over the result but the pictures: settings and listed rows."""
    columns = [str(name) for name in source.faces.columns]
    return rows_digest(source.faces, columns, [source.form, columns, asdict(config)])


def is_asked_for(info: dict[str, Any], source: Source, config: PrepareConfig, plan: str) -> bool:
    """Whether the faceset.json of a finished face set speaks of the one planned.

    Version 1 named the source's place in its plan: of it form and settings are compared.
    """
    if info["version"] != 1:
        return info.get("plan") == plan
    return (info.get("form"), info.get("settings")) == (source.form, asdict(config))


def is_made_of(folder: Path, info: dict[str, Any], source: Source) -> bool:
    """Whether the face set in a folder is made of the source's pictures, as far as is looked."""
    listed = info["version"] != 1 or _lists_the_same(folder, source)
    return listed and has_same_pictures(folder / MANIFEST, source.pictures)


def has_same_pictures(manifest: Path, pictures: PictureStore) -> bool:
    """Whether a source's pictures are those of a manifest; one that is gone counts as such.

    Some are read, from the first to the last.
    """
    rows = parquet.read_table(manifest, columns=["path", "digest"])
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(_SAMPLED, len(rows))).astype(int))
    return all(_is_same(pictures, **row) for row in rows.take(chosen).to_pylist())


def _is_same(pictures: PictureStore, path: str, digest: str) -> bool:
    try:
        return bytes_digest(pictures.read(path)) == digest
    except FileNotFoundError:
        return True


def _lists_the_same(folder: Path, source: Source) -> bool:
    """Whether a source lists the files and the labels of the face set in a folder."""
    import pandas as pd

    accepted = pd.read_parquet(folder / MANIFEST, columns=["path", *_LABELS])
    rejected = pd.read_parquet(folder / REJECTED, columns=["path"])
    listed = source.faces
    if sorted(_names([*accepted["path"], *rejected["path"]])) != sorted(_names(listed["path"])):
        return False
    ours = listed.drop_duplicates("path").set_index("path").loc[accepted["path"]]
    return _labels_of(ours) == _labels_of(accepted)


def _names(paths: "list[str | None] | pd.Series") -> list[str]:
    return [path if isinstance(path, str) else "" for path in paths]


def _labels_of(table: "pd.DataFrame") -> str:
    return rows_digest(table, _LABELS, None)
