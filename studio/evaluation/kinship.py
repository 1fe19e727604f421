"""Which readers err alike on real faces, and how many independent readers they amount to.

A reader's error is its reading minus the face's label. Two readers whose errors rise and fall
together confirm each other's mistakes: their agreement on an edit is worth less than it looks.

With R readers, λ the eigenvalues of the correlation matrix of their errors and r̄ its mean off the
diagonal:

    participation    (Σ λ)² / Σ λ²         of the eigenvalues: R of unrelated errors, 1 of equal
    equivalent       R / (1 + (R − 1) r̄)   independent readers whose mean would be as exact (Kish
                                           1965, the design effect of clusters)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faces.ground.errors import CircumplexError
from faces.ground.files import check_schema, read_json, write_json
from faces.ground.json_values import plain
from vae.probing.evidence import TARGETS
from vae.probing.metrics import bootstrap_interval

if TYPE_CHECKING:
    from studio.evaluation.readers import ReaderPart

SCHEMA, VERSION = "circumplex/reader-kinship", 1
#: Errors of the package's readers on faces of FER+ that none of them learned from, made by
#: `scripts/report_kinship.py`.
PACKAGED = Path(__file__).with_name("kinship.json")
#: Mean correlation of errors from which on readers count as kin.
KIN = 0.5
_STEPS = 1000  # of a unit: errors are kept as whole numbers of these


@dataclass(frozen=True, eq=False)
class ReaderErrors:
    """What readers were wrong by.

    Attributes:
        errors: (N, R, 2), reading minus label of valence and arousal; readers: their names;
        digests: of what they read with; faces: what was read, for people.
    """

    errors: np.ndarray
    readers: tuple[str, ...]
    digests: Mapping[str, str]
    faces: str

    def save(self, path: Path) -> None:
        """Write them, rounded to thousandths."""
        rows = np.round(self.errors * _STEPS).astype(int).reshape(len(self.errors), -1)
        values = {
            "schema": SCHEMA,
            "version": VERSION,
            "faces": self.faces,
            "readers": dict(self.digests),
            "errors": [json.dumps(row) for row in rows.tolist()],  # a line each
        }
        write_json(path, values)

    @classmethod
    def load(cls, path: Path = PACKAGED) -> "ReaderErrors":
        """Read what `save` wrote.

        Raises:
            CircumplexError: missing, damaged, or of another kind or version.
        """
        stored = read_json(path)
        check_schema(stored, SCHEMA, VERSION, path)
        try:
            digests = dict(stored["readers"])
            rows = np.array([json.loads(row) for row in stored["errors"]], float)
            errors = rows.reshape(len(rows), len(digests), 2) / _STEPS
            return cls(errors, tuple(digests), digests, str(stored["faces"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CircumplexError(f"{path} is damaged; copy or make it anew") from error

    def of(self, names: Sequence[str]) -> "ReaderErrors":
        """Those of some readers, in that order."""
        columns = [self.readers.index(name) for name in names]
        digests = {name: self.digests[name] for name in names}
        return ReaderErrors(self.errors[:, columns], tuple(names), digests, self.faces)


def kinship(found: ReaderErrors, seed: int = 0) -> dict[str, Any]:
    """How alike the readers err, as plain JSON values.

    Returns:
        `n` faces, `faces` what they are, `readers`; by target `correlation` (R, R) of the errors,
        `participation` and `equivalent` with their 95 % bootstrap intervals over faces;
        `families`: readers whose errors correlate by KIN or more in the mean (average linkage).
    """
    rows = _moments(found.errors)
    result: dict[str, Any] = {
        "n": len(found.errors),
        "faces": found.faces,
        "readers": list(found.readers),
    }
    means = np.zeros((len(found.readers),) * 2)
    for k, target in enumerate(TARGETS):
        correlation = _correlations(rows[:, k].sum(0))
        means += correlation / len(TARGETS)
        bounds = bootstrap_interval(
            rows[:, k], lambda sums: _effective(_correlations(sums)), seed=seed
        )
        participation, equivalent = _effective(correlation)
        result[target] = {
            "correlation": plain(correlation),
            "participation": plain(participation),
            "participation_interval": plain(bounds[:, 0]),
            "equivalent": plain(equivalent),
            "equivalent_interval": plain(bounds[:, 1]),
        }
    return result | {"families": _families(found.readers, means)}


def kinship_of(
    parts: "Mapping[str, ReaderPart]", found: ReaderErrors, seed: int = 0
) -> dict[str, Any] | None:
    """`kinship` of those readers of an evaluation whose errors are known, by the evaluation's own
    names; None where that are fewer than two.

    Returns:
        With `changed`: the readers that read with other files than when the errors were measured.
    """
    known = {part.known_as: name for name, part in parts.items() if part.known_as in found.readers}
    if len(known) < 2:
        return None
    names = [each for each in found.readers if each in known]
    result = kinship(found.of(names), seed)
    own = {each: known[each] for each in names}
    return result | {
        "readers": list(own.values()),
        "families": [[own[name] for name in family] for family in result["families"]],
        "changed": [own[name] for name in names if parts[own[name]].digest != found.digests[name]],
    }


def _moments(errors: np.ndarray) -> np.ndarray:
    """Of each face what covariances are made of, (N, 2, 1 + R, 1 + R): the outer product of
    (1, errors) with itself, by target."""
    whole = np.concatenate([np.ones((len(errors), 1, 2)), errors], 1)
    return np.einsum("nrt,nqt->ntrq", whole, whole)


def _correlations(sums: np.ndarray) -> np.ndarray:
    """Correlation matrices (…, R, R) of summed moments (…, 1 + R, 1 + R)."""
    n, total = sums[..., :1, :1], sums[..., :1, 1:]
    covariance = sums[..., 1:, 1:] - total.swapaxes(-1, -2) * total / n
    spread = np.sqrt(np.maximum(np.einsum("...rr->...r", covariance), 1e-12))
    return covariance / spread[..., :, None] / spread[..., None, :]


def _effective(correlation: np.ndarray) -> np.ndarray:
    """Participation ratio and equivalent number (…, 2) of correlation matrices (…, R, R)."""
    readers = correlation.shape[-1]
    # Σ λ is the trace, Σ λ² the sum of the squared entries
    participation = readers**2 / np.square(correlation).sum((-1, -2))
    total = correlation.sum((-1, -2))  # R + R (R − 1) r̄
    return np.stack([participation, readers**2 / np.maximum(total, 1e-9)], -1)


def _families(readers: Sequence[str], correlation: np.ndarray) -> list[list[str]]:
    """Readers put together by average linkage of their correlations, in the order of the first."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    apart = np.clip(1 - (correlation + correlation.T) / 2, 0, None)
    np.fill_diagonal(apart, 0)
    family = fcluster(linkage(squareform(apart), "average"), 1 - KIN, "distance")
    order = dict.fromkeys(family.tolist())
    return [[name for name, code in zip(readers, family, strict=True) if code == k] for k in order]
