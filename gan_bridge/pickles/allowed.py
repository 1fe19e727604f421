"""The exact list of globals that a network pickle may name, each with a function of our own."""

from collections.abc import Callable
from typing import Any

from gan_bridge.pickles.arrays import SavedArray, SavedDtype, scalar
from gan_bridge.pickles.machine import AllowedGlobals, members
from gan_bridge.pickles.modules import SavedModule
from gan_bridge.pickles.refusal import PickleRefusal, require, shown
from gan_bridge.pickles.tensorflow import SavedNetwork
from gan_bridge.pickles.tensors import read_storage, rebuild_parameter, rebuild_tensor


def _empty(*arguments: Any) -> dict[str, Any]:
    """An ordered or an easy dict: a dict, filled by later opcodes."""
    require(not arguments, "it makes a dict of something")
    return {}


def _encoded(text: Any, encoding: Any) -> bytes:
    """How protocols below 3 write bytes."""
    if encoding != "latin1" or not isinstance(text, str):
        raise PickleRefusal(f"it wants _codecs.encode of {shown(text)} as {shown(encoding)}")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise PickleRefusal("bytes in it are no bytes") from error


def _few(items: Any) -> set[str]:
    """A set; those of official pickles are empty."""
    require(isinstance(items, list) and len(items) <= 16, f"it makes a set of {shown(items)}")
    return members(items)


def _array_class(*arguments: Any) -> Any:
    raise PickleRefusal("it calls numpy.ndarray")


def _both_numpys(module: str, name: str, make: Callable[..., Any]) -> AllowedGlobals:
    """numpy 2 renamed its core."""
    return {(f"numpy.{core}.{module}", name): make for core in ("core", "_core")}


ALLOWED: AllowedGlobals = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): SavedModule.of_meta,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch.storage", "_load_from_bytes"): read_storage,
    ("collections", "OrderedDict"): _empty,
    ("dnnlib.util", "EasyDict"): _empty,
    ("dnnlib.tflib.network", "Network"): SavedNetwork,
    ("numpy", "dtype"): SavedDtype,
    ("numpy", "ndarray"): _array_class,
    **_both_numpys("multiarray", "_reconstruct", SavedArray),
    **_both_numpys("multiarray", "scalar", scalar),
    # protocol 5, Python 3.14's own choice, has arrays as buffers; below 3 there are no bytes,
    # below 4 no sets: those of Python 3.7, which StyleGAN2-ADA ran on, spell them so
    **_both_numpys("numeric", "_frombuffer", SavedArray.of_buffer),
    ("_codecs", "encode"): _encoded,
    ("builtins", "set"): _few,
    ("__builtin__", "set"): _few,
}
