"""Artefacts as safetensors whose bytes depend on their content alone, and what names them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.content import require_content
from faces.ground.errors import CircumplexError
from faces.ground.files import write_bytes
from faces.ground.paths import is_address


def canonical(stored: bytes) -> bytes:
    """The same safetensors file with its header's keys in order.

    The library writes the metadata in an order that changes from process to process.
    """
    length = int.from_bytes(stored[:8], "little")
    header = json.loads(stored[8 : 8 + length])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data stays aligned
    return len(text).to_bytes(8, "little") + text + stored[8 + length :]


def write_artefact(
    path: str | os.PathLike[str], tensors: Mapping[str, np.ndarray], header: Mapping[str, str]
) -> None:
    """Write named arrays and a header of strings, whole or not at all."""
    from safetensors.numpy import save

    contiguous = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    write_bytes(path, canonical(save(contiguous, metadata=dict(header))))


def _require_file(path: str | os.PathLike[str]) -> None:
    if not Path(path).is_file() and not is_address(path):
        raise CircumplexError(f"{path} is missing; check its name or make it anew")
    require_content(path)


def read_schema(path: str | os.PathLike[str]) -> str | None:
    """What a safetensors file says it is, without reading its tensors; None if it says nothing.

    Raises:
        CircumplexError: the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    _require_file(path)
    try:
        with safe_open(path, framework="numpy") as stored:
            return (stored.metadata() or {}).get("schema")
    except (SafetensorError, OSError) as error:
        raise CircumplexError(
            f"{path} cannot be read as safetensors ({error}); copy or make it anew"
        ) from error


def read_artefact(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the header of a safetensors file.

    Raises:
        CircumplexError: the file is missing, damaged, or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    _require_file(path)
    try:
        with safe_open(path, framework="numpy") as stored:
            names = list(stored.keys())
            return {name: stored.get_tensor(name) for name in names}, stored.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CircumplexError(
            f"{path} cannot be read as safetensors ({error}); copy or make it anew"
        ) from error


@contextmanager
def parsing_header(where: object) -> Iterator[None]:
    """The block parses the header of the artefact `where`; what fails there is the file's fault.

    Raises:
        CircumplexError: the block failed over a key that is lacking or a value of another kind.
    """
    try:
        yield
    except CircumplexError as error:
        raise CircumplexError(f"{where}: {error}") from error
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CircumplexError(
            f"the header of {where} is damaged ({type(error).__name__}: {error}); "
            "copy the file again or make it anew"
        ) from error


def check_tensors(tensors: Mapping[str, Any], expected: Mapping[str, Any], where: object) -> None:
    """Refuse missing, extra, misshapen or non-finite tensors, NumPy's or torch's on the CPU.

    Raises:
        CircumplexError: naming the first tensor that is wrong.
    """
    if missing := sorted(set(expected) - set(tensors)):
        raise CircumplexError(f"{where} lacks the tensor {missing[0]}; copy or make it anew")
    if extra := sorted(set(tensors) - set(expected)):
        raise CircumplexError(f"{where} has a tensor of no known use, {extra[0]}; make it anew")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise CircumplexError(
                f"{where}: {name} is {tuple(tensor.shape)}, its config says "
                f"{tuple(expected[name].shape)}; make it anew"
            )
        if not np.isfinite(np.asarray(tensor)).all():
            raise CircumplexError(f"{where}: {name} holds NaN or infinity; train or copy it anew")
