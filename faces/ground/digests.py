"""All digests: SHA-256 over bytes that were read or will be written.

A digest names what it covers on every machine, so nothing under it may be a number that was
computed since: two processors round differently. No other module calls a hash function.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_BLOCK = 2**20


def running_digest(*parts: Any) -> "hashlib._Hash":
    """A SHA-256 begun with these bytes, for content that comes in pieces: `update`, `hexdigest`."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest


def bytes_digest(*parts: Any) -> str:
    """SHA-256 of bytes (or what has a buffer of them), one part after the other."""
    return running_digest(*parts).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text as UTF-8; names of files that are not UTF-8 count by their bytes."""
    return bytes_digest(text.encode("utf-8", "surrogateescape"))


def json_digest(values: Any) -> str:
    """SHA-256 of plain JSON values, whatever the order of their keys."""
    return text_digest(json.dumps(values, sort_keys=True))


def file_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_digest(files: Sequence[Path]) -> str:
    """SHA-256 over the files' contents, one after the other."""
    digest = running_digest()
    for path in files:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def tensors_digest(tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of tensors as they are stored: the names of all digests of tensors come from here.

    Names, types (as torch writes them), shapes and little-endian bytes, in the order of the names.
    """
    digest = running_digest()
    for name in sorted(tensors):
        array = np.asarray(tensors[name])
        digest.update(f"{name} torch.{array.dtype.name} {array.shape}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), order="C").tobytes())
    return digest.hexdigest()
