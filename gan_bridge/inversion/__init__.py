"""From a picture to the latent that makes it: encoder, optimisation, pivotal tuning, and the gate.

    inversion = invert(generator, image, InvertConfig(), encoder)
    pictures = edit(inversion, explorer, valence=0.6, arousal=0.2)

Names are imported when first used, so that `import gan_bridge.inversion` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_bridge.inversion.config import EncoderConfig, InvertConfig, PivotConfig
    from gan_bridge.inversion.encoder import WEncoder, train_encoder
    from gan_bridge.inversion.features import Features, load_features
    from gan_bridge.inversion.gate import Gate, Verdict
    from gan_bridge.inversion.inverter import Inversion, Inverter, edit, invert, refuse_poor
    from gan_bridge.inversion.latents import InvertedLatent, load_inverted, save_inverted

_HOMES = {
    "EncoderConfig": "config",
    "Features": "features",
    "Gate": "gate",
    "InvertConfig": "config",
    "InvertedLatent": "latents",
    "Inversion": "inverter",
    "Inverter": "inverter",
    "PivotConfig": "config",
    "Verdict": "gate",
    "WEncoder": "encoder",
    "edit": "inverter",
    "invert": "inverter",
    "load_features": "features",
    "load_inverted": "latents",
    "refuse_poor": "inverter",
    "save_inverted": "latents",
    "train_encoder": "encoder",
}

__all__ = [
    "EncoderConfig",
    "Features",
    "Gate",
    "Inversion",
    "InvertConfig",
    "InvertedLatent",
    "Inverter",
    "PivotConfig",
    "Verdict",
    "WEncoder",
    "edit",
    "invert",
    "load_features",
    "load_inverted",
    "refuse_poor",
    "save_inverted",
    "train_encoder",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
