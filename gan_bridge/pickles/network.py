"""Official network pickles, read as data: nothing in them is executed, nothing is imported.

StyleGAN3 and StyleGAN2-ADA-PyTorch pickle a dict of modules, TensorFlow's StyleGAN2 a tuple of
three networks. Either is read by a machine of our own (`gan_bridge.pickles`), whose globals are an
exact list, and the networks are built anew from settings and weights.
"""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from faces.ground.content import require_content
from faces.ground.digests import bytes_digest
from faces.ground.errors import CircumplexError
from gan_bridge.checkpoints.families import OPEN_HERE, family_of_pickle
from gan_bridge.networks.files import NAMES, NetworkFile, build_network, restore_network
from gan_bridge.pickles.allowed import ALLOWED
from gan_bridge.pickles.discriminators import discriminator_config
from gan_bridge.pickles.generators import generator_config
from gan_bridge.pickles.machine import load_plain
from gan_bridge.pickles.modules import SavedModule
from gan_bridge.pickles.refusal import PickleRefusal, require, shown
from gan_bridge.pickles.settings import check_kinds
from gan_bridge.pickles.tensorflow import DISCRIMINATOR, GENERATOR, SavedNetwork, convert_variables
from gan_bridge.pickles.tensorflow_settings import tensorflow_discriminator, tensorflow_generator

_TENSORFLOW = ("G", "D", "G_ema")  # the order of the tuple
# each is guarded against where it would arise; a file must not find the gap
_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_OTHERS = {b"PK": "a zip archive, such as torch.save writes", b"\x1f\x8b": "a gzip archive"}


def read_network_pickle(
    path: str | os.PathLike[str],
    names: tuple[str, ...] = ("G_ema",),
    optional: tuple[str, ...] = (),
) -> NetworkFile:
    """Networks out of an official pickle, as `load_networks` gives those of a native file.

    Args:
        path: the pickle.
        names: the networks wanted, of "G_ema", "G" and "D"; optional: those wanted where they are
            there.

    Raises:
        CircumplexError: the file is missing, truncated or something else; it wants what is not on
            the list; it lacks one of `names`; a setting is not supported; a weight does not fit.
    """
    path = Path(path)
    require_content(path)
    try:
        with _mapped(path) as data:
            return _read(data, names, optional)
    except PickleRefusal as refusal:
        raise CircumplexError(f"{path} is refused: {refusal}") from refusal
    except CircumplexError as error:  # a setting out of its range, a weight that does not fit
        raise CircumplexError(f"{path} is refused: {error}") from error
    except MemoryError as error:
        raise CircumplexError(f"{path} needs more memory than there is; close others") from error
    except _UNFORESEEN as error:
        raise CircumplexError(
            f"{path} is refused: it is damaged ({type(error).__name__}); copy it anew"
        ) from error


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    """The file's bytes, in place."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise CircumplexError(f"{path} cannot be read: {error.strerror}; copy it anew") from error
    with mapped:
        yield mapped


def _read(data: mmap.mmap, names: tuple[str, ...], optional: tuple[str, ...]) -> NetworkFile:
    """The networks that are wanted, out of a file's bytes."""
    try:
        saved = _networks(load_plain(data, len(data), ALLOWED))
    except PickleRefusal as refusal:
        raise PickleRefusal(_reason(data, refusal)) from refusal
    for name in names:
        require(saved.get(name) is not None, f"it holds {_listed(saved)} but not {name}")
    names += tuple(name for name in optional if saved.get(name) is not None)
    networks = {name: _built(saved[name], name, len(data)) for name in names}
    form = "tensorflow" if isinstance(saved["G_ema"], SavedNetwork) else "pytorch"
    return NetworkFile(networks, {"pickle": bytes_digest(data), "form": form})


def _reason(data: mmap.mmap, refusal: PickleRefusal) -> str:
    """Why it is refused, or what the file really is."""
    head = data[:10]
    if head[8:10] == b'{"':
        return "it is a safetensors file; give it the suffix .safetensors"
    for start, kind in _OTHERS.items():
        if head.startswith(start):
            return f"it is {kind}, not a network pickle of the official code"
    if (family := family_of_pickle(data)) is not None:
        return f"it holds {family}; {OPEN_HERE} ({refusal})"
    return str(refusal)


def _networks(root: Any) -> dict[str, Any]:
    """Saved networks by NAMES."""
    if isinstance(root, tuple) and len(root) == 3:
        require(all(isinstance(each, SavedNetwork) for each in root), "it holds three other things")
        return dict(zip(_TENSORFLOW, root, strict=True))
    require(isinstance(root, dict), f"it holds {shown(root)}, not the networks of a training")
    found = {name: root.get(name) for name in NAMES}
    for name, each in found.items():
        fine = each is None or isinstance(each, SavedModule)
        require(fine, f"its {name} is {shown(each)}, not a network")
    return found


def _built(saved: SavedModule | SavedNetwork, name: str, size: int) -> Any:
    """One network, anew, out of a file of `size` bytes."""
    if isinstance(saved, SavedNetwork):
        config, tensors = _of_tensorflow(saved, name, size)
    else:
        config, tensors = _of_pytorch(saved, name, size)
    return restore_network(config, tensors, name)


def _of_tensorflow(saved: SavedNetwork, name: str, size: int) -> tuple[Any, dict[str, Tensor]]:
    critic = name == "D"
    config = tensorflow_discriminator(saved) if critic else tensorflow_generator(saved)
    with torch.device("meta"):  # names alone; no memory is taken
        names = build_network(config).state_dict()
    table = DISCRIMINATOR if critic else GENERATOR
    return config, convert_variables(saved, names, table, config.img_resolution, size)


def _of_pytorch(saved: SavedModule, name: str, size: int) -> tuple[Any, dict[str, Tensor]]:
    check_kinds(saved)
    config = discriminator_config(saved) if name == "D" else generator_config(saved)
    tensors = {}
    for key, tensor in saved.tensors(size).items():
        real = tensor.storage.dtype.kind == "f"
        require(real, f"its {key} is of kind {tensor.storage.dtype}, not of real numbers")
        tensors[key] = torch.from_numpy(tensor.array()).float()
    return config, tensors


def _listed(saved: dict[str, Any]) -> str:
    return ", ".join(name for name, each in saved.items() if each is not None) or "no network"
