"""Valence and arousal of what faces do: fitted by ridge regression, or read from a table.

The fitted reader takes scaled blendshapes, which bear the names of action units (`shape_scores`).
It is linear in the square roots of the scores and in their products: √a spreads the traces, in
which most faces differ, and √(a·b) is high only where both are. A root times itself is the score,
so the plain linear model is among its terms. The table takes action units.

Fitted with neutral faces of known groups beside the labelled ones, the reader is held to read
neutral as (0, 0), and in the mean the same whatever the group; see `neutral_faces`.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faces.ground.artefacts import check_tensors, parsing_header, read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema
from faces.ground.records import Record, setting
from faces.readers.action_units.units import NAMES, affect_by_table, load_affect, load_units
from faces.readers.affect.neutral_faces import (
    NeutralFaces,
    balanced_weights,
    group_directions,
    project_out,
)
from faces.readers.affect.shape_scores import score_names

SCHEMA, VERSION = "circumplex/affect-reader", 1
BUNDLED = Path(__file__).parents[2] / "weights" / "affect_reader.safetensors"
TARGETS = ("valence", "arousal")
FEWEST = 100  #: labelled faces below which nothing is fitted
_ROWS_AT_ONCE = 8192  # bounds the memory of the products


@dataclass(frozen=True)
class AffectConfig(Record):
    """How valence and arousal are fitted.

    Attributes:
        products: whether products of two roots are terms, beside the roots.
        stretch: whether readings are stretched about their mean until they spread as the labels do.
            Least squares draws towards the mean what it is unsure of, so that a sad face reads less
            sad the less is seen of it; stretched, readings can be set against labels and against
            other readers, at a slightly larger mean error.
        penalties: candidates of the ridge penalty, of which leave-one-out picks one a target.
        neutral_weight: of all neutral faces together, where there are any, against 1 of all that
            are labelled. The more, the nearer neutral reads to (0, 0), and the less is told apart.
    """

    products: bool = True
    stretch: bool = True
    penalties: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
    neutral_weight: float = setting(1.0, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "penalties", tuple(self.penalties))
        holds = len(self.penalties) > 0 and min(self.penalties) > 0
        self._require(holds, "penalties", "one or more numbers above 0")


class AffectReader:
    """A fitted reader: (valence, arousal) = intercept + terms · weights, within [-1, 1].

    Attributes:
        config: how it was fitted.
        weights: (T, 2) float32; intercept: (2,) float32.
        provenance: on what it was fitted, and how well it reads faces held out.
    """

    def __init__(
        self,
        config: AffectConfig,
        weights: np.ndarray,
        intercept: np.ndarray,
        provenance: dict[str, Any],
    ) -> None:
        self.config, self.provenance = config, provenance
        self.weights, self.intercept = weights, intercept

    @classmethod
    def load(cls, path: str | os.PathLike[str] = "bundled") -> "AffectReader":
        """Open a reader's file, or the package's own by the name "bundled".

        Raises:
            CircumplexError: missing, damaged, of another kind or version, or for other units.
        """
        file = BUNDLED if str(path) == "bundled" else Path(path)
        arrays, header = read_artefact(file)
        check_schema(header, SCHEMA, VERSION, file)
        with parsing_header(file):
            units, provenance = json.loads(header["units"]), json.loads(header["provenance"])
            config = AffectConfig.from_dict(json.loads(header["config"]))
        if units != list(score_names()):
            raise CircumplexError(f"{file} was fitted on other scores; fit it anew")
        terms = len(_terms(np.zeros((1, len(units))), config)[0])
        check_tensors(arrays, {"weights": np.empty((terms, 2)), "intercept": np.empty(2)}, file)
        return cls(config, arrays["weights"], arrays["intercept"], provenance)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the reader with its settings and where it comes from, whole or not at all."""
        header = {
            "schema": SCHEMA,
            "version": str(VERSION),
            "units": json.dumps(score_names()),
            "config": self.config.to_json(),
            "provenance": json.dumps(self.provenance, sort_keys=True),
        }
        write_artefact(path, {"weights": self.weights, "intercept": self.intercept}, header)

    def read(self, scores: np.ndarray) -> np.ndarray:
        """Valence and arousal of each face.

        Args:
            scores: (N, P) of `shape_scores`; NaN rows stay NaN.

        Returns:
            (N, 2) float32 in [-1, 1].
        """
        scores = _checked(scores)
        read = np.empty((len(scores), 2), np.float32)
        for start in range(0, len(scores), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            read[rows] = _terms(scores[rows], self.config) @ self.weights + self.intercept
        return np.clip(read, -1, 1)


class TableReader:
    """Reads action units by the table of `action_units.load_affect`.

    Args:
        units: the table that intensities were read by, `action_units.load_units`' own if None.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        units: str | os.PathLike[str] | None = None,
    ) -> None:
        self.table, self.units = load_affect(path), load_units(units)

    def read(self, intensities: np.ndarray) -> np.ndarray:
        """Valence and arousal, (N, K) intensities to (N, 2) float32 in [-1, 1]."""
        return affect_by_table(_checked(intensities, len(NAMES)), self.table, self.units)


def fit_affect(
    scores: np.ndarray,
    labels: np.ndarray,
    config: AffectConfig | None = None,
    provenance: dict[str, Any] | None = None,
    neutral: NeutralFaces | None = None,
) -> AffectReader:
    """Fit a reader by ridge regression (Hoerl & Kennard 1970).

    Args:
        scores: (N, P) of `shape_scores`.
        labels: (N, 2) valence and arousal; rows with a NaN on either side are left out.
        provenance: what to note about the data; counts and penalties are added.
        neutral: faces that are to read (0, 0) whatever their group. They join the fit with that
            label, groups balanced, and what tells their groups apart in the mean is projected out
            of the terms: the mean reading of the neutral faces is the same in every group.

    Raises:
        CircumplexError: too few labelled faces, or neutral faces of one group alone.
    """
    from sklearn.linear_model import RidgeCV

    config = config or AffectConfig()
    scores, labels = _labelled(_checked(scores), np.asarray(labels, np.float64))
    terms = _terms(scores, config)
    rows, targets, shares, directions = _with_neutral(terms, labels, neutral, config)
    model = RidgeCV(config.penalties, alpha_per_target=True).fit(
        project_out(rows, directions), targets, sample_weight=shares
    )
    weights = project_out(model.coef_, directions).T  # rounding left some of it
    factor = labels.std(0) / (terms @ weights).std(0) if config.stretch else np.ones(2)
    weights = weights * factor
    notes = {
        "fitted_faces": len(labels),
        "penalties": np.ravel(model.alpha_).tolist(),
        "stretched_by": np.round(factor, 4).tolist(),
    }
    if neutral is not None:
        notes |= {"neutral_faces": len(neutral.scores), "neutral_groups": neutral.counts()}
    centre, middle = (np.average(each, 0, shares) for each in (rows, targets))
    return AffectReader(
        config,
        np.ascontiguousarray(weights, np.float32),
        np.asarray(middle - centre @ weights, np.float32),
        (provenance or {}) | notes,
    )


def _with_neutral(
    terms: np.ndarray, labels: np.ndarray, neutral: NeutralFaces | None, config: AffectConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows (N + M, T), labels and weights of the fit, and the directions (D, T) it may not use."""
    shares = np.ones(len(terms))
    if neutral is None:
        return terms, labels, shares, np.zeros((0, terms.shape[1]))
    rest = _terms(_checked(neutral.scores), config)
    weights = config.neutral_weight * len(terms) * balanced_weights(neutral.groups, len(rest))
    return (
        np.concatenate([terms, rest]),
        np.concatenate([labels, np.zeros((len(rest), 2))]),
        np.concatenate([shares, weights]),
        group_directions(rest, neutral.groups),
    )


def _labelled(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that are finite on both sides.

    Raises:
        CircumplexError: fewer than FEWEST.
    """
    rows = np.isfinite(scores).all(1) & np.isfinite(labels).all(1)
    if rows.sum() < FEWEST:
        raise CircumplexError(
            f"{rows.sum()} of {len(rows)} faces have landmarks and labels; give at least {FEWEST}"
        )
    return scores[rows], labels[rows]


def _checked(values: np.ndarray, count: int | None = None) -> np.ndarray:
    """Values as (N, count) float64; without a count, of as many columns as there are scores."""
    values, count = np.asarray(values, np.float64), count or len(score_names())
    if values.ndim != 2 or values.shape[1] != count:
        raise ValueError(f"the values have shape {values.shape}; (N, {count}) is needed")
    return values


def _terms(scores: np.ndarray, config: AffectConfig) -> np.ndarray:
    """Roots (N, P) of the scores, and products of any two."""
    roots = np.sqrt(scores)
    if not config.products:
        return roots
    first, second = np.triu_indices(roots.shape[1])
    return np.concatenate([roots, roots[:, first] * roots[:, second]], axis=1)
