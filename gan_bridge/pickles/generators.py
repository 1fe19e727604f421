"""The official generators, StyleGAN3 and StyleGAN2, from what their modules remember to a config.

Settings come from attributes first and from stored constructor arguments where no attribute tells
them, never from defaults of ours where the pickle knows: StyleGAN2-ADA's defaults are others. What
is left to the official defaults (channels, stopbands) is checked against the layers and weights.
"""

from typing import Any

from gan_bridge.networks.config import StyleGAN2Config, StyleGAN3Config
from gan_bridge.networks.signals import plan_signals
from gan_bridge.pickles.modules import SavedModule
from gan_bridge.pickles.refusal import PickleRefusal, require, shown
from gan_bridge.pickles.settings import assume, make_record

MAPPING_RATE = 0.01
_SIZES = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels")
_PLAN = ("num_layers", "num_critical", "margin_size", "output_scale", "num_fp16_res")
_OFFICIAL = {  # defaults of the official classes that no attribute tells
    "channel_base": 32768,
    "channel_max": 512,
    "first_stopband": 2**2.1,
    "last_stopband_rel": 2**0.3,
}


def generator_config(network: SavedModule) -> StyleGAN3Config | StyleGAN2Config:
    """The config of a saved generator.

    Raises:
        PickleRefusal: another network, or a setting that our networks do not have.
        CircumplexError: a setting out of its range.
    """
    require(network.kind == "Generator", f"it holds {shown(network.kind)} for a Generator")
    parts = network.child("synthesis").children
    if "input" in parts:
        return _alias_free(network)
    if "b4" in parts:
        return _stylegan2(network)
    raise PickleRefusal("its Generator is neither a StyleGAN3 nor a StyleGAN2")


def check_mapping(mapping: SavedModule, w_dim: int) -> None:
    """Refuse a mapping network of another form than ours: each layer as wide as w, leaky, of one
    learning rate."""
    for name, layer in mapping.children.items():
        if name == "embed":
            assume(layer, "mapping.embed", {"activation": "linear", "bias_gain": 1})
        else:
            assume(layer, f"mapping.{name}", {"activation": "lrelu", "bias_gain": MAPPING_RATE})
    for name in ("layer_features", "embed_features"):
        found = mapping.recall(name, None)
        if found is not None:
            assume(mapping, "mapping", {name: w_dim})


def _shared(network: SavedModule) -> dict[str, Any]:
    mapping = network.child("mapping")
    return {
        **{name: network.recall(name) for name in _SIZES},
        "mapping_layers": mapping.recall("num_layers"),
        "w_avg_beta": mapping.recall("w_avg_beta"),
    }


def _alias_free(network: SavedModule) -> StyleGAN3Config:
    synthesis = network.child("synthesis")
    names = synthesis.recall("layer_names")
    require(isinstance(names, list) and len(names) > 1, "its synthesis has no layers")
    require(all(type(name) is str for name in names), "its synthesis has layers without names")
    layers = [synthesis.child(name) for name in names]
    first = layers[0]
    config = make_record(
        StyleGAN3Config,
        {
            **_shared(network),
            **{name: synthesis.recall(name) for name in _PLAN},
            **{name: synthesis.recall(name, default) for name, default in _OFFICIAL.items()},
            "first_cutoff": synthesis.child("input").recall("bandwidth"),
            "conv_kernel": first.recall("conv_kernel"),
            "conv_clamp": first.recall("conv_clamp"),
            "magnitude_ema_beta": first.recall("magnitude_ema_beta"),
            "use_radial_filters": first.recall("down_radial"),
            "filter_size": _quotient(first, "up_taps", "up_factor"),
            "lrelu_upsampling": _quotient(first, "tmp_sampling_rate", "in_sampling_rate"),
        },
    )
    require(len(layers) == config.num_layers + 1, "its synthesis has another number of layers")
    check_mapping(network.child("mapping"), config.w_dim)
    _check_layers(config, layers)
    return config


def _quotient(layer: SavedModule, upper: str, lower: str) -> int:
    """One whole attribute divided by another."""
    above, below = layer.recall(upper), layer.recall(lower)
    whole = type(above) is type(below) is int and below > 0 and above % below == 0
    require(whole, f"its first layer has {upper} {shown(above)} and {lower} {shown(below)}")
    return int(above // below)


def _check_layers(config: StyleGAN3Config, layers: list[SavedModule]) -> None:
    """Every layer as the config plans it: rates, cutoffs, filters."""
    for index, (layer, plan) in enumerate(zip(layers, plan_signals(config), strict=True)):
        last = index == config.num_layers
        critical = index >= config.num_layers - config.num_critical
        wanted = {
            "out_sampling_rate": plan.rate,
            "out_cutoff": plan.cutoff,
            "out_half_width": plan.half_width,
            "is_torgb": last,
            "is_critically_sampled": critical,
            "conv_kernel": 1 if last else config.conv_kernel,
            "conv_clamp": config.conv_clamp,
            "magnitude_ema_beta": config.magnitude_ema_beta,
            "down_radial": config.use_radial_filters and not critical,
        }
        assume(layer, f"synthesis.L{index}", wanted)
        affine = layer.child("affine")
        assume(affine, f"synthesis.L{index}.affine", {"activation": "linear", "bias_gain": 1})


def _stylegan2(network: SavedModule) -> StyleGAN2Config:
    synthesis = network.child("synthesis")
    blocks = blocks_of(synthesis)
    first = synthesis.child("b4")
    config = make_record(
        StyleGAN2Config,
        {
            **_shared(network),
            "channel_base": synthesis.recall("channel_base", _OFFICIAL["channel_base"]),
            "channel_max": synthesis.recall("channel_max", _OFFICIAL["channel_max"]),
            "architecture": first.recall("architecture"),
            "conv_clamp": first.child("conv1").recall("conv_clamp"),
            "num_fp16_res": synthesis.recall("num_fp16_res", low_precision(blocks)),
        },
    )
    require(set(blocks) == {f"b{side}" for side in config.resolutions}, "its blocks are others")
    check_mapping(network.child("mapping"), config.w_dim)
    for name, block in blocks.items():
        assume(block, f"synthesis.{name}", {"architecture": config.architecture})
        check_block(block, f"synthesis.{name}", config.conv_clamp)
    return config


def blocks_of(network: SavedModule) -> dict[str, SavedModule]:
    """The blocks of all resolutions, by name."""
    return {name: part for name, part in network.children.items() if name.startswith("b")}


def low_precision(blocks: dict[str, SavedModule]) -> int:
    """How many blocks work at half precision, which every one of them knows."""
    return sum(block.recall("use_fp16", False) is True for block in blocks.values())


def check_block(block: SavedModule, path: str, clamp: float | None) -> None:
    """Refuse layers of a StyleGAN2 block, or of the discriminator's, of another form than ours."""
    wanted: dict[str, dict[str, Any]] = {
        "skip": {"activation": "linear", "conv_clamp": None},
        "torgb": {"conv_clamp": clamp},
        "fc": {"activation": "lrelu", "bias_gain": 1},
        "out": {"activation": "linear", "bias_gain": 1},
    }
    if path == "b4":  # the discriminator's head does not bound what it sees of the picture
        wanted["fromrgb"] = {"activation": "lrelu", "conv_clamp": None}
    layer = {"activation": "lrelu", "conv_clamp": clamp, "use_noise": True}
    for name, part in block.children.items():
        assume(part, f"{path}.{name}", wanted.get(name, {} if name == "mbstd" else layer))
        if affine := part.children.get("affine"):
            assume(affine, f"{path}.{name}.affine", {"activation": "linear", "bias_gain": 1})
    for part in (block, *block.children.values()):
        _check_filter(part, path)


def _check_filter(module: SavedModule, path: str) -> None:
    kernel = module.buffer("resample_filter")
    if kernel is not None and kernel.shape != (4, 4):
        raise PickleRefusal(
            f"its {path} has a resample_filter of shape {kernel.shape} where (4, 4), as of "
            "[1, 3, 3, 1], is supported; train with the default resample_filter"
        )
