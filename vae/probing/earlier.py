"""Names that version 0.1.0 gave to directions and calibrations: what it wrote still opens."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from faces.ground.digests import running_digest

if TYPE_CHECKING:
    import hashlib  # for its type alone

_STORED = ("centre", "weights", "intercept", "valence", "arousal")
#: How many floats away a machine's step may lie from that of another: two dot products of some
#: hundred terms that do not cancel differ by a handful.
_FLOATS = 64


def names_directions(digest: str, stored: Mapping[str, np.ndarray]) -> bool:
    """Whether version 0.1.0 gave directions of these arrays this digest, on whatever machine.

    It hashed no stored step but the one that each machine computed anew. Machines differ in its
    last bits alone, so the floats around the stored one are tried, the nearest first.
    """
    begun = _hash_bare(stored[name] for name in _STORED)
    around = [_neighbours(length) for length in stored["step"]]
    return any(_goes_on(begun, pair) == digest for pair in product(*around))


def bare_digest(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 of the numbers of arrays, without names and shapes."""
    return _hash_bare(arrays).hexdigest()


def _hash_bare(arrays: Iterable[np.ndarray]) -> "hashlib._Hash":
    return running_digest(*(np.ascontiguousarray(array, "<f8").tobytes() for array in arrays))


def _neighbours(number: float) -> list[bytes]:
    """The bytes of the floats around a number, the nearest first."""
    offsets = sorted(range(-_FLOATS, _FLOATS + 1), key=abs)
    bits = np.array([number], np.float64).view(np.int64) + np.array(offsets)
    return [each.tobytes() for each in bits.astype("<i8")]


def _goes_on(begun: "hashlib._Hash", step: tuple[bytes, ...]) -> str:
    digest = begun.copy()
    digest.update(b"".join(step))
    return digest.hexdigest()
