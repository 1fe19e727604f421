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
    from gan_bridge.generator import Encoder, Generator, VAEGenerator, load_generator
    from gan_bridge.stylegan import StyleGANGenerator

_HOMES = {
    "Bridge": "gan_bridge.bridged",
    "BridgeConfig": "gan_bridge.bridge_config",
    "EmotionExplorer": "gan_bridge.explorer",
    "Encoder": "gan_bridge.generator",
    "Generator": "gan_bridge.generator",
    "StyleGANGenerator": "gan_bridge.stylegan",
    "VAEGenerator": "gan_bridge.generator",
    "grid_points": "gan_bridge.explorer",
    "build_bridge": "gan_bridge.bridge",
    "load_generator": "gan_bridge.generator",
}

__all__ = [
    "Bridge",
    "BridgeConfig",
    "EmotionExplorer",
    "Encoder",
    "Generator",
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
