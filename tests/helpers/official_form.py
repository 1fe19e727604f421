"""Writes network pickles in the form of the official code, out of networks of our own.

The globals that such pickles name are stood in for while Python's pickler looks them up, and are
gone again when a test reads the file: what is read is what the official code would have written,
and whatever would import or call those names fails.
"""

import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from torch import nn

from gan_bridge.networks.alias_free import (
    AliasFreeLayer,
    AliasFreeSynthesis,
    FourierInput,
    StyleGAN3,
)
from gan_bridge.networks.config import StyleGAN3Config
from gan_bridge.networks.discriminator import (
    Discriminator,
    DiscriminatorBlock,
    DiscriminatorHead,
)
from gan_bridge.networks.layers import EqualLinear
from gan_bridge.networks.layers import Mapping as MappingNetwork
from gan_bridge.networks.stylegan2 import PlainConv, StyledConv, Synthesis, SynthesisBlock, ToRGB
from gan_bridge.networks.stylegan2 import StyleGAN2 as Generator2

# what the official loader would execute; the reader must not
SOURCE = (
    "import pathlib\npathlib.Path('executed').write_text('module_src')\nclass Generator: pass\n"
)
Described = tuple[str, dict[str, Any], dict[str, Any]]
_HOOKS = ("_backward_hooks", "_forward_hooks", "_forward_pre_hooks", "_state_dict_hooks")


class Saved:
    """A module as the official decorator pickles it."""

    def __init__(self, kind: str, state: dict[str, Any]) -> None:
        self.kind, self.state = kind, state

    def part(self, path: str) -> "Saved":
        """The module of that dotted name."""
        found = self
        for name in path.split(".") if path else []:
            found = found.state["_modules"][name]
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": self.kind}
        function = sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj
        return function, ({**meta, "state": self.state},)


class TensorFlowNetwork:
    """A network as TensorFlow's StyleGAN2 pickles it."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state

    def __getstate__(self) -> dict[str, Any]:
        return self.state


@contextmanager
def stand_ins() -> Iterator[None]:
    """The official names, while the block runs."""
    names = ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util", "dnnlib.tflib")
    made = {name: ModuleType(name) for name in (*names, "dnnlib.tflib.network")}

    def reconstruct(meta: Any) -> Any:
        raise AssertionError("a stand-in was called")

    reconstruct.__module__ = "torch_utils.persistence"
    reconstruct.__qualname__ = reconstruct.__name__ = "_reconstruct_persistent_obj"
    made["torch_utils.persistence"]._reconstruct_persistent_obj = reconstruct
    made["dnnlib.util"].EasyDict = EasyDict
    made["dnnlib.tflib.network"].Network = TensorFlowNetwork
    before = {name: sys.modules[name] for name in made if name in sys.modules}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]
        sys.modules.update(before)


class EasyDict(dict):
    """A dict by another name."""


for _class, _module, _name in (
    (EasyDict, "dnnlib.util", "EasyDict"),
    (TensorFlowNetwork, "dnnlib.tflib.network", "Network"),
):
    _class.__module__, _class.__name__, _class.__qualname__ = _module, _name, _name


def dump(path: Path, value: Any, protocol: int = 4) -> Path:
    """Pickle anything with the official names at hand."""
    with stand_ins():
        path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


def snapshot(networks: Mapping[str, Saved | None]) -> dict[str, Any]:
    """Networks as the official training loop writes them."""
    options = EasyDict(class_name="training.dataset.ImageFolderDataset", use_labels=False)
    return {**networks, "augment_pipe": None, "training_set_kwargs": options}


def saved(network: nn.Module, ada: bool = False) -> Saved:
    """A network of our own as the official code would hold it; `ada`: as StyleGAN2-ADA does, which
    stores fewer attributes and nests the arguments."""
    if isinstance(network, Discriminator):
        return _saved(network, "Discriminator", network.config, {}, ada)
    config = network.config
    synthesis = {"channel_base": config.channel_base, "channel_max": config.channel_max}
    if ada:
        given = {"mapping_kwargs": EasyDict(), "synthesis_kwargs": EasyDict(synthesis)}
    else:
        given = {"mapping_kwargs": EasyDict(), **synthesis}
    return _saved(network, "Generator", config, given, ada)


def _saved(module: nn.Module, kind: str, config: Any, given: dict[str, Any], ada: bool) -> Saved:
    own, attributes, arguments = _described(module, config, ada)
    state = {
        "training": False,
        "_parameters": OrderedDict(module._parameters),
        "_buffers": OrderedDict(module._buffers),
        "_non_persistent_buffers_set": set(),
        **{hook: OrderedDict() for hook in _HOOKS},
        "_modules": OrderedDict(),
        "_init_args": (),
        "_init_kwargs": given or arguments,
        **attributes,
    }
    for child_name, child in module.named_children():
        state["_modules"][child_name] = _saved(child, "", config, {}, ada)
    if isinstance(module, DiscriminatorHead):
        spread = {"group_size": module.group, "num_channels": module.spread_maps}
        empty = {"_parameters": {}, "_buffers": {}, "_modules": {}}
        state["_modules"]["mbstd"] = Saved("MinibatchStdLayer", {**empty, **spread})
    return Saved(kind or own, state)


def _described(module: nn.Module, config: Any, ada: bool) -> Described:
    """The official class of a module of ours, its attributes, and its constructor arguments."""
    match module:
        case EqualLinear():
            activation = "lrelu" if module.activate else "linear"
            gain = np.float64(module.rate / np.sqrt(module.weight.shape[1]))
            attributes = {"activation": activation, "weight_gain": gain, "bias_gain": module.rate}
            return "FullyConnectedLayer", attributes, {}
        case MappingNetwork():
            keys = ("z_dim", "c_dim", "w_dim", "num_ws", "w_avg_beta")
            attributes = {key: getattr(module, key) for key in keys}
            return "MappingNetwork", {**attributes, "num_layers": module.layers}, {}
        case AliasFreeSynthesis():
            keys = ("num_layers", "num_critical", "margin_size", "output_scale", "num_fp16_res")
            attributes = {key: getattr(config, key) for key in keys}
            keys = ("channel_base", "channel_max", "first_stopband", "last_stopband_rel")
            arguments = {key: getattr(config, key) for key in keys}
            names = list(module.layer_names)
            return "SynthesisNetwork", {**attributes, "layer_names": names}, arguments
        case FourierInput():
            size = np.broadcast_to(np.asarray(module.signal.size), [2]).copy()
            bandwidth = np.float64(module.signal.cutoff)
            return "SynthesisInput", {"size": size, "bandwidth": bandwidth}, {}
        case AliasFreeLayer():
            return "SynthesisLayer", _alias_free(module, config), {}
        case Generator2() | StyleGAN3() | Discriminator():
            return _outermost(config)
    return _described_of_2(module, config, ada)


def _outermost(config: Any) -> Described:
    keys = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels", "num_ws")
    attributes = {key: getattr(config, key) for key in keys if hasattr(config, key)}
    keys = ("channel_base", "channel_max", "num_fp16_res")
    return "", attributes, {key: getattr(config, key) for key in keys}


def _described_of_2(module: nn.Module, config: Any, ada: bool) -> Described:
    """The same for what only StyleGAN2 and the discriminator have."""
    whole = None if config.conv_clamp is None else int(config.conv_clamp)
    match module:
        case Synthesis():
            arguments = {key: getattr(config, key) for key in ("channel_base", "channel_max")}
            attributes = {} if ada else {"num_fp16_res": config.num_fp16_res}
            return "SynthesisNetwork", attributes, arguments
        case SynthesisBlock() | DiscriminatorBlock():
            low = module.side * 2**config.num_fp16_res > config.img_resolution and module.side >= 8
            attributes = {"architecture": config.architecture, "use_fp16": low}
            return type(module).__name__, attributes, {}
        case StyledConv():
            attributes = {"activation": "lrelu", "use_noise": True, "conv_clamp": whole}
            return "SynthesisLayer", attributes, {}
        case ToRGB():
            return "ToRGBLayer", {"conv_clamp": whole}, {}
        case PlainConv():
            activation = "lrelu" if module.activate else "linear"
            bound = None if module.clamp is None else int(module.clamp)
            return "Conv2dLayer", {"activation": activation, "conv_clamp": bound}, {}
        case DiscriminatorHead():
            attributes = {"architecture": config.architecture, "cmap_dim": module.cmap_dim}
            return "DiscriminatorEpilogue", attributes, {}
    raise AssertionError(f"{type(module).__name__} has no official form")


def _alias_free(layer: AliasFreeLayer, config: StyleGAN3Config) -> dict[str, Any]:
    before, after = layer.before, layer.after
    sampling = max(before.rate, after.rate) * (1 if layer.to_rgb else config.lrelu_upsampling)
    radial = layer.down_filter is not None and layer.down_filter.ndim == 2
    return {
        "is_torgb": layer.to_rgb,
        "conv_kernel": layer.kernel,
        "conv_clamp": None if config.conv_clamp is None else int(config.conv_clamp),
        "magnitude_ema_beta": config.magnitude_ema_beta,
        "in_sampling_rate": before.rate,
        "out_sampling_rate": after.rate,
        "tmp_sampling_rate": sampling,
        "out_cutoff": np.float64(after.cutoff),
        "out_half_width": np.float64(after.half_width),
        "up_factor": layer.up,
        "up_taps": layer.up_taps,
        "down_radial": radial,
        "out_size": np.array([after.size, after.size]),
    }
