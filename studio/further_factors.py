"""What a request says of factors beside valence and arousal: `--set age=40`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

from studio.validation import Request, require

if TYPE_CHECKING:
    from gan_bridge.editing.explorer import EmotionExplorer

_AFFECT = ("valence", "arousal")


@dataclass(frozen=True, kw_only=True)
class FurtherFactors(Request):
    """What further factors are to be.

    Attributes:
        others: by name, in the units of their labels; those that are not named are left alone.
    """

    others: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.others.items():
            require(name not in _AFFECT, f"{name} has an option of its own, --{name}; use that")
            require(isfinite(value), f"{name} is {value}; it must be a finite number")


def parse_others(words: Iterable[str] | None) -> dict[str, float]:
    """The factors in words such as "age=40"; a name may hold "=" itself.

    Raises:
        RequestError: no such word, a value that is no number, or a name given twice.
    """
    others: dict[str, float] = {}
    for word in words or ():
        name, _, text = (part.strip() for part in word.rpartition("="))
        require(bool(name), f"{word!r} is not NAME=VALUE, such as age=40; write --set so")
        require(name not in others, f"{name} is set twice; set it once")
        try:
            others[name] = float(text)
        except ValueError:
            require(False, f"{text!r} is no number to set {name} to; give one, such as {name}=40")
    return others


def fitted_on(explorer: "EmotionExplorer") -> str:
    """What further factors were fitted on, in a word: labels, or, in a generator, the probe's
    scores of them."""
    return "labels" if explorer.directions.space.startswith("vae/") else "probe's scores"


def beyond_labels(explorer: "EmotionExplorer") -> tuple[str, ...]:
    """A note for each further factor whose value lies beyond what it was fitted on."""
    fitted = fitted_on(explorer)
    ranges = {factor.name: factor for factor in explorer.directions.others}
    return tuple(
        f"{name} {value:g} lies beyond {ranges[name].low:g} to {ranges[name].high:g}, which the "
        f"{fitted} fitted on show; aimed at {aimed:g}"
        for name, value in explorer.others.items()
        if (aimed := explorer.aimed_others[name]) != value
    )
