"""Which parts of the networks a fine-tuning changes."""

import re
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_names
from gan_bridge.networks.alias_free import AliasFreeSynthesis
from gan_bridge.networks.discriminator import Discriminator
from gan_bridge.networks.files import GeneratorNetwork
from gan_bridge.networks.stylegan2 import Synthesis

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def layer_places(network: GeneratorNetwork) -> dict[str, int]:
    """The module below `synthesis` that each w feeds, by name, and that w's number from 0.

    Of StyleGAN2, a w feeds a block's way to RGB and the first convolution of the block above.
    """
    synthesis = network.synthesis
    if isinstance(synthesis, AliasFreeSynthesis):
        numbered = enumerate(synthesis.layer_names, start=1)
        return {"input": 0} | {name: place for place, name in numbered}
    assert isinstance(synthesis, Synthesis)
    places: dict[str, int] = {}
    start = 0
    for block in synthesis.blocks:
        if block.first:
            places |= {f"b{block.side}.const": 0, f"b{block.side}.conv1": 0}
        else:
            names = ("skip", "conv0", "conv1")
            places |= {f"b{block.side}.{n}": start + (n == "conv1") for n in names}
        start += block.convolutions
        places[f"b{block.side}.torgb"] = start
    return places


def choose_parameters(network: GeneratorNetwork, wanted: str) -> list[nn.Parameter]:
    """Let only what `wanted` names require gradients, and return it.

    Args:
        network: a generator.
        wanted: "all", or, with commas between, "mapping", "synthesis", numbers and ranges of the
            layers that a w feeds, patterns of names below `synthesis`.

    Raises:
        CircumplexError: a part names nothing in the network.
    """
    network.requires_grad_(False)
    named = dict(network.named_parameters())
    chosen: set[str] = set()
    for part in parse_names(wanted):
        matching = _matching(network, list(named), part)
        if not matching:
            last = network.config.num_ws - 1
            raise CircumplexError(
                f"train_layers: {part!r} names nothing in this network; give all, mapping, "
                f"synthesis, numbers from 0 to {last}, or names such as "
                f"{next(reversed(layer_places(network)))}"
            )
        chosen |= set(matching)
    parameters = [value for name, value in named.items() if name in chosen]
    for parameter in parameters:
        parameter.requires_grad_(True)
    return parameters


def discriminator_parameters(network: Discriminator, frozen: int) -> list[nn.Parameter]:
    """Let all but the first `frozen` blocks require gradients, and return those parameters.

    Raises:
        CircumplexError: the network has no more blocks than that.
    """
    if frozen > len(network.sides):
        raise CircumplexError(
            f"freeze_d is {frozen}; this discriminator has {len(network.sides)} blocks"
        )
    network.requires_grad_(True)
    for side in network.sides[:frozen]:
        getattr(network, f"b{side}").requires_grad_(False)
    return [value for value in network.parameters() if value.requires_grad]


def _matching(network: Any, names: list[str], part: str) -> list[str]:
    if part == "all":
        return names
    if part in ("mapping", "synthesis"):
        return [name for name in names if name.startswith(f"{part}.")]
    below = {name: name.removeprefix("synthesis.") for name in names if "mapping." not in name}
    if bounds := _RANGE.fullmatch(part):
        first, last = int(bounds[1]), int(bounds[2] or bounds[1])
        modules = [m for m, place in layer_places(network).items() if first <= place <= last]
        return [
            name
            for name, tail in below.items()
            if any(tail == module or tail.startswith(f"{module}.") for module in modules)
        ]
    return [
        name
        for name, tail in below.items()
        if any(fnmatchcase(head, part) for head in _heads(tail))
    ]


def _heads(name: str) -> list[str]:
    """b32.conv0.weight: b32, b32.conv0, b32.conv0.weight."""
    words = name.split(".")
    return [".".join(words[:count]) for count in range(1, len(words) + 1)]
