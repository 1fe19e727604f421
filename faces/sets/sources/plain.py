"""Pictures without labels: a folder, a tar or a zip archive of faces."""

from pathlib import Path, PurePosixPath

import pandas as pd

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.trees import is_archive, open_tree
from faces.sets.sources.words import split_of


def is_plain(path: Path, options: SourceOptions) -> bool:
    """Whether a folder or archive holds any picture."""
    return (path.is_dir() or is_archive(path)) and bool(
        open_tree(path, options.follow_links).pictures
    )


def read_plain(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read all pictures; folders named after splits tell these, and nothing has a label.

    Raises:
        CircumplexError: no pictures.
    """
    tree = open_tree(path, options.follow_links)
    if not tree.pictures:
        raise CircumplexError(f"{path} holds no pictures; name another folder or archive")
    rows = [(name, _split(name), tree.others.get(name)) for name in (*tree.pictures, *tree.others)]
    table = pd.DataFrame(rows, columns=["path", "split", "reason"], dtype="object")
    notes = [f"{len(tree.pictures)} pictures without labels"]
    return Source.of("pictures", path, table, pictures=tree.store, notes=notes)


def _split(name: str) -> str | None:
    parts = PurePosixPath(name).parts[:-1]
    return next((split for part in reversed(parts) if (split := split_of(part))), None)
