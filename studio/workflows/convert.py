"""Networks of others, made native: `(request, engine, progress) -> result`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.errors import CircumplexError
from faces.ground.outputs import check_output
from faces.ground.progress import Progress, silent
from faces.ground.records import setting
from studio.validation import OVERWRITE_HELP, Request, require

if TYPE_CHECKING:
    from studio.engine import Engine


_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class ConvertRequest(Request):
    """Write the network in `source` to `out`, as safetensors.

    Attributes:
        source: an official pickle (.pkl), a checkpoint of torch.save (.pt, .pth, .ckpt), or a
            native file, to store it otherwise.
        out: file to write, NAME.safetensors.
    """

    source: Path
    out: Path
    everything: bool = setting(
        False, "Keep G and D too, for fine-tuning; else G_ema alone.", flag="--all"
    )
    half: bool = setting(False, "Store float16: half the size, rounded weights.")
    overwrite: bool = setting(False, OVERWRITE_HELP)

    def __post_init__(self) -> None:
        super().__post_init__()
        named = self.out.suffix.lower() == _SUFFIX
        require(named, f"{self.out} cannot be the result; name a file that ends in {_SUFFIX}")
        apart = self.source.resolve() != self.out.resolve()
        require(apart, f"{self.out} is the source itself; name another file for the result")


@dataclass(frozen=True)
class ConvertResult:
    """A native network file.

    Attributes:
        file: where it lies.
        kind: "stylegan3" or "stylegan2".
        resolution: side of its pictures; channels: 1 (grey) or 3 (RGB); classes: 0 for none.
        parameters: of the generator.
        networks: what the file holds, by name.
        stored: "float32" or "float16".
        digest: of the generator as it is stored; that of a pickle stays where nothing is rounded.
    """

    file: Path
    kind: str
    resolution: int
    channels: int
    classes: int
    parameters: int
    networks: tuple[str, ...]
    stored: str
    digest: str

    def summary(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**self.__dict__, "file": str(self.file), "networks": list(self.networks)}


def run(request: ConvertRequest, engine: "Engine", progress: Progress = silent) -> ConvertResult:
    """Read a network, pickled or native, and write it as a native file, whole or not at all.

    Raises:
        CircumplexError: the source is missing, refused, or lacks G or D; the result exists, or its
            weights go beyond float16.
    """
    import torch

    from gan_bridge.generators.opening import open_networks
    from gan_bridge.networks.config import kind_of
    from gan_bridge.networks.files import NAMES, network_digest, save_networks

    check_output(request.out, request.overwrite)
    steps = progress(("read", "write"), f"convert {request.source.name}", 2)
    next(steps)
    opened = open_networks(request.source, NAMES if request.everything else ("G_ema",))
    provenance = dict(opened.provenance)
    if request.half:
        provenance["rounded_from"] = opened.digest
        _round(opened.networks)
    next(steps)
    dtype = torch.float16 if request.half else torch.float32
    save_networks(request.out, opened.networks, provenance, dtype)
    next(steps, None)
    generator = opened.generator
    config = generator.config
    return ConvertResult(
        file=request.out,
        kind=kind_of(config),
        resolution=config.img_resolution,
        channels=config.img_channels,
        classes=config.c_dim,
        parameters=sum(parameter.numel() for parameter in generator.parameters()),
        networks=tuple(opened.networks),
        stored=str(dtype).removeprefix("torch."),
        digest=network_digest(generator),
    )


def _round(networks: Mapping[str, Any]) -> None:
    """Round every weight to what float16 holds."""
    import torch

    most = torch.finfo(torch.float16).max
    for name, network in networks.items():
        for key, tensor in network.state_dict().items():
            if tensor.abs().max() > most:
                raise CircumplexError(
                    f"{name}/{key} holds numbers beyond float16's {most:.0f}; leave out --half"
                )
        network.half().float()
