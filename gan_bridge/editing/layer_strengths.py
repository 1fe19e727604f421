"""Which layers of a generator an edit moves, and how far each goes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.parsing import parse_number, parse_span

#: None and "all" are every layer; see `layer_strengths` for the rest.
Layers = str | slice | Sequence[int] | Sequence[float] | Mapping[int, float] | np.ndarray | None
#: Shares of the way that a layer may go, either way.
MOST = 10


def layer_strengths(layers: Layers, count: int) -> np.ndarray:
    """How far each of `count` layers goes, as a share of the whole way: (count,) float64.

    Args:
        layers: None or "all"; text such as "3-8", "0,3-5" or "3-5:0.5,8"; a slice or a sequence of
            whole numbers, the layers that go all the way; a mapping from layer to share; or one
            share (float, or bool) for each layer. A share beyond 1 overshoots, below 0 backs away.

    Raises:
        CircumplexError: a layer that the generator lacks, a number of shares that is not `count`,
            no layer at all, or text that says none of this.
    """
    strengths = np.zeros(count)
    for layer, share in _pairs(layers, count):
        if not 0 <= layer < count:
            raise CircumplexError(f"layer {layer} does not exist; there are 0 to {count - 1}")
        if not abs(share) <= MOST:
            raise CircumplexError(
                f"layer {layer} cannot go {share} of the way; give from -{MOST} to {MOST}"
            )
        strengths[layer] = share
    if not strengths.any():
        raise CircumplexError("no layer is to be moved; name some of 0 to " + str(count - 1))
    return strengths


def name_layers(strengths: np.ndarray) -> str:
    """The text that `layer_strengths` reads as these strengths, as short as can be."""
    parts = []
    start = 0
    for at in range(1, len(strengths) + 1):
        if at < len(strengths) and strengths[at] == strengths[start]:
            continue
        if share := float(strengths[start]):
            span = str(start) if at - start == 1 else f"{start}-{at - 1}"
            text = np.format_float_positional(share, trim="-")
            parts.append(span if share == 1 else f"{span}:{text}")
        start = at
    return ",".join(parts)


def _pairs(layers: Layers, count: int) -> Iterable[tuple[int, float]]:
    if layers is None or (isinstance(layers, str) and layers == "all"):
        return [(layer, 1.0) for layer in range(count)]
    if isinstance(layers, str):
        return (pair for part in layers.split(",") for pair in _parse(part.strip()))
    if isinstance(layers, Mapping):
        return [(int(layer), float(share)) for layer, share in layers.items()]
    if isinstance(layers, slice):
        return [(layer, 1.0) for layer in range(count)[layers]]
    values = np.asarray(layers)
    if values.dtype.kind in "iu" or not values.size:
        return [(int(layer), 1.0) for layer in values.ravel()]
    if values.shape != (count,) or values.dtype.kind not in "bf":
        raise CircumplexError(
            f"{values.size} strengths do not fit {count} layers; give one for each, or the layers"
        )
    return list(enumerate(values.astype(float).tolist()))


def _parse(part: str) -> Iterator[tuple[int, float]]:
    """Layers and shares of "3", "3-8" or "3-8:0.5"."""
    named, colon, typed = part.partition(":")
    layers, share = parse_span(named), parse_number(typed) if colon else 1.0
    if layers is None or share is None:
        raise CircumplexError(f"layers {part!r} cannot be read; write 3-8, or 0,3-5:0.5")
    if not layers:
        raise CircumplexError(f"layers {part!r} run backwards; write the lower one first")
    return ((layer, share) for layer in layers)
