"""Sets whose pictures' names say what they show: the Karolinska Directed Emotional Faces.

Lundqvist, Flykt and Öhman, "The Karolinska Directed Emotional Faces", Karolinska Institutet 1998:
AF01ANS.JPG is session A, female 01, angry, straight.
"""

import re
from pathlib import Path, PurePosixPath

import pandas as pd

from faces.ground.errors import CircumplexError
from faces.ground.progress import Progress, silent
from faces.sets.sources.code_books import BOOKS
from faces.sets.sources.options import SourceOptions
from faces.sets.sources.rows import Source
from faces.sets.sources.trees import is_archive, open_tree

_KDEF = re.compile(r"[AB]([FM]\d\d)(AF|AN|DI|HA|NE|SA|SU)(FL|HL|S|HR|FR)", re.IGNORECASE)
_LOOKED_AT = 200


def is_kdef(path: Path, options: SourceOptions) -> bool:
    """Whether the first pictures of a folder or archive are named as KDEF names them."""
    if not (path.is_dir() or is_archive(path)):
        return False
    names = open_tree(path, options.follow_links).pictures[:_LOOKED_AT]
    named = sum(_KDEF.fullmatch(PurePosixPath(name).stem) is not None for name in names)
    return bool(names) and named > 0.9 * len(names)


def read_kdef(path: Path, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read expression and person from the pictures' names, each person over both sessions.

    Raises:
        CircumplexError: no such pictures.
    """
    tree = open_tree(path, options.follow_links)
    rows = []
    for name in tree.pictures:
        match = _KDEF.fullmatch(PurePosixPath(name).stem)
        person, code, _ = match.groups() if match else (None, None, None)
        rows.append((name, code, person and person.upper(), None if match else "no name of KDEF's"))
    rows += [(name, None, None, reason) for name, reason in tree.others.items()]
    if not rows:
        raise CircumplexError(f"{path} holds no pictures; name the folder of KDEF")
    table = pd.DataFrame(rows, columns=["path", "expression", "identity", "reason"], dtype="object")
    meanings = options.meanings().proven(BOOKS["kdef"])
    notes = [f"expressions and people by file names, codes of {meanings.book}"]
    return Source.of("kdef", path, table, meanings=meanings, pictures=tree.store, notes=notes)
