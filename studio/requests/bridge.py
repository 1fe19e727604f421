"""The request that carries directions into a StyleGAN: bridge."""

from dataclasses import dataclass, field
from pathlib import Path

from gan_bridge.bridging.config import BridgeConfig


@dataclass(frozen=True)
class BridgeRequest:
    """Find the directions of `run` in the w of `generator`.

    Attributes:
        generator: a StyleGAN's file, .safetensors or .pkl.
        run: folder of a probed run, or "bundled".
        out: folder of directions.safetensors, bridge.json and bridge.html.
        config: how.
        identity: file of InceptionResnetV1 weights, or None.
        label: class of a conditional generator.
    """

    generator: str
    run: str
    out: Path
    config: BridgeConfig = field(default_factory=BridgeConfig)
    identity: Path | None = None
    label: int | None = None
