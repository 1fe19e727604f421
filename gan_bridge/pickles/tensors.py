"""torch's storages and tensors out of a pickle.

A storage lies in the pickle as a stream that the old `torch.save` wrote: a magic number, the
protocol, the machine, the object, its keys, then the raw numbers. The stream is read by the same
machine as the rest, never by `torch.load`.
"""

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from gan_bridge.pickles.arrays import check_shape
from gan_bridge.pickles.machine import GlobalName, load_plain
from gan_bridge.pickles.refusal import PickleRefusal, require, shown

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_MOST_STEPS = 100  # of each pickle in a stream; torch.save takes some thirty
_MOST_BYTES = 4096  # of all five pickles; torch.save takes some three hundred
_KINDS = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}


@dataclass(frozen=True)
class Storage:
    """Raw numbers: their dtype, how many, and the bytes, a view of the file."""

    dtype: np.dtype
    count: int
    data: memoryview | None = None


@dataclass(frozen=True)
class SavedTensor:
    """A tensor as a checked view of its storage; offset and strides count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    def array(self) -> np.ndarray:
        """A copy of its numbers, row-major."""
        size = self.storage.dtype.itemsize
        strides = tuple(step * size for step in self.stride)
        data = self.storage.data
        view: np.ndarray = np.ndarray(
            self.shape, self.storage.dtype, data, self.offset * size, strides
        )
        return np.array(view, order="C")


def read_storage(data: Any) -> Storage:
    """What `torch.storage._load_from_bytes` stands for.

    Raises:
        PickleRefusal: the stream is no storage that the old `torch.save` wrote, whole.
    """
    require(isinstance(data, bytes), f"it reads a storage from {shown(data)}")
    # not all of it: an opcode in it that copies the numbers could be called over and over
    stream = BytesIO(data[:_MOST_BYTES])

    def following(named: bool = False) -> Any:
        allowed, persistent = (_STORAGES, _declared) if named else ({}, None)
        return load_plain(stream, len(data), allowed, persistent, _MOST_STEPS)

    require(following() == _MAGIC, "a storage in it is not as torch.save writes it")
    require(following() == _PROTOCOL, "a storage in it is of another protocol of torch.save")
    machine = following()
    little = isinstance(machine, dict) and machine.get("little_endian") is True
    require(little, "a storage in it is not little-endian")
    declared = following(named=True)
    require(isinstance(declared, _Declared), "a storage in it is something else")
    storage = declared.storage
    require(following() == [declared.key], "a storage in it has other keys than it declares")
    rest = memoryview(data)[stream.tell() :]
    length = storage.count * storage.dtype.itemsize
    if len(rest) != 8 + length or int.from_bytes(rest[:8], "little") != storage.count:
        raise PickleRefusal(
            f"a storage in it declares {storage.count} numbers, {length} bytes, and holds "
            f"{len(rest)} bytes with their count"
        )
    return Storage(storage.dtype, storage.count, rest[8:])


@dataclass(frozen=True)
class _Declared:
    """What a stream says about its storage before the numbers come."""

    key: str
    storage: Storage


def _declared(persistent: Any) -> _Declared:
    """Key and size out of ("storage", type, key, place, count, view)."""
    require(isinstance(persistent, tuple) and len(persistent) == 6, "a storage's id is malformed")
    word, kind, key, place, count, view = persistent
    named = type(kind) is GlobalName and type(key) is type(place) is str
    require(word == "storage" and named and view is None, "a storage's id is malformed")
    require(type(count) is int and 0 <= count < 2**48, "a storage in it has no proper size")
    return _Declared(key, Storage(np.dtype(_KINDS[kind.name]), count))


def _marker(*arguments: Any) -> Any:
    raise PickleRefusal("it calls a class of torch or numpy")


_STORAGES = {("torch", name): _marker for name in _KINDS}


def rebuild_tensor(
    storage: Any,
    offset: Any,
    shape: Any,
    stride: Any,
    requires_grad: Any,
    hooks: Any,
    metadata: Any = None,
) -> SavedTensor:
    """What `torch._utils._rebuild_tensor_v2` stands for.

    Raises:
        PickleRefusal: no storage; elements outside of it, or several in one place; hooks.
    """
    require(isinstance(storage, Storage), f"it makes a tensor of {shown(storage)}")
    require(hooks == {} and not metadata, "a tensor in it has hooks or metadata")
    check_shape(shape, "a tensor")
    check_shape(stride, "a tensor's strides")
    require(len(shape) == len(stride), "a tensor in it has more strides than sizes, or fewer")
    require(0 not in shape, "a tensor in it is empty")
    require(type(offset) is int and offset >= 0, "a tensor in it begins before its storage")
    reach = 1  # elements from the first to the last, and one
    for step, size in sorted(zip(stride, shape, strict=True)):
        require(size < 2 or step >= reach, "a tensor in it has several elements in one place")
        reach += (size - 1) * step
    if offset + reach > storage.count:
        raise PickleRefusal(
            f"a tensor in it reaches element {offset + reach} of a storage of {storage.count}"
        )
    return SavedTensor(storage, offset, shape, stride)


def rebuild_parameter(tensor: Any, requires_grad: Any, hooks: Any) -> SavedTensor:
    """What `torch._utils._rebuild_parameter` stands for."""
    require(isinstance(tensor, SavedTensor), f"it makes a parameter of {shown(tensor)}")
    require(hooks == {}, "a parameter in it has hooks")
    return tensor
