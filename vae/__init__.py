"""The β-VAE: its network, training, probes, directions and latent metrics.

Names are imported when first used, so that `import vae` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae.checkpoint import Run, load_run
    from vae.config import TrainConfig, VAEConfig
    from vae.directions import Directions
    from vae.disentanglement import mutual_information_gap
    from vae.model import BetaVAE
    from vae.probes import Probes, fit_probes

_HOMES = {
    "BetaVAE": "vae.model",
    "Directions": "vae.directions",
    "Probes": "vae.probes",
    "Run": "vae.checkpoint",
    "TrainConfig": "vae.config",
    "VAEConfig": "vae.config",
    "fit_probes": "vae.probes",
    "load_run": "vae.checkpoint",
    "mutual_information_gap": "vae.disentanglement",
}

__all__ = [
    "BetaVAE",
    "Directions",
    "Probes",
    "Run",
    "TrainConfig",
    "VAEConfig",
    "fit_probes",
    "load_run",
    "mutual_information_gap",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
