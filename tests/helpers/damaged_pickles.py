"""Pickles that declare sizes they do not have, are out of balance, or are something else.

Each entry is a name, the bytes, and what the refusal says.
"""

import struct
from collections.abc import Iterator

from pickle_codes import (
    COMMAND,
    array,
    meta,
    named,
    network_of,
    sizes,
    tensor,
    text,
    whole,
)

Entry = tuple[str, bytes, str]


def damaged() -> Iterator[Entry]:
    """Sizes that the file does not have, opcodes out of place, other files."""
    yield (
        "frame",
        b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",
        "frame of 1152921504606846976 bytes is due",
    )
    for name, code, size in (
        ("BINBYTES8", b"\x8e", struct.pack("<Q", 2**60)),
        ("BYTEARRAY8", b"\x96", struct.pack("<Q", 2**61)),
        ("BINUNICODE8", b"\x8d", struct.pack("<Q", 2**62)),
        ("BINUNICODE", b"X", struct.pack("<I", 2**32 - 1)),
        ("BINBYTES", b"B", struct.pack("<I", 2**31)),
        ("LONG4", b"\x8b", struct.pack("<i", 2**31 - 1)),
    ):
        yield f"{name} too large", whole(code + size), "ends too early"
    for name, code, size in (
        ("BYTEARRAY8 beyond memory", b"\x96", struct.pack("<Q", 2**63)),
        ("LONG4 below zero", b"\x8b", struct.pack("<i", -1)),
        ("BINSTRING below zero", b"T", struct.pack("<i", -5)),
    ):
        yield f"{name}, too large", whole(code + size), "damaged or no pickle: .* byte count"
    yield (
        "long integer",
        whole(b"\x8b" + struct.pack("<i", 1000) + b"\x01" * 1000),
        "more than 128 bits",
    )
    yield "many digits", b"I" + b"1" * 10_000 + b"\n.", "10000 digits"
    yield "no digits", b"Ixyz\n.", "damaged or no pickle: invalid .*xyz"
    yield "no real", b"Fx\n.", "damaged or no pickle: could not .*x"
    yield "many steps", b"\x80\x04" + b"N0" * 600_000 + b"N.", "more than 1000000 steps"
    yield "memo far out", whole(b"]r\xff\xff\xff\xff"), "holds a list"
    yield "memo of nothing", whole(b"j\xff\xff\xff\xff"), "recalls object 4294967295"
    yield "memo of an empty stack", whole(b"\x94"), "stack is empty"
    for name, code in (("tuple", b"\x87"), ("call", b"R"), ("item", b"s"), ("copy", b"2")):
        yield f"{name} of an empty stack", whole(code), "stack is empty"
    yield "no mark", whole(b"t"), "a mark is missing"
    yield "unclosed mark", whole(b"(N"), "out of balance"
    yield "two results", whole(b"NN"), "out of balance"
    yield "append to a tuple", whole(b")Na"), "appends to a tuple"
    yield "append to an array", whole(array(sizes(1), b"1234"), b"Na"), "appends to a SavedArray"
    yield "item of a list", whole(b"]", text("a"), b"Ns"), "puts items into a list"
    yield "member of a dict", whole(b"}(N\x90"), "adds members to a dict"
    yield "key of a tuple", whole(b"}", b")" + b"\x85" * 100_000, b"Ns"), "key a tuple"
    yield "key of a number", whole(b"}K\x01Ns"), "the key 1, which is no text"
    yield "key without value", whole(b"}(", text("a"), b"u"), "a key without a value"
    yield "member of a tuple", whole(b"\x8f(", b")" + b"\x85" * 100_000, b"\x90"), "no text"
    yield "frozen tuple", whole(b"()", b"\x91"), "no text"
    yield "bad text", whole(b"\x8c\x01\xff"), "not utf-8"
    yield "bad escape", b"V\\ud\n.", "not rawunicodeescape"
    yield "escape of Python 2", b"S'\\xe9'\n.", "not ascii"
    yield "unquoted", b"Sabc\n.", "no string quotes"
    yield "protocol 9", b"\x80\x09N.", "protocol 9"
    yield "unknown opcode", whole(b"\xff"), "opcode .* unknown"
    yield "text", b"this is not a network\n", "a mark is missing"
    yield "empty", b"", "it is empty"
    yield "JPEG", bytes.fromhex("ffd8ffe000104a464946") * 30, "opcode .* unknown"
    yield "zip", b"PK\x03\x04" + bytes(40), "a zip archive"
    yield "gzip", b"\x1f\x8b\x08" + bytes(40), "a gzip archive"
    yield "safetensors", struct.pack("<Q", 12) + b'{"a": "b"}  ', "give it the suffix .safetensors"
    yield "zeros", bytes(1000), "opcode .* unknown"


def other_contents() -> Iterator[Entry]:
    """Pickles of data that are no networks."""
    yield "nothing", whole(b"N"), "holds None"
    yield "number", whole(b"K\x07"), "holds 7"
    yield "deep list", whole(b"]" * 100_000 + b"a" * 99_999), "holds a list"
    yield "deep tuple", whole(b")" + b"\x85" * 100_000), "holds a tuple"
    yield "three numbers", whole(b"K\1K\1K\1\x87"), "three other things"
    yield "no networks", whole(b"}"), "holds no network but not G_ema"
    yield "text for a network", whole(b"}", text("G_ema"), text("net"), b"s"), "G_ema is 'net'"
    yield (
        "tensors for a network",
        whole(b"}", text("G_ema"), tensor(sizes(2), sizes(1))[2:-1], b"s"),
        "G_ema is a SavedTensor",
    )
    yield "empty network", whole(b"}", text("G_ema"), meta(), b"s"), "no part 'synthesis'"
    state = b"}" + text("_modules") + b"}" + text("x\ny") + meta() + b"ss"
    yield "name of two lines", whole(b"}", text("G_ema"), meta(state=state), b"s"), "part of it is"
    shared = b"}" + text("_modules") + b"}(" + text("a") + meta() + b"\x94" + text("b") + b"h\0us"
    yield "shared module", whole(b"}", text("G_ema"), meta(state=shared), b"s"), "stands in two"
    # a module that holds itself: its table is filled after it was made
    loop = b"}\x94" + text("_modules") + b"}\x94s"
    itself = meta(state=loop) + b"\x94" + b"h\1" + text("synthesis") + b"h\2s0"
    yield "module in itself", whole(b"}", text("G_ema"), itself, b"s"), "stands in two"
    yield (
        "parameter of no kind",
        whole(
            b"}",
            text("G_ema"),
            meta(state=b"}" + text("_modules") + b"}" + text("a") + b"K\1ss"),
            b"s",
        ),
        "its part a is 1",
    )


def other_tensorflow() -> Iterator[Entry]:
    fine = network_of()
    for name, code, reason in (
        ("old", network_of(b"K\x03"), "version 3"),
        ("without a version", network_of(b"N"), "version None"),
        ("without variables", network_of(variables=b"N"), "no variables"),
        ("with odd variables", network_of(variables=b"]N" + b"a"), "is malformed"),
        ("with text", network_of(variables=b"]" + text("a") + text("b") + b"\x86a"), "'a' is 'b'"),
        ("in itself", network_of(more=text("components") + b"}" + text("a") + b"h\0s"), "16"),
        ("in a number", network_of(more=text("components") + b"}" + text("a") + b"K\1s"), "'a'"),
        ("alone", fine, "lacks the variable synthesis/4x4/Const/const"),
        ("of a kind", network_of(more=text("components") + b"K\1"), "no components"),
    ):
        three = whole(fine, fine, code, b"\x87") if name != "alone" else whole(fine * 3, b"\x87")
        yield f"network {name}", three, reason
    yield (
        "network with arguments",
        whole(named("dnnlib.tflib.network", "Network"), COMMAND, b"\x85\x81"),
        "1 arguments",
    )
    yield (
        "network of a text",
        whole(named("dnnlib.tflib.network", "Network"), b")\x81", COMMAND, b"b"),
        "no proper state",
    )
