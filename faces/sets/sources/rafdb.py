"""RAF-DB as published: EmoLabel/list_patition_label.txt beside Image/aligned or Image/original.

Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for expression
recognition in the wild", CVPR 2017. The list's name, misspelt, is the set's own and proves the code
book. Tables and numbered folders made of it prove nothing; for those there is `--codes raf-db`.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pandas as pd

from faces.ground.errors import CircumplexError, first_line
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import BOOKS
from faces.sets.sources.locations import Rule, locate, locate_by
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.words import split_of

LIST = "list_patition_label.txt"


def list_at(path: Path) -> Path | None:
    """The list that a path means: the file, or the one in a folder or its EmoLabel."""
    if path.is_file():
        return path if path.name == LIST else None
    places = (path / LIST, path / "EmoLabel" / LIST, path / "basic" / "EmoLabel" / LIST)
    return next((place for place in places if place.is_file()), None)


def is_rafdb(path: Path, options: SourceOptions) -> bool:
    """Whether RAF-DB's list is at a path."""
    return list_at(path) is not None


def read_rafdb(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read lines of a picture's name and a code; the name's beginning is the split.

    Aligned pictures come before the originals. A line of another form is rejected.

    Raises:
        CircumplexError: no such list.
    """
    file = list_at(path)
    if file is None:
        raise CircumplexError(f"{path} holds no {LIST}; name the folder of EmoLabel and Image")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CircumplexError(f"{file} is no readable list ({first_line(error)})") from error
    rows = [_row(line.strip()) for line in lines if line.strip()]
    table = pd.DataFrame(rows, columns=["path", "split", "expression", "reason"], dtype="object")
    base = file.parent.parent if file.parent.name == "EmoLabel" else file.parent
    paths = table["path"].where(table["reason"].isna(), None)
    located = locate_by(paths, _ways(options.images or base / "Image"))
    located = located or locate(paths, base, options.images)
    table["path"] = located.paths.where(paths.notna(), table["path"])
    meanings = options.meanings().proven(BOOKS["raf-db"])
    notes = [f"expressions by the codes of {meanings.book}", located.note]
    return Source.of(
        "rafdb", located.root, table,
        meanings=meanings, notes=[n for n in notes if n], where=file,
    )  # fmt: skip


def _row(line: str) -> tuple[str, str | None, str | None, str | None]:
    """Path, split, code and reason of a line."""
    words = line.split()
    if len(words) != 2:
        return line, None, None, "line that is not a name and a code"
    return words[0], split_of(words[0].split("_")[0]), words[1], None


def _ways(images: Path) -> Iterator[tuple[Path, Rule]]:
    """Folders of the pictures, and what a name of the list is in each."""
    for folder in (images / "aligned", images):
        yield folder, _aligned
    for folder in (images / "original", images):
        yield folder, str


def _aligned(name: str) -> str:
    path = PurePosixPath(name)
    return f"{path.stem}_aligned{path.suffix}"
