"""Settings of TensorFlow's StyleGAN2 networks, to configs.

Their names, and what holds where one was left out, are those of the official converter.
"""

from collections.abc import Iterable
from typing import Any

from gan_bridge.networks.config import DiscriminatorConfig, StyleGAN2Config
from gan_bridge.pickles.generators import MAPPING_RATE
from gan_bridge.pickles.refusal import PickleRefusal, shown
from gan_bridge.pickles.settings import make_record, same
from gan_bridge.pickles.tensorflow import SavedNetwork, has_levels

_SHARED = {
    "c_dim": ("label_size", 0),
    "img_resolution": ("resolution", 1024),
    "img_channels": ("num_channels", 3),
    "channel_max": ("fmap_max", 512),
    "num_fp16_res": ("num_fp16_res", 0),
    "conv_clamp": ("conv_clamp", None),
}
_GENERATOR = _SHARED | {
    "z_dim": ("latent_size", 512),
    "w_dim": ("dlatent_size", 512),
    "architecture": ("architecture", "skip"),
    "mapping_layers": ("mapping_layers", 8),
    "w_avg_beta": ("w_avg_beta", 0.995),
}
_DISCRIMINATOR = _SHARED | {
    "architecture": ("architecture", "resnet"),
    "mbstd_group_size": ("mbstd_group_size", None),
    "mbstd_num_channels": ("mbstd_num_features", 1),
}
_BASE = ("fmap_base", 16384)
# settings that do not change what a trained network shows
_PASSING = {
    "truncation_psi",
    "truncation_cutoff",
    "style_mixing_prob",
    "structure",
    "conditioning",
    "fused_modconv",
    "freeze_layers",
}
_ASSUMED = {"resample_kernel": [1, 3, 3, 1], "nonlinearity": "lrelu"}


def tensorflow_generator(network: SavedNetwork) -> StyleGAN2Config:
    """The config of a generator.

    Raises:
        PickleRefusal: a setting that is unknown, or that our networks do not have.
        CircumplexError: a setting out of its range.
    """
    given = network.settings
    assumed = _ASSUMED | {
        "use_noise": True,
        "mapping_nonlinearity": "lrelu",
        "mapping_lrmul": MAPPING_RATE,
    }
    widths = {name: given.get(name) for name in ("label_fmaps", "mapping_fmaps")}
    values = _values(given, _GENERATOR, assumed, widths)
    if values["w_avg_beta"] is None:
        values["w_avg_beta"] = 1.0  # the mean was not tracked
    if has_levels(network):
        values["architecture"] = "orig"
    config = make_record(StyleGAN2Config, values)
    for name, width in widths.items():
        if width is not None and not same(width, config.w_dim):
            raise _unsupported(name, width, config.w_dim)
    return config


def tensorflow_discriminator(network: SavedNetwork) -> DiscriminatorConfig:
    """The config of a discriminator.

    Raises:
        PickleRefusal: a setting that is unknown, or that our networks do not have.
        CircumplexError: a setting out of its range.
    """
    given = network.settings
    of_class = ("mapping_fmaps", "mapping_layers", "mapping_lrmul")
    values = _values(given, _DISCRIMINATOR, _ASSUMED, of_class)
    if values["c_dim"]:
        values["cmap_dim"] = given.get("mapping_fmaps")
        values["mapping_layers"] = given.get("mapping_layers", 0)
        rate = given.get("mapping_lrmul", 0.1)
        if not same(rate, MAPPING_RATE):
            raise _unsupported("mapping_lrmul", rate, MAPPING_RATE)
    if has_levels(network):
        values["architecture"] = "orig"
    return make_record(DiscriminatorConfig, values)


def _values(
    given: dict[str, Any],
    known: dict[str, tuple[str, Any]],
    assumed: dict[str, Any],
    apart: Iterable[str],
) -> dict[str, Any]:
    """Our settings by our names; whatever else was set must be as assumed, or passing."""
    base = given.get(*_BASE)
    if type(base) is not int:
        raise _unsupported("fmap_base", base, _BASE[1])
    values = {ours: given.get(theirs, default) for ours, (theirs, default) in known.items()}
    for name, wanted in assumed.items():
        if not same(given.get(name, wanted), wanted):
            raise _unsupported(name, given[name], wanted)
    names = {theirs for theirs, _ in known.values()} | {_BASE[0], *assumed, *_PASSING, *apart}
    if unknown := sorted(set(given) - names):
        raise PickleRefusal(f"its TensorFlow network has the unknown setting {shown(unknown[0])}")
    return values | {"channel_base": base * 2}


def _unsupported(name: str, found: Any, wanted: Any) -> PickleRefusal:
    return PickleRefusal(
        f"its TensorFlow network has {name} {shown(found)} where {wanted} is supported; "
        "convert one of the official configurations E or F"
    )
