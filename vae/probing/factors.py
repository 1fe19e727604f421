"""Further factors of a latent space beside valence and arousal, such as age or a rating.

Each has a linear probe and a unit vector. The vector is the part of the probe's weights that is
orthogonal to the weights of valence, of arousal and of every factor before it (Gram–Schmidt, in
that order): a move along it leaves all those readings as they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faces.ground.errors import CircumplexError
from vae.probing.metrics import above_chance

Pair = tuple[float, float]

#: How a file holds the numbers of M factors of width D.
ARRAYS = ("other_weights", "other_vectors", "other_intercepts", "other_ranges")
#: Below this share of its length outside what went before, a vector counts as used up.
_LEFT = 1e-3
_TOLERANCE = 1e-6
_TEXTS = ("mean", "sd", "count", "r2", "shuffled_r2", "r2_alone")


@dataclass(frozen=True, eq=False)
class Factor:
    """One further factor. Its values are in the units of its label.

    Attributes:
        name: of the label.
        weights: (D,) of its ridge regression; intercept: its prediction at the directions' centre.
        vector: (D,) of unit length, along which it moves.
        low, high: least and largest label fitted on; requests beyond go to the nearer one.
        mean, sd: of the labels fitted on; count: how many.
        classes: the words that -1 and 1 stand for; None for numbers.
        r2, r2_interval, shuffled_r2: held out, with 95 % bounds, and of shuffled labels; r2_alone:
            what is left of it off the vector alone. None where it was not measured.
        told: whether its R² lies above that of shuffled labels, intervals and all; None likewise.
    """

    name: str
    weights: np.ndarray
    intercept: float
    vector: np.ndarray
    low: float
    high: float
    mean: float
    sd: float
    count: int
    classes: tuple[str, str] | None = None
    r2: float | None = None
    r2_interval: Pair | None = None
    shuffled_r2: float | None = None
    r2_alone: float | None = None
    told: bool | None = None

    def __post_init__(self) -> None:
        for name in ("weights", "vector"):
            array = np.array(getattr(self, name), np.float64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def step(self) -> float:
        """Length along the vector that raises the prediction by 1."""
        return 1 / float(self.weights @ self.vector)

    def predict(self, z: np.ndarray, centre: np.ndarray) -> np.ndarray:
        """The probe's reading of codes (N, D), (N,) float64; centre (D,) is the directions'."""
        return (np.asarray(z, np.float64) - centre) @ self.weights + self.intercept

    def move(self, z: np.ndarray, value: float, centre: np.ndarray) -> np.ndarray:
        """Codes (N, D) float64, moved along the vector so that `predict` gives the value."""
        way = (value - self.predict(z, centre)) * self.step
        return np.asarray(z, np.float64) + way[:, None] * self.vector

    def aim(self, value: float) -> float:
        """The value, or the nearest that the labels fitted on show."""
        return min(max(value, self.low), self.high)

    def check(self, earlier: np.ndarray) -> None:
        """Refuse numbers that cannot be, or a vector that moves what went before it.

        Args:
            earlier: (K, D) weights of valence, of arousal and of the factors before this one.

        Raises:
            CircumplexError: saying what is wrong.
        """
        width = earlier.shape[1:]
        numbers = (self.intercept, self.low, self.high, self.mean, self.sd)
        fits = self.weights.shape == self.vector.shape == width
        fits = fits and all(np.isfinite(each).all() for each in (self.weights, self.vector))
        if not (fits and np.isfinite(numbers).all() and self.low < self.high):
            raise CircumplexError(f"directions: the numbers of {self.name} cannot be; probe anew")
        along = np.linalg.norm(self.weights)
        gain = self.weights @ self.vector
        if abs(np.linalg.norm(self.vector) - 1) > 1e-5 or not gain > _LEFT * along / 2:
            raise CircumplexError(f"directions: the vector of {self.name} does not move it")
        moved = np.abs(earlier @ self.vector) / np.linalg.norm(earlier, axis=1)
        if moved.max() > _TOLERANCE:
            raise CircumplexError(f"directions: {self.name} moves what was there before it")


def orthogonal_part(name: str, weights: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """The unit vector (D,) of what is left of weights (D,) across all rows of `earlier` (K, D).

    Raises:
        CircumplexError: hardly anything is left.
    """
    units = earlier / np.linalg.norm(earlier, axis=1, keepdims=True)
    _, sizes, axes = np.linalg.svd(units, full_matrices=False)
    basis = axes[sizes > 1e-9 * sizes.max()]
    left = weights
    for _ in range(2):  # the second pass takes out what rounding left in the first
        left = left - (left @ basis.T) @ basis
    length, whole = np.linalg.norm(left), np.linalg.norm(weights)
    if not length > _LEFT * whole:
        raise CircumplexError(
            f"{name} cannot be told from valence, arousal and the factors before it in these "
            "codes; leave it out, or name it earlier"
        )
    return left / length


def factor_arrays(factors: Sequence[Factor]) -> dict[str, np.ndarray]:
    """The numbers that decide a move along factors, by the names in ARRAYS; none for none."""
    if not factors:
        return {}
    return {
        "other_weights": np.stack([factor.weights for factor in factors]),
        "other_vectors": np.stack([factor.vector for factor in factors]),
        "other_intercepts": np.array([factor.intercept for factor in factors], np.float64),
        "other_ranges": np.array([(factor.low, factor.high) for factor in factors], np.float64),
    }


def factors_json(factors: Sequence[Factor]) -> str:
    """What a file's header says of them."""
    texts = ("name", "classes", "r2_interval", "told", *_TEXTS)
    return json.dumps([{name: getattr(factor, name) for name in texts} for factor in factors])


def read_factors(arrays: Mapping[str, np.ndarray], text: str) -> tuple[Factor, ...]:
    """The factors in a file, of its arrays and of what its header says.

    Raises:
        KeyError, TypeError, ValueError: it is damaged.
    """
    said: list[dict[str, Any]] = json.loads(text)
    numbers = zip(*(arrays[name] for name in ARRAYS), strict=True)
    return tuple(
        Factor(
            name=str(each["name"]),
            weights=weights,
            vector=vector,
            intercept=float(intercept),
            low=float(ends[0]),
            high=float(ends[1]),
            classes=_pair(each["classes"], str),
            r2_interval=_pair(each["r2_interval"], float),
            told=_told(each),
            **{name: each[name] for name in _TEXTS},
        )
        for each, (weights, vector, intercept, ends) in zip(said, numbers, strict=True)
    )


def _told(said: Mapping[str, Any]) -> bool | None:
    """What the header says, or of files that were written before they said it, what their R² says;
    those hold that of shuffled labels without its interval."""
    if (told := said.get("told")) is not None or said["r2"] is None:
        return told
    low, _ = said["r2_interval"] or (None, None)
    return above_chance(low, said["shuffled_r2"])


def _pair(values: Any, kind: type) -> Any:
    if values is None:
        return None
    first, second = values
    return kind(first), kind(second)
