"""Writes networks of our own as TensorFlow's StyleGAN2 pickled its own: layer by layer, in the
order in which that code made its variables."""

from typing import Any

import numpy as np
from official_form import EasyDict, TensorFlowNetwork

from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.stylegan2 import StyledConv, StyleGAN2, ToRGB

Variables = list[tuple[str, Any]]


def stored(value: Any) -> Any:
    """An array, or, for a variable without axes, a scalar, as a session returns them."""
    array = value.detach().numpy().copy()
    return np.float32(array) if array.ndim == 0 else array


def network(
    name: str, settings: dict[str, Any], variables: Variables, components: dict[str, Any]
) -> TensorFlowNetwork:
    """A network with its parts."""
    return TensorFlowNetwork(
        {
            "version": 4,
            "name": name,
            "static_kwargs": EasyDict(settings),
            "components": EasyDict(components),
            "build_module_src": "raise SystemExit('executed')",
            "build_func_name": f"{name}_main",
            "variables": variables,
        }
    )


def generator(made: StyleGAN2, **settings: Any) -> TensorFlowNetwork:
    """A generator, with its mapping and synthesis as components."""
    config = made.config
    settings = {
        "resolution": config.img_resolution,
        "num_channels": config.img_channels,
        "label_size": config.c_dim,
        "latent_size": config.z_dim,
        "dlatent_size": config.w_dim,
        "fmap_base": config.channel_base // 2,
        "fmap_max": config.channel_max,
        "architecture": config.architecture,
        "mapping_layers": config.mapping_layers,
        "mapping_fmaps": config.w_dim,
        "truncation_psi": 0.5,
        **settings,
    }
    mapping: Variables = []
    if config.c_dim:
        mapping += linear("LabelEmbed", made.mapping.embed)
    for index in range(config.mapping_layers):
        mapping += linear(f"Dense{index}", getattr(made.mapping, f"fc{index}"))
    own = [("lod", np.float32(0)), ("dlatent_avg", stored(made.mapping.w_avg))]
    parts = {
        "mapping": network("G_mapping", {}, mapping, {}),
        "synthesis": network("G_synthesis", {}, _synthesis(made), {}),
    }
    return network("G", settings, own, parts)


def _synthesis(made: StyleGAN2) -> Variables:
    noises: Variables = []
    layers: Variables = []
    for block in made.synthesis.blocks:
        scope = f"{block.side}x{block.side}"
        names = {"conv1": "Conv"} if block.first else {"conv0": "Conv0_up", "conv1": "Conv1"}
        if block.first:
            layers.append((f"{scope}/Const/const", stored(block.const)[None]))
        for ours, theirs in names.items():
            layer = getattr(block, ours)
            noises.append((f"noise{len(noises)}", stored(layer.noise_const)[None, None]))
            layers += _styled(f"{scope}/{theirs}", layer, turned=ours == "conv0")
            layers.append((f"{scope}/{theirs}/noise_strength", stored(layer.noise_strength)))
        if hasattr(block, "skip"):
            weight = kernel(stored(block.skip.weight))[::-1, ::-1]
            layers.append((f"{scope}/Skip/weight", np.ascontiguousarray(weight)))
        if hasattr(block, "torgb"):
            layers += _styled(f"{scope}/ToRGB", block.torgb)
    return noises + layers


def discriminator(made: Discriminator, **settings: Any) -> TensorFlowNetwork:
    """A discriminator, which has no components."""
    config = made.config
    settings = {
        "resolution": config.img_resolution,
        "num_channels": config.img_channels,
        "label_size": config.c_dim,
        "fmap_base": config.channel_base // 2,
        "fmap_max": config.channel_max,
        "architecture": config.architecture,
        "mbstd_group_size": config.mbstd_group_size,
        **settings,
    }
    variables: Variables = []
    if config.c_dim:
        settings |= {"mapping_layers": config.mapping_layers, "mapping_lrmul": 0.01}
        settings |= {"mapping_fmaps": config.cmap_dim}
        variables += linear("LabelEmbed", made.mapping.embed)
        for index in range(config.mapping_layers):
            variables += linear(f"Mapping{index}", getattr(made.mapping, f"fc{index}"))
    for side in made.sides:
        block = getattr(made, f"b{side}")
        for ours, theirs in (
            ("fromrgb", "FromRGB"),
            ("conv0", "Conv0"),
            ("conv1", "Conv1_down"),
            ("skip", "Skip"),
        ):
            if hasattr(block, ours):
                variables += _plain(f"{side}x{side}/{theirs}", getattr(block, ours))
    head = made.b4
    if hasattr(head, "fromrgb"):
        variables += _plain("4x4/FromRGB", head.fromrgb)
    variables += _plain("4x4/Conv", head.conv)
    variables += [*linear("4x4/Dense0", head.fc), *linear("Output", head.out)]
    return network("D", settings, variables, {})


def kernel(weight: np.ndarray) -> np.ndarray:
    """(out, in, rows, columns) to (rows, columns, in, out)."""
    return np.ascontiguousarray(np.einsum("oirc->rcio", weight))


def linear(scope: str, layer: Any) -> Variables:
    return [
        (f"{scope}/weight", stored(layer.weight).T.copy()),
        (f"{scope}/bias", stored(layer.bias)),
    ]


def _plain(scope: str, layer: Any) -> Variables:
    weight = [(f"{scope}/weight", kernel(stored(layer.weight)))]
    return weight if layer.bias is None else [*weight, (f"{scope}/bias", stored(layer.bias))]


def _styled(scope: str, layer: StyledConv | ToRGB, turned: bool = False) -> Variables:
    weight = kernel(stored(layer.weight))
    if turned:
        weight = np.ascontiguousarray(weight[::-1, ::-1])
    return [
        (f"{scope}/weight", weight),
        (f"{scope}/mod_weight", stored(layer.affine.weight).T.copy()),
        (f"{scope}/mod_bias", stored(layer.affine.bias) - np.float32(1)),
        (f"{scope}/bias", stored(layer.bias)),
    ]
