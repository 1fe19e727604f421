"""The official discriminator, from what its modules remember to a config."""

from gan_bridge.networks.config import DiscriminatorConfig
from gan_bridge.pickles.generators import blocks_of, check_block, check_mapping, low_precision
from gan_bridge.pickles.modules import SavedModule
from gan_bridge.pickles.refusal import require, shown
from gan_bridge.pickles.settings import assume, make_record


def discriminator_config(network: SavedModule) -> DiscriminatorConfig:
    """The config of a saved discriminator.

    Raises:
        PickleRefusal: another network, or a setting that ours does not have.
        CircumplexError: a setting out of its range.
    """
    require(network.kind == "Discriminator", f"it holds {shown(network.kind)} for a Discriminator")
    blocks = blocks_of(network)
    head = network.child("b4")
    spread = head.children.get("mbstd")
    config = make_record(
        DiscriminatorConfig,
        {
            **{name: network.recall(name) for name in ("img_resolution", "img_channels", "c_dim")},
            "channel_base": network.recall("channel_base", DiscriminatorConfig.channel_base),
            "channel_max": network.recall("channel_max", DiscriminatorConfig.channel_max),
            "num_fp16_res": network.recall("num_fp16_res", low_precision(blocks)),
            "architecture": head.recall("architecture"),
            "conv_clamp": head.child("conv").recall("conv_clamp"),
            "mbstd_group_size": spread.recall("group_size") if spread else None,
            "mbstd_num_channels": spread.recall("num_channels") if spread else 0,
            **_of_class(network, head),
        },
    )
    require(set(blocks) == {f"b{side}" for side in config.resolutions}, "its blocks are others")
    for name, block in blocks.items():
        assume(block, name, {"architecture": config.architecture})
        check_block(block, name, config.conv_clamp)
    return config


def _of_class(network: SavedModule, head: SavedModule) -> dict[str, object]:
    """What only a conditional discriminator has."""
    if "mapping" not in network.children:
        return {}
    mapping, width = network.child("mapping"), head.recall("cmap_dim")
    require(type(width) is int, f"its cmap_dim is {shown(width)}")
    check_mapping(mapping, width)
    return {"cmap_dim": width, "mapping_layers": mapping.recall("num_layers")}
