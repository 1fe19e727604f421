"""How far readers tell the same of one face from the next at the same request.

The intraclass correlations of Shrout and Fleiss (Psychol. Bull. 86, 1979): ICC(2,1), in which a
reader's own level counts as error (absolute agreement of readers that stand for others), and
ICC(3,1), in which it does not (consistency of these readers). In the terms of McGraw and Wong
(Psychol. Methods 1, 1996) ICC(A,1) and ICC(C,1) of the two-way model.

With n faces and k readers at one request, MSR, MSC and MSE the mean squares of faces, readers and
the rest, the components of variance are

    face (MSR − MSE) / k      reader (MSC − MSE) / n      error MSE

    ICC(2,1) = face / (face + reader + error)      ICC(3,1) = face / (face + error)

Here each component is the mean over requests: what the requests themselves do to the readings,
which is what `agreement` is about, has no part in it. Where there is one request this is theirs.
The standard error of measurement of one reading is √(reader + error) (de Vet et al., J. Clin.
Epidemiol. 59, 2006, SEM agreement).
"""

from typing import Any

import numpy as np

from faces.ground.json_values import plain
from vae.probing.evidence import TARGETS
from vae.probing.metrics import bootstrap_interval

#: Standard deviations to either side that hold 95 % of a normal distribution.
LEVEL = 1.959964
_FEWEST = 2  # faces, and readers


def reliability(readings: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """Of readings (S, P, R, 2) by R readers of S faces at P requests, for each target.

    A picture that one of the readers could not read is left out for all of them.

    Returns:
        `n` pictures; by target `icc2`, `icc3`, `sem` with their intervals over faces, `half_width`
        of the 95 % interval of a single reading, and the `variance` of face, reader and error.
        None in their place where no request has two faces that at least two readers read.
    """
    known = np.isfinite(readings).all((2, 3))
    pairs = int(known.sum())
    if readings.shape[2] < _FEWEST or (known.sum(0) < _FEWEST).all():
        return {"n": pairs, **dict.fromkeys(TARGETS)}
    return {
        "n": pairs,
        **{name: _target(readings[..., k], known, seed) for k, name in enumerate(TARGETS)},
    }


def _target(values: np.ndarray, known: np.ndarray, seed: int) -> dict[str, Any]:
    """Of (S, P, R) and which pictures count, (S, P)."""
    rows = _anova_rows(values, known)
    readers = values.shape[2]

    def statistic(sums: np.ndarray) -> np.ndarray:
        return _figures(_components(sums, readers))

    found = statistic(rows.sum(0))
    bounds = bootstrap_interval(rows, statistic, seed=seed)
    names = ("icc2", "icc3", "sem")
    result: dict[str, Any] = {}
    for k, name in enumerate(names):
        result |= {name: plain(found[k]), f"{name}_interval": plain(bounds[:, k])}
    face, reader, error = plain(_components(rows.sum(0), readers))
    return result | {
        "half_width": plain(LEVEL * found[2]),
        "variance": {"face": face, "reader": reader, "error": error},
    }


def _anova_rows(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What each face adds to the sums that the mean squares of each request are made of,
    (S, P, 3 + R): 1, Σ x², (Σ x)², x by each reader."""
    x = np.where(known[..., None], values, 0.0)
    parts = [known.astype(float), np.square(x).sum(-1), np.square(x.sum(-1))]
    return np.concatenate([np.stack(parts, -1), x], axis=-1)


def _components(sums: np.ndarray, readers: int) -> np.ndarray:
    """Variance of face, reader and error, (…, 3), the mean over requests with two faces or more.

    Args:
        sums: (…, P, 3 + R), of `_anova_rows`.
    """
    n, squares, of_faces, of_readers = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    enough = n >= _FEWEST
    n = np.where(enough, n, _FEWEST)
    level = np.square(of_readers.sum(-1)) / (n * readers)
    between_faces = of_faces / readers - level
    between_readers = np.square(of_readers).sum(-1) / n - level
    rest = squares - level - between_faces - between_readers
    msr, msc = between_faces / (n - 1), between_readers / (readers - 1)
    mse = rest / ((n - 1) * (readers - 1))
    each = np.stack([(msr - mse) / readers, (msc - mse) / n, mse], -1)
    weight = enough[..., None]
    count = weight.sum(-2)
    total = np.where(weight, each, 0.0).sum(-2)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _figures(components: np.ndarray) -> np.ndarray:
    """ICC(2,1), ICC(3,1) and the standard error of measurement, (…, 3)."""
    face, reader, error = np.moveaxis(components, -1, 0)
    absolute, consistent = face + reader + error, face + error
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [
                np.where(absolute > 0, face / absolute, np.nan),
                np.where(consistent > 0, face / consistent, np.nan),
                np.sqrt(np.maximum(reader + error, 0.0)),
            ],
            -1,
        )
