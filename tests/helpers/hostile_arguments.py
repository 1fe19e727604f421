"""Pickles that hand a hostile argument to a name on the list.

Each entry is a name, the bytes, and what the refusal says.
"""

import io
import os
import pickle
import struct
from collections.abc import Iterator

import torch
from pickle_codes import (
    CANARY,
    COMMAND,
    EMPTY,
    Calls,
    array,
    call,
    data,
    meta,
    named,
    number,
    sizes,
    storage,
    storage_bytes,
    stream,
    tensor,
    text,
    whole,
)

Entry = tuple[str, bytes, str]


def hostile_tensors() -> Iterator[Entry]:
    """Names of the list with arguments that they should not have."""
    one = sizes(1)
    yield "tensor of a text", tensor(sizes(2), one, of=text("storage")), "a tensor of 'storage'"
    yield "tensor of bytes", tensor(sizes(2), one, of=data(b"1234")), "a tensor of a bytes"
    yield "tensor too large", tensor(sizes(5), one), "element 5 of a storage of 4"
    yield "tensor from beyond", tensor(sizes(2), one, b"K\x03"), "element 5 of a storage of 4"
    yield "tensor huge", tensor(sizes(2**47), one), "element 140737488355328 of"
    yield "tensor beyond numbers", tensor(sizes(2**62), one), "shape that is none"
    yield "tensor expanded", tensor(sizes(2**40), sizes(0)), "several elements in one place"
    yield "tensor overlapping", tensor(sizes(2, 2), sizes(1, 1)), "several elements in one place"
    yield "tensor backwards", tensor(sizes(2), sizes(-1), b"K\x03"), "shape that is none"
    yield "tensor from before", tensor(sizes(2), one, number(-2)), "begins before"
    yield "tensor of truth", tensor(b"\x88\x85", one), "shape that is none"
    yield "tensor of many axes", tensor(sizes(*[1] * 9), sizes(*[1] * 9)), "shape that is none"
    yield "tensor of lists", tensor(b"]", b"]"), "shape that is none"
    yield "tensor empty", tensor(sizes(0), one), "is empty"
    yield "tensor uneven", tensor(sizes(2), sizes(1, 1)), "more strides"
    yield "tensor with hooks", tensor(sizes(2), one, hooks=b"]"), "hooks or metadata"
    yield "tensor with metadata", tensor(sizes(2), one, more=COMMAND), "hooks or metadata"
    yield "tensor of two", whole(call("torch._utils", "_rebuild_tensor_v2", b"N")), "1 arguments"
    yield (
        "parameter",
        whole(call("torch._utils", "_rebuild_parameter", COMMAND, b"\x88", EMPTY)),
        ("a parameter of 'touch executed'"),
    )
    yield (
        "module of a text",
        whole(call("torch_utils.persistence", "_reconstruct_persistent_obj", COMMAND)),
        "an object of 'touch executed'",
    )
    yield "module of another version", whole(meta(version=b"K\x05")), "version 5, not 6"
    yield "module of another type", whole(meta(type=text("function"))), "type 'function'"
    yield "module without state", whole(meta(state=b"N")), "no state"
    yield "dict of something", whole(call("collections", "OrderedDict", COMMAND)), "a dict of some"
    yield (
        "easy dict",
        whole(named("dnnlib.util", "EasyDict"), COMMAND, b"\x85\x81"),
        "a dict of some",
    )
    yield "set of a text", whole(call("builtins", "set", COMMAND)), "a set of 'touch executed'"
    yield "set of tuples", whole(call("builtins", "set", b"()l")), "no text"
    yield "codec", whole(call("_codecs", "encode", text("x"), text("zlib"))), "_codecs.encode"
    yield (
        "codec of wide text",
        whole(call("_codecs", "encode", text("β"), text("latin1"))),
        "no bytes",
    )
    encode = named("_codecs", "encode") + b"h\0" + text("latin1") + b"\x86R"
    yield "bytes over and over", whole(text("x" * 9999), b"\x94", encode * 30), "more bytes than"
    many = b"](" + text("a") * 99 + b"e\x940"
    yield "set of many", whole(many, named("builtins", "set"), b"h\0\x85R"), "a set of a list"
    yield "class of arrays", whole(call("numpy", "ndarray", sizes(9))), "calls numpy.ndarray"


def hostile_arrays() -> Iterator[Entry]:
    empty, rest = ("numpy.core.multiarray", "_reconstruct"), (sizes(0), b"C\1b")
    scalar = "numpy._core.multiarray", "scalar"
    yield "array of objects", whole(array(sizes(1), b"12345678", "O8")), r"numpy.dtype\('O8'\)"
    yield "array of dates", whole(array(sizes(1), b"12345678", "M8")), r"numpy.dtype\('M8'\)"
    yield "array of wide reals", whole(array(sizes(1), bytes(16), "f16")), r"numpy.dtype\('f16'\)"
    yield (
        "array of records",
        whole(array(sizes(1), b"1234", order=text("<") + b"N(tN")),
        "structured numpy.dtype",
    )
    yield (
        "array of odd order",
        whole(array(sizes(1), b"1234", order=text("?") + b"NNN")),
        "structur",
    )
    yield "array too short", whole(array(sizes(3), b"1234")), "has 4 bytes; .* need 12"
    yield "array huge", whole(array(sizes(2**40, 2**40), b"1234")), "has 4 bytes"
    yield "array beyond", whole(array(sizes(2**60), b"1234")), "shape that is none"
    yield "array backwards", whole(array(sizes(-1), b"1234")), "shape that is none"
    yield "array of text", whole(array(sizes(1), b"1234")[:-7] + text("1234") + b"tb"), "bytes"
    other = call(*empty, named("collections", "OrderedDict"), *rest)
    yield "array of another class", whole(other), "another class"
    filled = call(*empty, named("numpy", "ndarray"), sizes(2**40), b"C\1b")
    yield "array made full", whole(filled), "another class"
    yield "array of no state", whole(array(sizes(1), b"1234")[:-1], b"0}b"), "opcode|state|empty"
    kind = call("numpy", "dtype", text("f8"), b"\x89", b"\x88")
    yield "scalar of a text", whole(call(*scalar, kind, COMMAND)), "for its bytes"
    yield "scalar too long", whole(call(*scalar, kind, data(b"123456789"))), "has 9 bytes"
    yield "scalar without dtype", whole(call(*scalar, text("f8"), data(b"12345678"))), "for a dtype"
    yield (
        "buffer",
        whole(call("numpy._core.numeric", "_frombuffer", data(b"1"), kind, sizes(1), text("C"))),
        "has 1 bytes",
    )
    yield (
        "buffer of odd order",
        whole(
            call("numpy.core.numeric", "_frombuffer", data(b"12345678"), kind, sizes(1), text("K"))
        ),
        "order 'K'",
    )


def hostile_storages() -> Iterator[Entry]:
    """Streams within the pickle, which the official code opens as pickles of their own."""
    evil = Calls(os.system, f"touch {CANARY}")
    zipped = io.BytesIO()
    torch.save(torch.ones(2), zipped)
    place = b"\x80\x02(X\x07\0\0\0storage"
    kinds = {
        "os.system": b"cos\nsystem\n",
        "torch.load": b"ctorch\nload\n",
        "torch.BFloat16Storage": b"ctorch\nBFloat16Storage\n",
    }
    for name, code in kinds.items():
        raw = place + code + text("1") + text("cpu") + b"K\x04NtQ."
        yield f"storage of {name}", whole(storage(stream(raw={3: raw}))), name
    yield "nested pickle", whole(storage(pickle.dumps(evil))), "posix.system"
    yield "nested twice", whole(storage(pickle.dumps(storage(pickle.dumps(evil))))), "torch.save"
    yield "nested after the magic", whole(storage(stream(evil))), "posix.system"
    yield (
        "nested as the machine",
        whole(storage(stream(0x1950A86A20F9469CFC6C, 1001, evil))),
        "posix.system",
    )
    yield "nested list", whole(storage(stream(raw={3: pickle.dumps([evil], 2)}))), "posix.system"
    yield "nested nothing", whole(storage(stream(raw={3: b"N."}))), "something else"
    yield "nested keys", whole(storage(stream(raw={4: pickle.dumps(["2"])}))), "other keys"
    yield (
        "nested text",
        whole(call("torch.storage", "_load_from_bytes", COMMAND)),
        "a storage from 'touch executed'",
    )
    yield "nested zip", whole(storage(zipped.getvalue())), "opcode .* unknown|it wants|text|newline"
    yield "other magic", whole(storage(stream(7))), "not as torch.save"
    yield "other protocol", whole(storage(stream(0x1950A86A20F9469CFC6C, 7))), "another protocol"
    yield (
        "other end",
        whole(storage(stream(0x1950A86A20F9469CFC6C, 1001, {"little_endian": False}))),
        "not little-endian",
    )
    for name, count, view in (("size", number(2**60), b"N"), ("view", b"K\x04", b"(K\1t")):
        raw = place + b"ctorch\nFloatStorage\n" + text("1") + text("cpu") + count + view + b"tQ."
        yield f"storage {name}", whole(storage(stream(raw={3: raw}))), "proper size|malformed"
    huge = place + b"ctorch\nFloatStorage\n" + text("1") + text("cpu") + number(2**40) + b"NtQ."
    yield "storage declared huge", whole(storage(stream(raw={3: huge}))), "declares 1099511627776"
    long = pickle.dumps(["x"] * 60_000, 2)
    yield "storage of many steps", whole(storage(stream(raw={0: long}))), "more than 100 steps"
    yield "storage cut", whole(storage(storage_bytes()[:-1])), "declares 4 numbers"
    yield "storage with a tail", whole(storage(storage_bytes() + b"N.")), "declares 4 numbers"
    yield (
        "storage miscounted",
        whole(storage(stream(tail=struct.pack("<q4f", 5, 1, 2, 3, 4)))),
        "declares 4 numbers",
    )
    yield "identity", whole(storage(stream(raw={3: b"\x80\x02K\x01Q."}))), "malformed"
