"""A fine-tuning in the terms of the official train.py."""

from typing import TYPE_CHECKING, cast

from faces.ground.errors import CircumplexError
from gan_bridge.training.config import GANTrainConfig
from gan_bridge.training.plan import NetworkPlan

if TYPE_CHECKING:
    from gan_bridge.official import OfficialConfig
    from gan_bridge.official.config import Cfg


def official_config(
    training: GANTrainConfig, network: NetworkPlan, resolution: int, start: str | None
) -> "OfficialConfig":
    """What the official train.py is to be called with.

    Args:
        resolution: side of the faces.
        start: the network to go on from, whose own settings then win; None for a random one.

    Raises:
        CircumplexError: no official code, or settings that it does not know.
    """
    from gan_bridge.generators.opening import open_networks
    from gan_bridge.official import OfficialConfig, submodule_folder
    from gan_bridge.official.finetune import config_like

    submodule_folder()
    _refuse_unknown(training, network)
    config = OfficialConfig(
        cfg=cast("Cfg", network.kind),  # which the plan has checked
        batch=training.batch_size,
        gamma=training.gamma(resolution),
        kimg=max(1, round(training.steps * training.batch_size / 1000)),
        mirror=training.mirror,
        aug="ada" if training.ada_target else "fixed",
        p=training.augment_p,
        target=training.ada_target,
        freezed=training.freeze_d,
        cbase=network.base(resolution),
        cmax=network.most(resolution),
        map_depth=network.mapping_layers,
        glr=training.g_rate,
        dlr=training.d_rate,
        seed=training.seed,
        fp32=training.precision == "no",
    )
    return config if start is None else config_like(config, open_networks(start).generator.config)


def _refuse_unknown(training: GANTrainConfig, network: NetworkPlan) -> None:
    """Refuse what the official train.py has no option for."""
    pairs = (
        (training, GANTrainConfig(), ("train_layers", "style_mixing", "path_weight")),
        (network, NetworkPlan(), ("w_dim", "num_layers", "margin_size")),
    )
    for given, default, names in pairs:
        for name in names:
            if getattr(given, name) != getattr(default, name):
                raise CircumplexError(
                    f"the official engine has no setting for {name}; leave it out, or train with "
                    "--engine own"
                )
