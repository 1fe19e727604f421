"""Opcodes of pickles, written by hand, for pickles that no pickler would write."""

import io
import pickle
import struct
from typing import Any

import torch

CANARY = "executed"  # a file that appears where a pickle is executed


class Calls:
    """An object whose pickle calls a function when it is opened."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def text(value: str) -> bytes:
    """Opcodes that push a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def data(value: bytes) -> bytes:
    """Opcodes that push bytes."""
    return b"B" + struct.pack("<I", len(value)) + value


def named(module: str, name: str) -> bytes:
    """Opcodes that push a global, as protocol 4 writes it."""
    return text(module) + text(name) + b"\x93"


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """Opcodes that call a global."""
    return named(module, name) + b"(" + b"".join(arguments) + b"tR"


def whole(*opcodes: bytes) -> bytes:
    """A pickle of these opcodes."""
    return b"\x80\x04" + b"".join(opcodes) + b"."


def number(value: int) -> bytes:
    packed = value.to_bytes(9, "little", signed=True)
    return b"\x8a\x09" + packed


def sizes(*values: int) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


EMPTY = call("collections", "OrderedDict")
COMMAND = text(f"touch {CANARY}")


def storage_bytes(count: int = 4) -> bytes:
    stream = io.BytesIO()
    typed = torch.arange(float(count))._typed_storage()
    torch.save(typed, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def storage(content: bytes | None = None) -> bytes:
    return call("torch.storage", "_load_from_bytes", data(content or storage_bytes()))


def tensor(
    shape: bytes,
    stride: bytes,
    offset: bytes = b"K\x00",
    of: bytes | None = None,
    hooks: bytes = EMPTY,
    more: bytes = b"",
) -> bytes:
    of = storage() if of is None else of
    rebuild = "_rebuild_tensor_v2"
    return whole(call("torch._utils", rebuild, of, offset, shape, stride, b"\x89", hooks, more))


def stream(*parts: Any, tail: bytes = b"", raw: dict[int, bytes] | None = None) -> bytes:
    """A storage's stream with some of its pickles replaced."""
    standard = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    made = [pickle.dumps(part, 2) for part in (*parts, *standard[len(parts) :])]
    identity = (b"X\x07\0\0\0storage", b"ctorch\nFloatStorage\n", text("1"), text("cpu"))
    made.append(b"\x80\x02(" + b"".join(identity) + b"K\x04NtQ.")
    made.append(pickle.dumps(["1"], 2))
    for index, replaced in (raw or {}).items():
        made[index] = replaced
    return b"".join(made) + (tail or struct.pack("<q4f", 4, 1, 2, 3, 4))


def meta(**fields: bytes) -> bytes:
    state = b"}(" + text("_parameters") + b"}" + text("_buffers") + b"}" + text("_modules") + b"}u"
    standard = {
        "type": text("class"),
        "version": b"K\x06",
        "class_name": text("Generator"),
        "state": state,
    }
    pairs = b"".join(text(name) + value for name, value in (standard | fields).items())
    return call("torch_utils.persistence", "_reconstruct_persistent_obj", b"}(" + pairs + b"u")


def array(shape: bytes, content: bytes, dtype: str = "f4", order: bytes | None = None) -> bytes:
    kind = call("numpy", "dtype", text(dtype), b"\x89", b"\x88")
    if order is not None:
        kind += b"(K\x03" + order + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = call(
        "numpy.core.multiarray", "_reconstruct", named("numpy", "ndarray"), sizes(0), b"C\1b"
    )
    return empty + b"(K\x01" + shape + kind + b"\x89" + data(content) + b"tb"


def network_of(
    version: bytes = b"K\x04",
    variables: bytes = b"]",
    more: bytes = b"",
    settings: bytes = b"}",
) -> bytes:
    """A network of TensorFlow's; it lies in the memo under 0."""
    state = text("version") + version + text("static_kwargs") + settings
    state += text("variables") + variables + more
    return named("dnnlib.tflib.network", "Network") + b")\x81q\0}(" + state + b"ub"
