"""Generators of faces behind one protocol, and the walk through them by valence and arousal.

Names are imported when first used, so that `import gan_bridge` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_bridge.bridge import build_bridge
    from gan_bridge.bridge_config import BridgeConfig
    from gan_bridge.bridged import Bridge
    from gan_bridge.explorer import EmotionExplorer, grid_points
    from gan_bridge.generators.opening import load_generator
    from gan_bridge.generators.protocol import (
        BatchRenderer,
        Differentiable,
        Encoder,
        Generator,
        StyleBased,
    )
    from gan_bridge.generators.stylegan import StyleGANGenerator
    from gan_bridge.generators.vae_decoder import VAEGenerator

_HOMES = {
    "BatchRenderer": "gan_bridge.generators.protocol",
    "Bridge": "gan_bridge.bridged",
    "BridgeConfig": "gan_bridge.bridge_config",
    "Differentiable": "gan_bridge.generators.protocol",
    "EmotionExplorer": "gan_bridge.explorer",
    "Encoder": "gan_bridge.generators.protocol",
    "Generator": "gan_bridge.generators.protocol",
    "StyleBased": "gan_bridge.generators.protocol",
    "StyleGANGenerator": "gan_bridge.generators.stylegan",
    "VAEGenerator": "gan_bridge.generators.vae_decoder",
    "grid_points": "gan_bridge.explorer",
    "build_bridge": "gan_bridge.bridge",
    "load_generator": "gan_bridge.generators.opening",
}

__all__ = [
    "BatchRenderer",
    "Bridge",
    "BridgeConfig",
    "Differentiable",
    "EmotionExplorer",
    "Encoder",
    "Generator",
    "StyleBased",
    "StyleGANGenerator",
    "VAEGenerator",
    "build_bridge",
    "grid_points",
    "load_generator",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
