"""numpy's arrays, scalars and dtypes out of a pickle: truth values, whole numbers and reals only.

Each is made of bytes whose number is checked against shape and dtype; numpy's own functions of
reconstruction are not called.
"""

import math
import re
from typing import Any

import numpy as np

from gan_bridge.pickles.machine import GlobalName
from gan_bridge.pickles.refusal import PickleRefusal, require, shown

_DTYPE = re.compile(r"b1|[iu][1248]|f[248]")
_MOST_AXES = 8


class SavedDtype:
    """A dtype that a pickle builds: its name first, its byte order by BUILD."""

    def __init__(self, name: Any, align: Any = False, copy: Any = False) -> None:
        if not (isinstance(name, str) and _DTYPE.fullmatch(name)):
            raise PickleRefusal(
                f"it wants numpy.dtype({shown(name)}); truth values, whole numbers and reals are "
                "allowed"
            )
        self.dtype = np.dtype(name)

    def set_state(self, state: Any) -> None:
        """(version, byte order, then what only structured dtypes have)."""
        require(isinstance(state, tuple) and len(state) >= 5, "a dtype in it has no proper state")
        order, *structure = state[1:5]
        require(
            order in ("<", ">", "|", "=") and structure == [None] * 3,
            "it wants a structured numpy.dtype",
        )
        self.dtype = self.dtype.newbyteorder(order)


class SavedArray:
    """An array that a pickle makes empty and fills by BUILD."""

    def __init__(self, kind: Any, shape: Any, code: Any) -> None:
        plain = type(kind) is GlobalName and kind.name == "ndarray"
        require(plain and shape == (0,), "it makes an array of another class than numpy.ndarray")
        self.value = np.zeros(0)

    @classmethod
    def of_buffer(cls, data: Any, dtype: Any, shape: Any, order: Any) -> "SavedArray":
        """How protocol 5 writes an array."""
        require(order in ("C", "F"), f"an array in it has the order {shown(order)}")
        array = cls.__new__(cls)
        array.value = _view(data, dtype, shape, order)
        return array

    def set_state(self, state: Any) -> None:
        """(version, shape, dtype, column-major, bytes)."""
        require(isinstance(state, tuple) and len(state) == 5, "an array in it has no proper state")
        _, shape, dtype, columns_first, data = state
        self.value = _view(data, dtype, shape, "F" if columns_first is True else "C")


def scalar(dtype: Any, data: Any) -> bool | int | float:
    """`numpy.core.multiarray.scalar` as a plain number."""
    return _view(data, dtype, ()).item()


def check_shape(shape: Any, what: str) -> int:
    """How many elements there are; sizes are whole numbers from 0, on few axes.

    Raises:
        PickleRefusal: it is no shape.
    """
    fine = isinstance(shape, tuple) and len(shape) <= _MOST_AXES
    if not (fine and all(type(size) is int and 0 <= size < 2**48 for size in shape)):
        raise PickleRefusal(f"{what} in it has a shape that is none")
    return math.prod(shape)


def _view(data: Any, dtype: Any, shape: Any, order: Any = "C") -> np.ndarray:
    """The bytes as an array, not copied."""
    require(isinstance(dtype, SavedDtype), f"an array in it has {shown(dtype)} for a dtype")
    require(isinstance(data, bytes | bytearray), f"an array in it has {shown(data)} for its bytes")
    count = check_shape(shape, "an array")
    if count * dtype.dtype.itemsize != len(data):
        raise PickleRefusal(
            f"an array in it has {len(data)} bytes; its shape and dtype need "
            f"{count * dtype.dtype.itemsize}"
        )
    if not count:
        return np.zeros(0, dtype.dtype)
    return np.frombuffer(data, dtype.dtype).reshape(shape, order=order)
