"""A file of `torch.save`, without anything in it being executed."""

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from faces.ground.content import require_content
from faces.ground.errors import CircumplexError, first_line

#: How the two forms of `torch.save` begin: a zip archive, and a pickle of its magic number.
_ZIP, _OLDER = b"PK\x03\x04", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_WANTED = re.compile(r"(?:GLOBAL|Unsupported (?:global|class|operand)) ?:?(?: GLOBAL)? ([\w.]+)")
_DAMAGED = (RuntimeError, OSError, EOFError, ValueError, KeyError, IndexError, TypeError)
_MOST_DEPTH = 4


class _Blank:
    """Stands for settings and notes beside the tensors: it keeps nothing and does nothing."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


#: What checkpoints hold beside tensors, by exact name: arguments, paths, single numbers.
_BLANKS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_Blank, name)
    for name in (
        *("argparse.Namespace", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePath"),
        *("pathlib._local.PosixPath", "pathlib._local.WindowsPath", "numpy.dtype"),
        *("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "_codecs.encode"),
        *("easydict.EasyDict", "dnnlib.util.EasyDict"),
    )
]


def is_checkpoint(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as those of `torch.save` do, whatever it is called."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_OLDER)).startswith((_ZIP, _OLDER))
    except OSError:
        return False


def load_checkpoint(path: str | os.PathLike[str]) -> Any:
    """What lies in a file of `torch.save`: tensors on the CPU, and plain values.

    Raises:
        CircumplexError: missing, empty, damaged, something else under the name, or it wants what is
            neither tensor nor plain value.
    """
    path = Path(path)
    head = require_content(path)
    try:
        with torch.serialization.safe_globals(_BLANKS):
            return torch.load(
                path, map_location="cpu", weights_only=True, mmap=head.startswith(_ZIP)
            )
    except pickle.UnpicklingError as error:
        wanted = _WANTED.search(str(error))
        why = f"it wants {wanted[1]}" if wanted else first_line(error)
        raise CircumplexError(
            f"{path} is refused: {why}; tensors and plain values alone are read: save its "
            "state_dict with torch.save"
        ) from error
    except _DAMAGED as error:
        raise CircumplexError(
            f"{path} is damaged, or no checkpoint of torch.save ({first_line(error)}); copy it anew"
        ) from error


def named_tensors(root: Any) -> dict[str, Tensor]:
    """All tensors of a checkpoint under dotted names, "" of one that is a tensor itself."""
    found: dict[str, Tensor] = {}

    def visit(value: Any, name: str, depth: int) -> None:
        if isinstance(value, Tensor):
            found[name] = value.detach()
        elif isinstance(value, dict) and depth < _MOST_DEPTH:
            for key, each in value.items():
                visit(each, f"{name}.{key}" if name else str(key), depth + 1)

    visit(root, "", 0)
    return found
