"""The request that turns a network into a native file."""

from dataclasses import dataclass
from pathlib import Path

from studio.requests.checks import require

_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class ConvertRequest:
    """Write the network in `source` to `out`, as safetensors.

    Attributes:
        source: an official pickle (.pkl), or a native file, to store it otherwise.
        out: file to write, NAME.safetensors.
        everything: keep G and D too, from which a training can go on; else G_ema alone.
        half: store float16, which halves the file and rounds the weights.
        overwrite: replace `out` where it exists.
    """

    source: Path
    out: Path
    everything: bool = False
    half: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        named = self.out.suffix.lower() == _SUFFIX
        require(named, f"{self.out} cannot be the result; name a file that ends in {_SUFFIX}")
        apart = self.source.resolve() != self.out.resolve()
        require(apart, f"{self.out} is the source itself; name another file for the result")
