"""Weights at eight bits: a fourth of the bytes, and an error that pictures do not show."""

from collections.abc import Mapping

import numpy as np

_SCALE = ".scale"
_LEVELS = 127


def packed(tensors: Mapping[str, np.ndarray], at_half: str = "") -> dict[str, np.ndarray]:
    """Float weights as int8 with a float32 scale for each filter, the first axis.

    Vectors, and arrays that are not of floats, stay as they are.

    Args:
        at_half: names that begin with it are stored as float16 instead.
    """
    stored: dict[str, np.ndarray] = {}
    for name, value in tensors.items():
        if value.dtype.kind != "f":
            stored[name] = value
        elif value.ndim < 2:
            stored[name] = value.astype(np.float32)
        elif at_half and name.startswith(at_half):
            stored[name] = value.astype(np.float16)
        else:
            rows = value.reshape(len(value), -1)
            scale = np.maximum(np.abs(rows).max(1), 1e-12) / _LEVELS
            stored[name] = np.rint(rows / scale[:, None]).astype(np.int8).reshape(value.shape)
            stored[name + _SCALE] = scale.astype(np.float32)
    return stored


def unpacked(stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What `packed` stored, floats as float32; arrays that it did not pack stay as they are."""
    tensors = {}
    for name, value in stored.items():
        if name.endswith(_SCALE) and name.removesuffix(_SCALE) in stored:
            continue
        scale = stored.get(name + _SCALE)
        if scale is not None:
            value = value * scale.reshape(-1, *(1,) * (value.ndim - 1))
        tensors[name] = value.astype(np.float32) if value.dtype.kind == "f" else value
    return tensors
