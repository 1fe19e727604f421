"""The valence and arousal directions of a latent space, as one checked artefact.

A code moves along two unit vectors; two linear probes say how far. `vae.probing.bases` makes them.
Valence and arousal are in the units of the labels, [-1, 1]; vectors in those of the codes. Further
factors, such as age, may follow them (`vae.probing.factors`).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from faces.ground.artefacts import parsing_header, read_artefact, write_artefact
from faces.ground.digests import tensors_digest
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from vae.packaged import PACKAGED
from vae.probing.coded import TARGETS
from vae.probing.earlier import names_directions
from vae.probing.factors import ARRAYS, Factor, factor_arrays, factors_json, read_factors
from vae.probing.hull import inside

SCHEMA, VERSION = "circumplex/directions", 2
#: What is written of valence and arousal alone, and opened too.
FIRST = 1
FILE = "directions.safetensors"
BASES = ("orthogonal", "dual", "pattern")

Pair = tuple[float, float]

_SHAPES = {"centre": "D", "weights": "2D", "intercept": "2", "valence": "D", "arousal": "D"}
_SHAPES |= {"step": "2"}
_COSINES = ("cosine_before", "cosine_after")
#: What was measured, each of rows of a valence and an arousal or a lower and an upper bound.
_NUMBERS = {
    "cosine_before": (),
    "cosine_after": (),
    "r2": (2,),
    "r2_interval": (2, 2),
    "r2_alone": (2,),
    "hull": (-1, 2),
}
#: How far step (relative) and cosines may lie from what this machine computes: it rounds otherwise
#: than the one that made them.
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Directions:
    """Where valence and arousal lie in a latent space, and how to move there.

    Attributes:
        space: "vae/z" or "stylegan3/w"; model: digest of the model whose space it is.
        basis: one of BASES; faceset: digest of the faces the probes were fitted on.
        centre: (D,) the code at which the probes predict `intercept`.
        weights: (2, D) raw ridge weights of valence and arousal; intercept: (2,).
        valence, arousal: (D,) unit vectors. All arrays are float64 and read-only.
        step: (2,) length along each unit vector that raises its own prediction by 1.
        cosine_before: between the raw weights of valence and arousal: the finding; cosine_after:
            between the unit vectors, 0 by construction in the orthogonal basis. Step and cosines
            are computed where they are None, and from then on stored as they are: another machine
            would round them otherwise.
        r2, r2_interval: held-out R² of each probe, and its 95 % bounds; None where not measured.
        r2_alone: held-out R² that each label keeps when read off its unit vector alone.
        hull: corners of the training labels' convex hull (`vae.probing.hull`); requests beyond it
            extrapolate. None where it was not measured.
        others: further factors, each orthogonal to all before it.

    Raises:
        CircumplexError: arrays of the wrong shape, not finite, or of no use as directions; step or
            cosines of other vectors.
    """

    space: str
    model: str
    basis: str
    faceset: str
    centre: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    r2: Pair | None = None
    r2_interval: tuple[Pair, Pair] | None = None
    r2_alone: Pair | None = None
    hull: tuple[Pair, ...] | None = None
    step: np.ndarray | None = None
    cosine_before: float | None = None
    cosine_after: float | None = None
    others: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise CircumplexError(f"basis is {self.basis!r}; it must be one of {', '.join(BASES)}")
        self._check_arrays()
        self._check_use()
        self._check_others()
        self._derive()

    def _check_arrays(self) -> None:
        """Make the arrays float64 and read-only; refuse wrong shapes and what is not finite."""
        width = len(np.atleast_1d(self.centre))
        shapes = {"D": (width,), "2D": (2, width), "2": (2,)}
        for name, kind in _SHAPES.items():
            if getattr(self, name) is None:
                continue
            array = np.array(getattr(self, name), np.float64)
            if array.shape != shapes[kind]:
                raise CircumplexError(
                    f"directions: {name} has shape {array.shape}, not {shapes[kind]}; "
                    "probe the run anew"
                )
            if not np.isfinite(array).all():
                raise CircumplexError(f"directions: {name} holds NaN or infinity; probe anew")
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def _check_use(self) -> None:
        """Refuse vectors that are no units, or that move both predictions alike."""
        lengths = np.linalg.norm([self.valence, self.arousal], axis=1)
        if np.abs(lengths - 1).max() > 1e-5:
            raise CircumplexError("directions: valence and arousal are not unit vectors")
        sizes = np.linalg.norm(self.weights, axis=1)
        if not sizes.all() or abs(np.linalg.det(self._gain / sizes[:, None])) < 1e-9:
            raise CircumplexError(
                "directions: valence and arousal move the two predictions alike; "
                "probe a run whose codes tell them apart"
            )

    def _check_others(self) -> None:
        """Refuse factors that are named twice, or that move what was there before them."""
        earlier = self.weights
        for at, factor in enumerate(self.others, len(TARGETS)):
            if factor.name in self.factors[:at]:
                raise CircumplexError(f"directions: {factor.name} is there twice; name it once")
            factor.check(earlier)
            earlier = np.concatenate([earlier, factor.weights[None]])

    def _derive(self) -> None:
        """Compute step and cosines where they are not stored; else check that they fit."""
        step = 1 / np.diag(self._gain)
        step.setflags(write=False)
        computed: dict[str, np.ndarray | float] = {
            "step": step,
            "cosine_before": _cosine(*self.weights),
            "cosine_after": _cosine(self.valence, self.arousal),
        }
        for name, value in computed.items():
            stored = getattr(self, name)
            if stored is None:
                object.__setattr__(self, name, value)
            elif not np.allclose(stored, value, rtol=_TOLERANCE, atol=_TOLERANCE):
                raise CircumplexError(
                    f"directions: the {name} does not fit the vectors; probe the run anew"
                )

    @property
    def factors(self) -> tuple[str, ...]:
        """What there are directions of, in the order in which they were made orthogonal."""
        return (*TARGETS, *(factor.name for factor in self.others))

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers that decide a move, as they are stored."""
        return tensors_digest(self._arrays | factor_arrays(self.others))

    def matches(self, digest: str) -> bool:
        """Whether `digest` names these directions, or those that they were before their last
        factors were added, which these leave as they are; version 0.1.0 named them otherwise."""
        earlier = (self.others[:count] for count in range(len(self.others) + 1))
        digests = (tensors_digest(self._arrays | factor_arrays(others)) for others in earlier)
        return digest in digests or names_directions(digest, vars(self))

    @property
    def _arrays(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name) for name in _SHAPES}

    @property
    def _gain(self) -> np.ndarray:
        """What a unit step along each vector adds to each prediction: (prediction, vector)."""
        return self.weights @ np.stack([self.valence, self.arousal], axis=1)

    def predict(self, z: np.ndarray) -> np.ndarray:
        """The probes' reading of codes (N, D): valence and arousal (N, 2) float64."""
        return (np.asarray(z, np.float64) - self.centre) @ self.weights.T + self.intercept

    def move(
        self, z: np.ndarray, valence: np.ndarray | float, arousal: np.ndarray | float
    ) -> np.ndarray:
        """Codes moved so that `predict` gives the target, (N, D) in the dtype of z.

        The way is made of two steps along the unit vectors, whose lengths solve a 2 × 2 system.

        Args:
            z: (N, D) codes, floating point.
            valence, arousal: numbers, or (N,).
        """
        z = np.asarray(z)
        target = np.stack(np.broadcast_arrays(valence, arousal, np.zeros(len(z)))[:2], axis=1)
        steps = np.linalg.solve(self._gain, (target - self.predict(z)).T).T
        moved = z + steps @ np.stack([self.valence, self.arousal])
        return moved.astype(z.dtype) if z.dtype.kind == "f" else moved

    def predict_others(self, z: np.ndarray) -> np.ndarray:
        """The further factors' readings of codes (N, D): (N, M) float64, each in its own units."""
        readings = [factor.predict(z, self.centre) for factor in self.others]
        return np.stack(readings, axis=1) if readings else np.empty((len(z), 0))

    def aim_others(self, others: Mapping[str, float]) -> dict[str, float]:
        """What moves of further factors aim at: the values, or the nearest that the labels fitted
        on show, by name in the order of the factors.

        Raises:
            CircumplexError: a factor that is not there, or a value that is no finite number.
        """
        for name, value in others.items():
            if name not in self.factors[len(TARGETS) :]:
                raise CircumplexError(
                    f"these directions have no further factor {name!r}; they have "
                    f"{', '.join(self.factors)}; find it with `circumplex probe --factor`"
                )
            if not np.isfinite(value):
                raise CircumplexError(f"{name} is {value}; give a finite number")
        wanted = (factor for factor in self.others if factor.name in others)
        return {factor.name: factor.aim(others[factor.name]) for factor in wanted}

    def move_others(self, z: np.ndarray, aimed: Mapping[str, float]) -> np.ndarray:
        """Codes (N, D) moved, float64, so that further factors read as aimed at, one after the
        other in their order; the readings of valence and arousal stay as they are."""
        for factor in self.others:
            if factor.name in aimed:
                z = factor.move(z, aimed[factor.name], self.centre)
        return z

    def covers(self, points: np.ndarray) -> np.ndarray:
        """Whether faces with labels like `points` (N, 2) were seen in training, (N,) bool.

        Everything counts as covered where the hull was not measured.
        """
        points = np.asarray(points, np.float64)
        return np.ones(len(points), bool) if self.hull is None else inside(self.hull, points)

    def check_model(self, digest: str, pivot_of: str | None = None) -> None:
        """Refuse to serve another model than the one these directions were found in.

        A model tuned around one latent, in the same space, is served by directions of `pivot_of`.

        Raises:
            CircumplexError: naming both.
        """
        if self.model not in (digest, pivot_of):
            raise CircumplexError(
                f"these directions belong to the model {self.model[:12]}, not to {digest[:12]}; "
                "probe this model, or open the one they were found in"
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the artefact, whole or not at all; the same directions give the same bytes."""
        text = {name: getattr(self, name) for name in ("space", "model", "basis", "faceset")}
        version = VERSION if self.others else FIRST
        header = {"schema": SCHEMA, "version": str(version), **text}
        header |= {name: json.dumps(getattr(self, name)) for name in _NUMBERS}
        if self.others:
            header["others"] = factors_json(self.others)
        write_artefact(path, self._arrays | factor_arrays(self.others), header)

    @classmethod
    def load(cls, path: str | os.PathLike[str], model_digest: str | None = None) -> Self:
        """Open an artefact, the folder that holds it, or that of one of the package's runs by name.

        Raises:
            CircumplexError: missing, damaged, of another schema or version, or of another model
                than `model_digest`.
        """
        path = PACKAGED.get(str(path), Path(path))
        path = path / FILE if path.is_dir() else path
        arrays, header = read_artefact(path)
        check_schema(header, SCHEMA, VERSION, path, (FIRST,))
        known = {*_SHAPES, *(ARRAYS if "others" in header else ())}
        if wrong := sorted(known ^ set(arrays)):
            fault = "has a tensor of no known use," if wrong[0] in arrays else "lacks the tensor"
            raise CircumplexError(f"{path} {fault} {wrong[0]}; probe the run anew")
        with parsing_header(path):
            fields: dict[str, Any] = {name: arrays[name] for name in _SHAPES}
            fields |= _read_header(header)
            if "others" in header:
                fields["others"] = read_factors(arrays, header["others"])
        try:
            directions = cls(**fields)
        except CircumplexError as error:
            raise CircumplexError(f"{path}: {error}") from error
        if model_digest is not None:
            directions.check_model(model_digest)
        return directions


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def _read_header(header: dict[str, str]) -> dict[str, Any]:
    text = {name: header[name] for name in ("space", "model", "basis", "faceset")}
    found = {name: _as_tuple(json.loads(header[name])) for name in _NUMBERS}
    for name, shape in _NUMBERS.items():
        if found[name] is not None:  # what was not measured is null
            np.array(found[name], float).reshape(shape)
    return text | found


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value
