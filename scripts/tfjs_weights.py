"""Weights of TensorFlow.js models: a manifest in JSON beside files of bare numbers.

A weight is stored as it is, in half precision, or as uint8 or uint16 that stand for
`number * scale + min` (the converter's `quantize_uint8`; tfjs-core, io_utils).
"""

from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError

_DTYPES = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "uint16": "<u2", "float16": "<f2"}
_STORED_PLAIN = ("float32", "int32", "uint8")


def read_weights(manifest: list[dict[str, Any]], folder: Path) -> dict[str, np.ndarray]:
    """Every weight of a manifest by its name: float32, or int32 where the model counts with it.

    Args:
        manifest: groups, each with the `paths` of its files and the `weights` in them, in order.
        folder: where the files lie.

    Raises:
        CircumplexError: a file is missing, too short or too long, or a form is unknown.
    """
    weights: dict[str, np.ndarray] = {}
    for group in manifest:
        paths = [folder / path for path in group["paths"]]
        for path in paths:
            if not path.is_file():
                raise CircumplexError(f"{path} is missing: the model's weights belong beside it")
        data, at = b"".join(path.read_bytes() for path in paths), 0
        for entry in group["weights"]:
            stored = _dtype(entry)
            count = int(np.prod(entry["shape"], dtype=np.int64))
            end = at + count * stored.itemsize
            if end > len(data):
                raise CircumplexError(f"{paths[-1]} ends before weight {entry['name']}")
            numbers = np.frombuffer(data, stored, count, at).reshape(entry["shape"])
            weights[entry["name"]], at = _meant(numbers, entry), end
        if at != len(data):
            raise CircumplexError(f"{paths[-1]} holds {len(data) - at} bytes that no weight names")
    return weights


def _dtype(entry: dict[str, Any]) -> np.dtype[Any]:
    quantised = entry.get("quantization")
    name = quantised["dtype"] if quantised else entry["dtype"]
    if name not in (_DTYPES if quantised else _STORED_PLAIN):
        raise CircumplexError(f"weight {entry['name']} is stored as {name}, which is not read here")
    return np.dtype(_DTYPES[name])


def _meant(numbers: np.ndarray, entry: dict[str, Any]) -> np.ndarray:
    quantised, whole = entry.get("quantization"), entry["dtype"] == "int32"
    if quantised and "scale" in quantised:  # half precision has none
        numbers = numbers * quantised["scale"] + quantised["min"]
        numbers = np.rint(numbers) if whole else numbers
    return numbers.astype(np.int32 if whole else np.float32)
