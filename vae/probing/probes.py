"""Linear probes: ridge regression of the labels on the codes, its penalty cross-validated.

Ridge is Hoerl & Kennard 1970: min Σ (y - b - (z - mean)·w)² + penalty · |w|², the intercept
unpenalised, each label with a penalty of its own. Everything follows from sums over the rows,
one set of sums a fold, so the codes are read once and may be memory-mapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faces.ground.errors import CircumplexError
from vae.probing.folds import assign_folds
from vae.probing.metrics import r2
from vae.probing.moments import Moments, chunks, gather_moments, total

#: Candidates for the penalty. Codes are not standardised: units that carry nothing are small,
#: and a penalty on raw weights is what keeps them out.
PENALTIES: tuple[float, ...] = tuple(float(10.0**power) for power in np.arange(-3, 7.5, 0.5))

FEWEST = 10  #: labelled rows below which no probe is fitted


@dataclass(frozen=True, eq=False)
class Probes:
    """Linear readings of a code: predicted = intercept + (z - mean) · weights.

    Attributes:
        weights: (K, D) float64, one row a label (valence, arousal).
        intercept: (K,) the prediction at the mean code.
        penalty: (K,) the ridge penalty that cross-validation chose.
        mean: (D,) mean of the codes fitted on.
        folds: number of folds of the cross-validation.
        count: number of rows fitted on.
    """

    weights: np.ndarray
    intercept: np.ndarray
    penalty: np.ndarray
    mean: np.ndarray
    folds: int
    count: int

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Read codes (N, D), which may be memory-mapped, as labels (N, K) float64."""
        predicted = np.empty((len(codes), len(self.weights)))
        for rows, block in chunks(codes):
            centred = np.asarray(block, np.float64) - self.mean
            predicted[rows] = centred @ self.weights.T + self.intercept
        return predicted


def fit_probes(
    codes: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    penalties: Sequence[float] = PENALTIES,
    folds: int = 5,
    seed: int = 0,
) -> Probes:
    """Fit a ridge regression of each label on the codes.

    The penalty of a label is the one with the least squared error summed over all held-out
    folds (the smallest of equals); the fit is then made on all labelled rows.

    Args:
        codes: (N, D), may be memory-mapped.
        labels: (N, K) such as valence and arousal; a row with NaN in any of them is left out.
        groups: (N,) identities; one identity's rows are held out together.
        penalties: candidates, each above 0. folds, seed: of the cross-validation.

    Raises:
        CircumplexError: no or too few labelled rows, or a label that is always the same.
        ValueError: shapes that differ, codes that are not finite, a penalty that is not above 0.
    """
    if not len(penalties) or min(penalties) <= 0:
        raise ValueError("penalties must be given, each above 0")
    fold_of = labelled_folds(np.asarray(labels), folds, groups, seed)
    count = int(fold_of.max()) + 1
    origin, parts = gather_moments(codes, np.asarray(labels), fold_of, count)
    whole = total(parts)
    errors = np.sum([_held_out_errors(whole, part, penalties) for part in parts], axis=0)
    chosen = errors.argmin(0)
    mean_x, mean_y = whole.mean()
    return Probes(
        weights=_ridge(whole.centred(), penalties)[chosen, :, np.arange(len(chosen))],
        intercept=mean_y,
        penalty=np.asarray(penalties, np.float64)[chosen],
        mean=origin + mean_x,
        folds=count,
        count=whole.count,
    )


def check_labels(labels: np.ndarray, where: object = "the face set") -> None:
    """Refuse labels (N, K) that no probe can be fitted to; `where` names their set.

    Raises:
        CircumplexError: no or too few labelled rows, or a label that is always the same.
    """
    known = labels[np.isfinite(labels).all(1)]
    if len(known) == 0:
        raise CircumplexError(
            f"{where}: none of {len(labels)} faces to fit on carries valence and arousal; give a "
            "face set prepared from a source that has them, or name another label that it has with "
            "--factor"
        )
    if len(known) < FEWEST:
        raise CircumplexError(
            f"{where}: only {len(known)} of {len(labels)} faces to fit on carry valence and "
            f"arousal; probes need at least {FEWEST}"
        )
    if (np.ptp(known, axis=0) == 0).any():
        raise CircumplexError(
            f"{where}: all {len(known)} labelled faces carry the same label; valence and arousal "
            "must vary for a direction to be found, give a set with more than one class"
        )


def labelled_folds(
    labels: np.ndarray, folds: int, groups: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """Fold of each row of labels (N, K) as `assign_folds` deals them; -1 where a label is NaN.

    Raises:
        CircumplexError: see `check_labels`.
    """
    check_labels(labels)
    labelled = np.isfinite(labels).all(1)
    fold_of = np.full(len(labels), -1, np.int64)
    members = None if groups is None else np.asarray(groups)[labelled]
    fold_of[labelled] = assign_folds(int(labelled.sum()), folds, members, seed)
    return fold_of


def shuffled_r2(
    codes: np.ndarray,
    labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
    groups: np.ndarray | None = None,
    shuffles: int = 10,
    seed: int = 0,
) -> np.ndarray:
    """Held-out R² of probes fitted on labels that were dealt out anew, (shuffles, K).

    What the whole procedure scores where there is nothing to find: near or below 0. All rows of
    `test_labels` must be labelled.
    """
    labels = np.asarray(labels)
    labelled = np.flatnonzero(np.isfinite(labels).all(1))
    rng = np.random.default_rng(seed)
    dealt = np.full((len(labels), shuffles, labels.shape[1]), np.nan, labels.dtype)
    for turn in range(shuffles):
        dealt[labelled, turn] = labels[rng.permutation(labelled)]
    probes = fit_probes(codes, dealt.reshape(len(labels), -1), groups, seed=seed)
    predicted = probes.predict(test_codes)
    return r2(np.tile(test_labels, shuffles), predicted).reshape(shuffles, -1)


def alone_r2(
    codes: np.ndarray,
    labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
    vectors: np.ndarray,
) -> np.ndarray:
    """Held-out R² of label k regressed on the one number z · vectors[k], (K,).

    Args:
        codes, labels: (N, D), (N, K) to fit the line on; rows with NaN labels are left out.
        test_codes, test_labels: (M, D), (M, K), all labelled.
        vectors: (K, D).
    """
    fold_of = np.where(np.isfinite(labels).all(1), 0, -1)
    origin, (whole,) = gather_moments(codes, labels, fold_of, 1)
    mean_x, mean_y = whole.mean()
    centred = whole.centred()
    spread = np.einsum("kd,de,ke->k", vectors, centred.xx, vectors)
    along = np.einsum("kd,dk->k", vectors, centred.xy)
    slope = np.divide(along, spread, out=np.zeros_like(along), where=spread > 0)
    line = Probes(vectors * slope[:, None], mean_y, np.zeros(len(slope)), origin + mean_x, 0, 0)
    return r2(test_labels, line.predict(test_codes))


def _held_out_errors(whole: Moments, part: Moments, penalties: Sequence[float]) -> np.ndarray:
    """Squared error on one fold of the ridge fitted on the others, (P, K)."""
    rest = whole - part
    return part.about(*rest.mean()).squared_error(_ridge(rest.centred(), penalties))


def _ridge(centred: Moments, penalties: Sequence[float]) -> np.ndarray:
    """Ridge weights (P, D, K) at every penalty, from one eigendecomposition."""
    values, vectors = np.linalg.eigh(centred.xx)
    shrunk = 1 / (values.clip(0)[None] + np.asarray(penalties)[:, None])  # (P, D)
    return vectors @ (shrunk[:, :, None] * (vectors.T @ centred.xy))
