"""Pickles that want what is not on the list: to call, import, or set something.

Each entry is a name, the bytes, and what the refusal says.
"""

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from pickle_codes import CANARY, COMMAND, Calls, call, meta, named, text, whole

Entry = tuple[str, bytes, str]
PROTOCOLS = range(6)
SING = f"import pathlib; pathlib.Path({CANARY!r}).write_text('')"


def _running() -> dict[str, Callable[[], Any]]:
    """Objects that call something when their pickle is opened by Python."""
    import codecs
    import copyreg
    import functools
    import importlib
    import operator
    import os
    import subprocess

    return {
        "posix.system": lambda: Calls(os.system, f"touch {CANARY}"),
        "Popen": lambda: Calls(subprocess.Popen, ["touch", CANARY]),
        "exec": lambda: Calls(exec, SING),
        "eval": lambda: Calls(eval, f"exec({SING!r})"),
        "getattr": lambda: Calls(getattr, Calls(__import__, "os"), "system"),
        "__import__": lambda: Calls(__import__, "antigravity"),
        "open": lambda: Calls(open, CANARY, "w"),
        "functools.partial": lambda: functools.partial(os.system, f"touch {CANARY}"),
        "operator.methodcaller": lambda: operator.methodcaller("touch"),
        "operator.attrgetter": lambda: operator.attrgetter("system"),
        "import_module": lambda: Calls(importlib.import_module, "antigravity"),
        "loads": lambda: Calls(pickle.loads, pickle.dumps(Calls(os.system, f"touch {CANARY}"))),
        "torch.serialization.load": lambda: Calls(torch.load, CANARY),
        "load": lambda: Calls(np.load, CANARY),
        "_reconstructor": lambda: Calls(copyreg._reconstructor, dict, object, None),
        "_codecs.encode": lambda: Calls(codecs.encode, "x", "rot13"),
    }


def foreign_globals() -> Iterator[Entry]:
    for name, make in _running().items():
        for protocol in PROTOCOLS:
            yield f"{name}-{protocol}", pickle.dumps(make(), protocol), name
    # a name from the list with more behind it, as protocol 4 would follow it
    for module, name in (
        ("torch", "os.system"),
        ("collections", "OrderedDict.fromkeys"),
        ("torch.storage", "_load_from_bytes.__globals__"),
        ("numpy", "ndarray.tofile"),
        ("torch._utils", "torch.os.system"),
        ("torch.storage.torch.os", "system"),
        ("collections.OrderedDict", ""),
        ("COLLECTIONS", "OrderedDict"),
        ("collections", "OrderedDict\n"),
        ("training.networks_stylegan3", "Generator"),
    ):
        yield f"{module}:{name!r}", whole(call(module, name, COMMAND)), "which is not on the list"
    yield "protocol 0 by hand", b"cos\nsystem\n(S'touch executed'\ntR.", "'os.system'"
    yield "INST", b"(S'touch executed'\nios\nsystem\n.", r"'os.system' \(opcode INST\)"
    yield "OBJ", whole(b"(", named("collections", "OrderedDict"), COMMAND, b"o"), "opcode OBJ"
    yield "NEWOBJ_EX", whole(named("collections", "OrderedDict"), b")}\x92"), "NEWOBJ_EX"
    yield "PERSID", b"Pexecuted\n.", "persistent id"
    yield "BINPERSID", whole(COMMAND, b"Q"), "persistent id"
    yield "EXT1", whole(b"\x82\x01"), "EXT1"
    yield "EXT2", whole(b"\x83\x01\x00"), "EXT2"
    yield "EXT4", whole(b"\x84\x01\x00\x00\x00"), "EXT4"
    yield "NEXT_BUFFER", whole(b"\x97"), "NEXT_BUFFER"
    yield "READONLY_BUFFER", whole(b"N\x98"), "READONLY_BUFFER"
    yield "a global by a number", whole(b"K\x01K\x02\x93"), "no text"
    yield "calling a text", whole(text("os.system"), COMMAND, b"\x85R"), "calls 'os.system'"
    yield "calling a dict", whole(b"}", COMMAND, b"\x85R"), "calls a dict"
    yield (
        "calling with a list",
        whole(named("collections", "OrderedDict"), b"]R"),
        "without a tuple",
    )
    for owner, code in (("a dict", b"}"), ("a list", b"]"), ("'x'", text("x"))):
        build = whole(code, b"}", text("__class__"), b"Nsb")
        yield f"BUILD on {owner}", build, f"sets attributes of {owner}"
    yield "BUILD on a global", whole(named("numpy", "dtype"), b"}b"), "attributes of a GlobalName"
    yield "BUILD on a module", whole(meta(), b"}b"), "attributes of a SavedModule"
