"""What requests of all kinds share: names, ranges, and one way to refuse a value."""

from typing import ClassVar

from faces.ground.errors import CircumplexError
from faces.ground.records import Checked
from faces.sets.sources.code_books import BOOKS

#: The package's own β-VAE, as a run and as a generator; and its own StyleGAN3.
BUNDLED, STYLEGAN = "bundled", "stylegan3"
#: Seeds are below it: torch takes no more.
MOST_SEED = 2**63
#: Of `codes`, wherever a list of faces is read.
CODES_HELP = (
    f"Whose codes the expressions are: {', '.join(BOOKS)}, a file of lines such as '0 anger', or "
    "none."
)
#: Of `overwrite`, whose rule is the same everywhere (`faces.ground.outputs`).
OVERWRITE_HELP = "Replace a file that exists."


class RequestError(CircumplexError):
    """The request itself makes no sense; the command line ends with exit code 2."""


class Request(Checked):
    """What a workflow is asked for: what is wrong with it is wrong usage."""

    refusal: ClassVar[type[CircumplexError]] = RequestError


def require(holds: bool, message: str) -> None:
    """Raise RequestError with `message` unless it holds."""
    if not holds:
        raise RequestError(message)


def require_affect(value: float, name: str) -> None:
    """Refuse a valence or arousal outside [-1, 1]."""
    require(-1 <= value <= 1, f"{name} is {value}; it must be between -1 and 1")


def require_seed(seed: int) -> None:
    """Refuse what torch does not take as a seed, or takes for two of them."""
    require(0 <= seed < MOST_SEED, f"seed is {seed}; it must be at least 0 and below 2^63")


def require_layers(layers: str | None) -> None:
    """Refuse text that names no layers; whether the generator has them shows when it is open."""
    if layers is None:
        return
    from gan_bridge.editing.layer_strengths import layer_strengths  # numpy: not for `--help`

    try:
        layer_strengths(layers, 4096)
    except CircumplexError as error:
        raise RequestError(str(error)) from error
